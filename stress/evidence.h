// Violations and what is known about them: printed at once, with the threads' logs at the end.
#pragma once

#include <cstdint>
#include <deque>
#include <iosfwd>
#include <mutex>
#include <string>
#include <string_view>

#include "platform/atomic.h"
#include "stress/figures.h"
#include "stress/log.h"
#include "stress/random.h"

namespace ouro::stress {

/// What the stress keeps for every thread that may run its code, the collector's included.
struct ThreadRecord {
    explicit ThreadRecord(Random generator) : random(generator) {}

    std::string name;
    Log log;
    Tally tally;
    Random random;
    std::uint32_t user_code_depth = 0;  ///< finalizers and destructors this thread is in
    platform::atomic<std::uint32_t> finalizers_begun{0};  ///< read by others at any time
    platform::atomic<std::uint32_t> finalizers_ended{0};
    std::uint32_t whole_heap_calls = 0;  ///< collections and listings that user code asked for
    bool in_use = true;
};

/// The records of all threads of one run. A thread that ends hands its record to the next one.
class ThreadRecords {
public:
    explicit ThreadRecords(Random random) : random_(random) {}

    /// The calling thread's record, made at its first call in this run.
    ThreadRecord& mine();
    /// The record that the calling thread has; null if it has none.
    ThreadRecord* mine_if_any() const;
    /// The thread that had this record has ended.
    void give_back(ThreadRecord* record);
    /// Calls visit(record) for all. The threads are at rest, or the run has failed.
    template <class V>
    void for_each(V&& visit) {
        std::lock_guard<std::mutex> lock(mutex_);
        for (ThreadRecord& record : records_) visit(record);
    }

private:
    std::mutex mutex_;
    std::deque<ThreadRecord> records_;
    Random random_;
    const std::uint64_t run_ = draw_run_number();

    static std::uint64_t draw_run_number();
};

class Evidence {
public:
    Evidence(std::ostream& err, ThreadRecords& threads);

    /// Says what is not as it must be. The first few are printed, the first one is the subject of
    /// dump(). Threads: any.
    void violation(std::string_view what, Serial about = 0);
    /// Prints more on a violation.
    void remark(std::string_view text);
    bool found() const {
        // order: acquire; who sees a violation stops, nothing else depends on it.
        return violations_.load(platform::memory_order_acquire) != 0;
    }
    std::uint32_t count() const { return violations_.load(platform::memory_order_acquire); }
    void enter_round(unsigned round) { round_.store(round, platform::memory_order_release); }

    /// Prints the last operations: those on the first violation's object, then those of every
    /// thread. The threads are at rest, or the program is about to end.
    void dump();

private:
    void print(const ThreadRecord& record, const Log::Entry& entry);

    static constexpr std::uint32_t kPrinted = 20;

    std::ostream& err_;
    ThreadRecords& threads_;
    std::mutex mutex_;
    platform::atomic<std::uint32_t> violations_{0};
    platform::atomic<std::uint32_t> round_{0};
    Serial about_ = 0;
    const std::uint64_t begin_ns_;
};

}  // namespace ouro::stress
