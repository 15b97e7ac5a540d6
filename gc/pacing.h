// How much memory may be in use before threads that allocate do a part of the collector's work.
//
// What lives is not known, but what lives at least is bounded by what a round of passes leaves: a
// round begins when all candidates are taken and ends when all of them have been asked. What is in
// use then, less what was made meanwhile, has been looked at or was referred to from outside. Some
// garbage on top of that is the price of a collector that works beside the program; beyond it the
// program makes garbage faster than its collector takes it away.
//
// After the pacing of Go's collector ("GC Pacer Redesign", Go proposal 44167), which has growth
// paid for by whoever causes it.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "heap/heap.h"
#include "heap/verify_parts.h"

namespace ouro {

/// Under the pass lock.
class Pacing {
public:
    /// `bytes` 0: no limit.
    Pacing(std::size_t bytes, std::uint32_t percent) : bytes_(bytes), percent_(percent) {}

    bool is_on() const { return BlockAllocator::kLimitsUse && bytes_ != 0; }

    /// So much is taken to live. `all`: no candidate waits for its turn, so that much does.
    void set_live(Heap& heap, std::size_t live, bool all) {
        if (!is_on()) return;
        const std::size_t limit = live + allowance(live);
        heap.blocks().use_limit().set(limit);
        // order: relaxed; a tuning value, read without the lock.
        if (all) all_beyond_.store(2 * limit, platform::memory_order_relaxed);
    }
    /// All candidates have been taken. Time: O(contexts), as what follows.
    void begin_round(Heap& heap) {
        if (!is_on()) return;
        made_before_ = heap.bytes_made();
        in_round_ = true;
    }
    /// They have been asked, `all`, or but for those that wait for their turn.
    void end_round(Heap& heap, bool all) {
        if (!in_round_) return;
        in_round_ = false;
        const std::size_t in_use = heap.blocks().bytes_in_use();
        const std::size_t made = heap.bytes_made() - made_before_;
        set_live(heap, in_use - std::min(in_use, made), all);
    }
    /// Not all of them.
    void leave_round() { in_round_ = false; }

    // Threads: any, without the pass lock.

    /// Is twice as much garbage there as is left to the collector, about?
    bool is_far(Heap& heap) const {
        const std::size_t limit = heap.blocks().use_limit().get();
        return heap.blocks().bytes_in_use() > limit + allowance(limit);
    }
    /// Is twice as much in use as after all candidates were asked, so that those are to be asked
    /// that wait for their turn? What they reach and lives is then looked at no more often than it
    /// is made.
    bool wants_all(Heap& heap) const {
        // order: relaxed; see set_live().
        return is_on() &&
               heap.blocks().bytes_in_use() > all_beyond_.load(platform::memory_order_relaxed);
    }

    bool is_sound() const { return is_bool(in_round_); }

private:
    std::size_t allowance(std::size_t live) const { return bytes_ + live / 100 * percent_; }

    std::size_t bytes_;
    std::uint32_t percent_;
    bool in_round_ = false;
    std::size_t made_before_ = 0;  ///< the round under way
    platform::atomic<std::uintptr_t> all_beyond_{0};
};

}  // namespace ouro
