// The firmware's timing: a 1 kHz interrupt, the control task that it wakes 200 times a second, and
// how late the control task was.
#pragma once

#include <cstdint>

#include "examples/firmware/station.h"

/// How long after its due time a control step had put out its value.
class Histogram {
public:
    static constexpr std::uint32_t kLimits[] = {25,  50,  75,  100,  125,  150,
                                                175, 200, 400, 1000, 10000};    ///< microseconds
    static constexpr unsigned kBuckets = sizeof kLimits / sizeof *kLimits + 1;  ///< last: later

    void add(std::uint64_t ns);
    /// So many times the task was due before it had ended the last time.
    void miss(std::uint32_t times) { missed_ += times; }
    std::uint32_t count(unsigned bucket) const { return counts_[bucket]; }
    std::uint32_t missed() const { return missed_; }
    std::uint32_t longest_us() const { return longest_us_; }

private:
    std::uint32_t counts_[kBuckets] = {};
    std::uint32_t missed_ = 0;
    std::uint32_t longest_us_ = 0;
};

/// Starts the scheduler, and puts the firmware's timer into the vector table. First of all.
void start_timer();

/// What the 1 kHz interrupt does from now on; null: nothing.
void set_interrupt_work(void (*work)(void*), void* argument);

/// Runs interrupt and control task on a station until so many readings were made. The caller is the
/// third context: it looks at the station and calls report() every `report_updates` updates.
void run_tasks(Memory& memory, std::uint32_t updates, Histogram& histogram,
               std::uint32_t report_updates, void (*report)(Memory&, std::uint32_t updates));

/// Readings made so far by the run under way.
std::uint32_t updates_done();
