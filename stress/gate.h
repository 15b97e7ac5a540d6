// Lets the threads work in rounds: the coordinator opens, closes, and waits until all rest.
#pragma once

#include <condition_variable>
#include <mutex>

#include "platform/atomic.h"

namespace ouro::stress {

class Gate {
public:
    explicit Gate(unsigned threads) : threads_(threads) {}

    // ---- the threads

    /// Rests until the gate opens. False iff there is no further round.
    bool enter() {
        std::unique_lock<std::mutex> lock(mutex_);
        const unsigned round = round_;
        ++resting_;
        changed_.notify_all();
        changed_.wait(lock, [&] { return round_ != round || ended_; });
        return !ended_;
    }
    /// Time to rest?
    bool closing() const {
        // order: relaxed; only a hint, the mutex orders what the threads did before the rest.
        return closing_.load(platform::memory_order_relaxed) != 0;
    }

    // ---- the coordinator

    /// All threads rest: lets them go.
    void open() {
        std::lock_guard<std::mutex> lock(mutex_);
        closing_.store(0, platform::memory_order_relaxed);  // order: see closing()
        resting_ = 0;
        ++round_;
        changed_.notify_all();
    }
    /// Asks the threads to rest and waits until all do.
    void close() {
        closing_.store(1, platform::memory_order_relaxed);  // order: see closing()
        wait_for_rest();
    }
    void wait_for_rest() {
        std::unique_lock<std::mutex> lock(mutex_);
        changed_.wait(lock, [&] { return resting_ == threads_; });
    }
    /// All threads rest: no further round.
    void end() {
        std::lock_guard<std::mutex> lock(mutex_);
        ended_ = true;
        changed_.notify_all();
    }

private:
    const unsigned threads_;
    std::mutex mutex_;
    std::condition_variable changed_;
    unsigned resting_ = 0;
    unsigned round_ = 0;
    bool ended_ = false;
    platform::atomic<std::uint32_t> closing_{0};
};

}  // namespace ouro::stress
