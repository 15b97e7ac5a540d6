// How much memory may be in use before threads that allocate do a part of the collector's work.
//
// What lives is not known, but what was garbage when all candidates were taken has gone when all of
// them have been asked: what was in use then, less what passes have freed since, was alive. (Some
// of what they have freed may have become garbage later: then it is taken for too little, the more
// the longer that took.) Some garbage on top of that is the price of a collector that works beside
// the program; beyond it the program makes garbage faster than its collector takes it away.
//
// After the pacing of Go's collector ("GC Pacer Redesign", Go proposal 44167), which has what is
// allocated paid for by whoever allocates it.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "heap/heap.h"

namespace ouro {

/// Which candidates a round has asked: not those that wait for their turn, or not as far as they
/// would have to be; all.
enum class Asked : std::uint8_t { fresh, all };

/// Of layouts without a limit on what is in use there is nothing of it.
template <bool kOn>
class PacingOf {
public:
    PacingOf(std::size_t, std::uint32_t) {}
    static constexpr bool is_on() { return false; }
    static void begin_round(Heap&) {}
    static void freed(std::size_t) {}
    static void end_round(Heap&, Asked) {}
    static void set_live(Heap&, std::size_t, Asked) {}
    static void note_all_asked(Heap&) {}
    static void note_step() {}
    static constexpr bool is_time_to_begin() { return false; }
    static void note_begin(std::uint32_t) {}
    static void note_end(std::uint32_t, std::size_t, bool) {}
    static constexpr bool is_assisting(std::uint32_t) { return false; }
    static constexpr bool is_far(Heap&) { return false; }
    static constexpr bool wants_all(Heap&) { return false; }
};

template <>
class PacingOf<true> {
public:
    /// `bytes` 0: no limit.
    PacingOf(std::size_t bytes, std::uint32_t percent)
        : bytes_(std::min(bytes, kMost)), percent_(std::min<std::uint32_t>(percent, 100)) {}

    bool is_on() const { return bytes_ != 0; }

    // Under the pass lock.

    /// All candidates are taken, to be asked. Time: O(contexts), as of all that follows.
    void begin_round(Heap& heap) {
        if (!is_on()) return;
        in_use_then_ = heap.blocks().bytes_in_use();
        freed_ = 0;
    }
    /// A pass has freed so many bytes.
    void freed(std::size_t bytes) { freed_ += bytes; }
    void end_round(Heap& heap, Asked asked) {
        set_live(heap, in_use_then_ - std::min(in_use_then_, freed_), asked);
    }
    /// So much is taken to live. Where some candidates were not asked it may be garbage: that is
    /// believed as far as to where all of them are to be asked.
    void set_live(Heap& heap, std::size_t live, Asked asked) {
        if (!is_on()) return;
        std::size_t limit = std::min(live + allowance(live), kMost);
        // order: relaxed; a tuning value.
        const std::size_t most = all_beyond_.load(platform::memory_order_relaxed);
        if (asked == Asked::fresh && most != 0) limit = std::min(limit, most);
        heap.blocks().use_limit().set(limit, std::min(bytes_, kPortion));
        if (asked == Asked::all) set_all_beyond(limit, freed_ >= limit / 8);
    }
    /// All were to be asked. If that has changed nothing, because of user code, because members
    /// showed life or because it was called off, it counts as if it had been for nothing.
    void note_all_asked(Heap& heap) {
        if (!knows_all_) set_all_beyond(heap.blocks().bytes_in_use(), false);
        knows_all_ = false;
    }

    // Which pass a thread begins by itself, under the pass lock.

    /// Somebody else's pass was under way.
    void note_step() { looks_ = std::max(looks_, kLooks); }
    /// No pass is under way. Is it time for one? Counts the looks.
    bool is_time_to_begin() {
        if (looks_ == 0) return true;
        --looks_;
        return false;
    }
    void note_begin(std::uint32_t serial) { serial_ = serial; }
    bool is_assisting(std::uint32_t serial) const { return serial == serial_; }
    /// After a useless pass the next one is the later. What has user code it has deferred: the
    /// collector's thread is to ask all.
    void note_end(std::uint32_t serial, std::size_t freed_bytes, bool has_left_user_code) {
        // order: relaxed; a tuning value.
        if (has_left_user_code) all_beyond_.store(0, platform::memory_order_relaxed);
        if (!is_assisting(serial)) return;
        looks_ = freed_bytes >= kWorthwhile ? 1 : std::min(looks_before_ * 2 + 1, kLooksMost);
        looks_before_ = looks_;
    }

    // Threads: any, without the pass lock.

    /// Is twice as much garbage there as is left to the collector, about?
    bool is_far(Heap& heap) const {
        const std::size_t limit = heap.blocks().use_limit().get();
        return heap.blocks().bytes_in_use() > limit + allowance(limit);
    }
    /// Is an eighth more in use than after all candidates were asked, or after they were asked for
    /// nothing again and again, up to twice as much? Then those are to be asked that wait for their
    /// turn, and as far as it goes.
    bool wants_all(Heap& heap) const {
        // order: relaxed; a tuning value.
        return is_on() &&
               heap.blocks().bytes_in_use() > all_beyond_.load(platform::memory_order_relaxed);
    }

private:
    static constexpr std::size_t kMost = ~std::size_t{0} / 8;  ///< no sum of these overflows
    static constexpr std::size_t kPortion = 2048;
    static constexpr std::uint32_t kLooks = 4;        ///< without a pass, before one is begun
    static constexpr std::uint32_t kLooksMost = 31;   ///< the same, after useless ones
    static constexpr std::size_t kWorthwhile = 1024;  ///< bytes that such a pass has to free

    /// To ask all is to go over all that lives: where that is for nothing it becomes rare.
    void set_all_beyond(std::size_t in_use, bool was_worth_it) {
        knows_all_ = true;
        eighths_ = was_worth_it ? 1 : std::min<std::uint32_t>(eighths_ * 2, 8);
        // order: relaxed; a tuning value, read without the lock.
        all_beyond_.store(in_use + in_use / 8 * eighths_, platform::memory_order_relaxed);
    }
    std::size_t allowance(std::size_t live) const { return bytes_ + live / 100 * percent_; }

    std::size_t bytes_;
    std::uint32_t percent_;
    std::uint32_t serial_ = 0;        ///< of the last pass that a thread has begun by itself
    std::uint32_t looks_ = 0;         ///< before the next
    std::uint32_t looks_before_ = 0;  ///< what that was after the last one
    std::size_t in_use_then_ = 0;     ///< when all candidates were taken the last time
    std::size_t freed_ = 0;           ///< since then
    std::uint32_t eighths_ = 1;       ///< more than then, before all are asked again
    bool knows_all_ = false;          ///< all were asked since note_all_asked()
    platform::atomic<std::uintptr_t> all_beyond_{0};
};

using Pacing = PacingOf<BlockAllocator::kLimitsUse>;

}  // namespace ouro
