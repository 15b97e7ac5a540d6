// The lock of the pass, which tells its holder whether somebody waits for it.
#pragma once

#include <cstdint>

#include "platform/atomic.h"
#include "platform/mutex.h"
#include "platform/thread.h"

namespace ouro {

/// A Mutex whose holder can ask, between two steps, whether giving the processor away now lets
/// anybody go on. To do so for nobody would leave a busy program's collector next to nothing of it.
/// Where threads get no turns by time somebody always may want it, and nothing is counted.
template <bool kCounts>
class CountingLock;

template <>
class CountingLock<true> {
public:
    void lock() {
        if (mutex_.try_lock()) return;
        // order: relaxed, both; a hint for is_wanted().
        waiting_.fetch_add(1, platform::memory_order_relaxed);
        mutex_.lock();
        stop_waiting();
    }
    /// Unlocks, and locks again, if possible after somebody who waits has had it: a thread that
    /// locks again at once takes it from one that is being woken, time and again.
    void hand_over() {
        // order: relaxed; a hint for pacing.
        const std::uint32_t turns = turns_.load(platform::memory_order_relaxed);
        mutex_.unlock();
        for (unsigned i = 0; i < kYieldsMax && is_wanted(); ++i) {
            platform::yield_thread();
            // order: relaxed; a hint for pacing.
            if (turns_.load(platform::memory_order_relaxed) != turns) break;
        }
        lock();
    }
    bool try_lock() { return mutex_.try_lock(); }
    void unlock() { mutex_.unlock(); }
    /// A moment's truth.
    bool is_wanted() const {
        return waiting_.load(platform::memory_order_relaxed) != 0;  // order: see lock()
    }

    /// In the child of a fork nobody waits. The caller holds it.
    void forget_waiters() {
        waiting_.store(0, platform::memory_order_relaxed);  // order: one thread only
    }

private:
    /// To wake a thread on another processor takes tens of microseconds, a yield for nobody less
    /// than one. With four of them threads that wait for a step have waited for 20 ms.
    static constexpr unsigned kYieldsMax = 256;

    void stop_waiting() {
        waiting_.fetch_sub(1, platform::memory_order_relaxed);  // order: see lock()
        turns_.fetch_add(1, platform::memory_order_relaxed);    // order: as in lock()
    }

    platform::Mutex mutex_;
    platform::atomic<std::uint32_t> waiting_{0};
    platform::atomic<std::uint32_t> turns_{0};  ///< how often it has gone to somebody who waited
};

template <>
class CountingLock<false> : public platform::Mutex {
public:
    static constexpr bool is_wanted() { return true; }
    static void forget_waiters() {}
    void hand_over() {
        unlock();
        platform::yield_thread();
        lock();
    }
};

using PassLock = CountingLock<port::kTimeSlices>;

}  // namespace ouro
