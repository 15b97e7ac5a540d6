// A small preemptive scheduler: threads with priorities and static stacks, one list for all cores,
// each thread on the core that it was started for.
//
// S1  Scheduling happens in the PendSV handler only, which has the lowest priority: handlers that
//     use Ouro preempt it, threads do not. So its state needs no lock and no masked section.
// S2  A thread that waits says for which word, and the handler looks at the word itself. Whoever
//     changes the word asks for the handler afterwards: no wake-up can fall between.
// S3  The most urgent thread that can run is chosen, round robin among equals. If the most urgent
//     one waits for a lock, the lock's holder runs in its place (priority inheritance; holders are
//     followed through further locks).
// S4  When nobody can run, the handler waits there, in WFE: no idle thread, no idle stack. So a
//     handler that wakes threads needs a priority above PendSV's, which is the lowest.
// S5  With two cores each has its own PendSV; a change made by the other core is seen at the latest
//     at the next tick.
//
// Time of a switch: O(threads), twice that per thread that cannot run and is more urgent.
#pragma once

#include "ports/cortex_m/port.h"

namespace ouro::port::scheduler {

/// What tests replace to choose the schedule. Everything runs in handlers.
struct Policy {
    /// Ticks of SysTick until the next preemption, counted from the end of a switch.
    std::uint32_t (*slice)(unsigned core);
    /// Where in the table of threads the search for the next one begins.
    unsigned (*first)(unsigned core);
    /// A slice has ended: shall the scheduler look? If not, the next slice begins.
    bool (*ticked)(unsigned core);
    /// `from` was left at `pc`; `to` goes on. They may be the same.
    void (*switched)(unsigned core, std::uint32_t pc, unsigned from, unsigned to);
};

/// Starts scheduling and the clock on this core. The caller goes on as a thread of this priority.
/// It must run in thread mode on the process stack; its context is the core's first. Once per core.
/// Writes the priorities of PendSV (lowest) and SysTick (the ceiling, so that nobody who uses the
/// clock can interrupt its handler). `policy` null: slices of equal length, round robin.
void start(unsigned priority, const Policy* policy = nullptr);

/// Is this core's scheduler started?
bool is_running();
/// Threads that have not ended, on all cores.
unsigned thread_count();
/// The number in the table of the thread that runs on this core.
unsigned current_index();

/// Returns when the word is as `wait` says, or after `deadline` (clock_ns). Threads only. Without a
/// running scheduler it polls.
void wait_until(atomic<std::uint32_t>& word, Wait wait, std::uint64_t deadline);
/// Asks for the PendSV handler on this core, and wakes the others' idle ones. From every context.
void ask();
/// The running thread has had its slice. By the handler of SysTick; returns the ticks of another
/// slice to begin, 0: the one that has begun by itself.
std::uint32_t tick_has_come();

}  // namespace ouro::port::scheduler

// What the vector table must name for PendSV and SysTick (their CMSIS names).
extern "C" void PendSV_Handler();
extern "C" void SysTick_Handler();
