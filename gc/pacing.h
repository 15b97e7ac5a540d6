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
    static void end_round(Heap&, Asked, bool) {}
    static void set_live(Heap&, std::size_t, Asked, bool) {}
    static void begin_to_ask_all() {}
    static void note_all_asked(Heap&) {}
    static void note_step() {}
    static constexpr bool is_time_to_begin() { return false; }
    static void note_begin(std::uint32_t) {}
    static void note_end(std::uint32_t, std::size_t, bool) {}
    static constexpr bool is_assisting(std::uint32_t) { return false; }
    static constexpr bool is_enough(Heap&) { return true; }
    static constexpr bool is_far(Heap&) { return false; }
    static constexpr bool wants_all(Heap&) { return false; }
    static constexpr bool take_left_user_code() { return false; }
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
    /// `some_end`: garbage with user code was found, which is yet to end.
    void end_round(Heap& heap, Asked asked, bool some_end) {
        set_live(heap, in_use_then_ - std::min(in_use_then_, freed_), asked, some_end);
    }
    /// So much is taken to live. Where some candidates were not asked it may be garbage: that is
    /// believed as far as to where all of them are to be asked.
    void set_live(Heap& heap, std::size_t live, Asked asked, bool some_end) {
        if (!is_on()) return;
        std::size_t limit = std::min(live + allowance(live), kMost);
        // order: relaxed; a tuning value.
        const std::size_t most = all_beyond_.load(platform::memory_order_relaxed);
        if (asked == Asked::fresh) limit = std::min(limit, most);
        heap.blocks().use_limit().set(limit, std::min(bytes_, kPortion));
        const std::size_t late = limit - std::min(limit, allowance(live) / kLeftShare);
        // order: relaxed; a tuning value.
        enough_.store(std::min(late, heap.region_bytes() / 2), platform::memory_order_relaxed);
        if (asked == Asked::all) set_all_beyond(limit, some_end || freed_ >= limit / 8);
    }
    /// A round that asks all candidates, because wants_all().
    void begin_to_ask_all() {
        asks_all_ = 1;
        has_asked_all_ = 0;
    }
    /// It is over. If it could not ask all, because members showed life or because it was called
    /// off, it counts as if it had been for nothing.
    void note_all_asked(Heap& heap) {
        if (has_asked_all_ == 0) set_all_beyond(heap.blocks().bytes_in_use(), false);
        asks_all_ = 0;
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
        if (has_left_user_code) left_user_code_.store(1, platform::memory_order_relaxed);
        if (!is_assisting(serial)) return;
        looks_ = freed_bytes >= kWorthwhile ? 1 : std::min(looks_before_ * 2 + 1, kLooksMost);
        looks_before_ = looks_;
    }

    // Threads: any, without the pass lock.

    /// Is most of the garbage there that is left to the collector, or half of the region in use?
    /// Until then fresh candidates wait for their time: who asks them early finds many alive, and
    /// takes what it looks at out of the caches of the thread that is at work on it.
    bool is_enough(Heap& heap) const {
        // order: relaxed; a tuning value.
        return !is_on() ||
               heap.blocks().bytes_in_use() > enough_.load(platform::memory_order_relaxed);
    }
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

    /// Has a pass left garbage with user code, perhaps, among the deferred candidates? Once.
    bool take_left_user_code() {
        // order: relaxed, both; a hint.
        return left_user_code_.load(platform::memory_order_relaxed) != 0 &&
               left_user_code_.exchange(0, platform::memory_order_relaxed) != 0;
    }

private:
    static constexpr std::size_t kMost = ~std::size_t{0} / 8;  ///< no sum of these overflows
    static constexpr std::size_t kPortion = 2048;
    static constexpr std::size_t kLeftShare = 4;      ///< of the allowance, when it is enough
    static constexpr std::uint32_t kLooks = 4;        ///< without a pass, before one is begun
    static constexpr std::uint32_t kLooksMost = 31;   ///< the same, after useless ones
    static constexpr std::size_t kWorthwhile = 1024;  ///< bytes that such a pass has to free

    /// To ask all is to go over all that lives: where that is for nothing it becomes rare.
    void set_all_beyond(std::size_t in_use, bool was_worth_it) {
        has_asked_all_ = 1;
        if (asks_all_ != 0) eighths_ = was_worth_it ? 1 : std::min<std::uint32_t>(eighths_ * 2, 8);
        // order: relaxed; a tuning value, read without the lock.
        all_beyond_.store(in_use + in_use / 8 * eighths_, platform::memory_order_relaxed);
    }
    std::size_t allowance(std::size_t live) const { return bytes_ + live / 100 * percent_; }

    std::size_t bytes_;
    std::uint32_t percent_;
    std::uint32_t serial_ = 0;         ///< of the last pass that a thread has begun by itself
    std::uint32_t looks_ = 0;          ///< before the next
    std::uint32_t looks_before_ = 0;   ///< what that was after the last one
    std::size_t in_use_then_ = 0;      ///< when all candidates were taken the last time
    std::size_t freed_ = 0;            ///< since then
    std::uint32_t eighths_ = 1;        ///< more than then, before all are asked again
    std::uint32_t asks_all_ = 0;       ///< 1: a round because of wants_all() is under way
    std::uint32_t has_asked_all_ = 0;  ///< 1: and has come to its end
    platform::atomic<std::uintptr_t> all_beyond_{~std::uintptr_t{0}};
    platform::atomic<std::uintptr_t> enough_{0};
    platform::atomic<std::uint32_t> left_user_code_{0};
};

using Pacing = PacingOf<BlockAllocator::kLimitsUse>;

}  // namespace ouro
