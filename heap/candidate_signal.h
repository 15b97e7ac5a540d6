// What mutators tell the collector when there is something to do for it. Part of the heap, not of
// the collector: a handle may be released while the collector ends, and later.
#pragma once

#include <cstddef>
#include <cstdint>

#include "platform/atomic.h"
#include "platform/thread.h"

namespace ouro {

class CandidateSignal {
public:
    /// A page got its first new candidate, or ends were put off. Wakes the collector, if it sleeps,
    /// for the first page and when their number reaches the threshold. Never blocks. Threads: any.
    void report() {
        const std::uint32_t before = count();
        if (before == 0 || before + 1 == threshold()) wake_.set();
    }
    /// A pass puts a candidate back that it could not ask now: no reason to wake the collector,
    /// which would find it as it is. Whoever runs passes on other threads wakes it when they end.
    void report_again() { count(); }
    /// Pages reported since the last reset(): a hint for pacing.
    std::uint32_t pages() const {
        return pages_.load(platform::memory_order_relaxed);  // order: see report()
    }
    void reset() {
        pages_.store(0, platform::memory_order_relaxed);        // order: see report()
        large_bytes_.store(0, platform::memory_order_relaxed);  // order: a hint
    }

    /// Objects of more bytes are few for what they take: their bytes are counted, too.
    static constexpr std::size_t kLargeBytes = 1024;
    /// A large object was made. Wakes the collector when all since the last reset() have reached
    /// the threshold. Never blocks. Threads: any.
    void allocated(std::size_t bytes) {
        // order: relaxed, both; a hint for pacing, as in count().
        large_bytes_.fetch_add(bytes, platform::memory_order_relaxed);
        if (are_many_bytes()) wake_.set();
    }
    bool are_many_bytes() const {
        // order: relaxed, both; a hint and a tuning value.
        return large_bytes_.load(platform::memory_order_relaxed) >=
               bytes_threshold_.load(platform::memory_order_relaxed);
    }
    void set_bytes_threshold(std::size_t bytes) {
        bytes_threshold_.store(bytes, platform::memory_order_relaxed);  // order: a tuning value
    }

    void set_threshold(std::uint32_t pages) {
        threshold_.store(pages, platform::memory_order_relaxed);  // order: a tuning value
    }
    std::uint32_t threshold() const {
        return threshold_.load(platform::memory_order_relaxed);  // order: a tuning value
    }
    /// The collector's thread waits here.
    platform::Event& wake() { return wake_; }

private:
    std::uint32_t count() {
        // order: relaxed; a hint for pacing, the candidates themselves are published elsewhere.
        return pages_.fetch_add(1, platform::memory_order_relaxed);
    }

    platform::Event wake_;
    platform::atomic<std::uint32_t> pages_{0};
    platform::atomic<std::uint32_t> threshold_{16};
    platform::atomic<std::uintptr_t> large_bytes_{0};
    platform::atomic<std::uintptr_t> bytes_threshold_{~std::uintptr_t{0}};
};

}  // namespace ouro
