// The count word: one atomic word per object that every decision about its life goes through.
//
//   63                              32 31                       7  6  5  4  3  2  1  0
//  +----------------------------------+--------------------------+--+--+--+--+--+--+--+
//  |             version              |          count           |PO|HE|FI|CO|CL|CM|UM|
//  +----------------------------------+--------------------------+--+--+--+--+--+--+--+
//
//  UM unmarked   clear, the object is *marked*: decrements need not report it as a candidate. It is
//                on a list, or the context that marked it puts it there. The second decrement that
//                finds it reported marks it, the collector's first reading takes the mark away; who
//                cannot be in a cycle is always marked. (Kept this way round, so that a decrement
//                tests its word for flags that are set, and for nothing else but the count.)
//  CM claimed    a pass or a finalization batch pins the object's memory: who brings the object to
//                its end leaves the memory to the holder of the claim.
//  CL clean      no increment has finished since the collector's first reading; mutators clear it.
//  CO condemned  member of the set that the current decision word is about.
//  FI finalized  the finalizer has been called (PEP 442: once per object).
//  HE held       one counted reference is the heap's own, around a running finalizer.
//  PO postponed  one counted reference is the heap's own: a release that was put off.
//  count         counted references, the heap's own included. The top bit set = immortal.
//  version       grows with every change of the count, for ever, across reuse of the cell.
//
// W1  Every increment and decrement is ONE read-modify-write that changes count and version
//     together.
// W2  The version never goes back, not even when the cell is reused (DESIGN rule 1, 18). It moves
//     on with every write: by 1, or by a first reading to the next multiple of kVersionAlign. So a
//     swap from a value that was read succeeds only if nobody has written the word since: what
//     load-linked and store-conditional give elsewhere (heap/compact/word.h).
// W3  "Unchanged since the first reading" is: clean, not marked, and the version a multiple of
//     kVersionAlign. Why that is exact without storing the first reading: an increment that sees in
//     the returned value that the word was clean clears `clean` in a second step; a decrement that
//     sees it clean and not marked marks it in a second step, unless the object has ended. Of
//     changes whose second step is missing there is at most one per context, fewer than
//     kVersionAlign together, so the version is no multiple; any other change has left it not clean
//     or marked.
// W4  Count 0 is final for a type without finalizer or with `finalized` set. Otherwise it is limbo:
//     the context that took the last reference owns the finalizer, and a weak upgrade that meets it
//     completes the transition to "held, finalized" on its behalf (see reference_count.h). The word
//     of a free cell is dead(): count 0, finalized.
//
// Sources: trial deletion with validation by words, docs/design.md (rules); the saturation band
// follows the idea of refcount_t in Linux.
#pragma once

#include <cstdint>

#include "platform/atomic.h"
#include "platform/mutant.h"

namespace ouro {

/// A snapshot of a count word, and the arithmetic on it. No atomics here.
struct WordValue {
    using Bits = std::uint64_t;
    Bits bits = 0;

    static constexpr Bits kUnmarked = 1u << 0;
    static constexpr Bits kClaimed = 1u << 1;
    static constexpr Bits kClean = 1u << 2;
    static constexpr Bits kCondemned = 1u << 3;
    static constexpr Bits kFinalized = 1u << 4;
    static constexpr Bits kHeld = 1u << 5;
    static constexpr Bits kPostponed = 1u << 6;
    static constexpr unsigned kCountShift = 7;
    static constexpr unsigned kVersionShift = 32;
    static constexpr Bits kCountOne = Bits{1} << kCountShift;
    static constexpr Bits kCountMask = 0xffff'ffffu & ~(kCountOne - 1);
    static constexpr std::uint32_t kCountMax =
        static_cast<std::uint32_t>(kCountMask >> kCountShift);
    /// The lowest count that is immortal.
    static constexpr std::uint32_t kImmortalFrom = (kCountMax + 1) / 2;
    static constexpr Bits kImmortalBit = Bits{1} << 31;
    static constexpr Bits kImmortalCount = Bits{3} << 30;  // middle of the band
    static constexpr Bits kVersionOne = Bits{1} << kVersionShift;
    static constexpr Bits kVersionAlign = 2048;
    static constexpr Bits kIncrement = kVersionOne + kCountOne;
    static constexpr Bits kDecrement = kVersionOne - kCountOne;

    constexpr bool has(Bits flag) const { return (bits & flag) != 0; }
    constexpr bool marked() const { return !has(kUnmarked); }
    constexpr std::uint32_t count() const {
        return static_cast<std::uint32_t>((bits & kCountMask) >> kCountShift);
    }
    constexpr bool immortal() const { return has(kImmortalBit); }
    constexpr std::uint32_t version() const {
        return static_cast<std::uint32_t>(bits >> kVersionShift);
    }
    /// How many of the counted references are the heap's own.
    constexpr std::uint32_t own_references() const {
        return (has(kHeld) ? 1u : 0u) + (has(kPostponed) ? 1u : 0u);
    }
    /// Counted references of the program: what every query reports.
    constexpr std::uint32_t user_count() const { return count() - own_references(); }

    // What a word is to become. The version is the business of whoever writes it (LinkedWord).
    constexpr WordValue with_count(std::uint32_t count) const {
        return {(bits & ~kCountMask) | Bits{count} << kCountShift};
    }
    constexpr WordValue with(Bits flag) const { return {bits | flag}; }
    constexpr WordValue without(Bits flag) const { return {bits & ~flag}; }
    constexpr WordValue with_mark() const { return without(kUnmarked); }
    constexpr WordValue without_mark() const { return with(kUnmarked); }
    constexpr WordValue incremented() const { return {bits + kCountOne}; }
    constexpr WordValue decremented() const { return {bits - kCountOne}; }
    /// One more reference, or the middle of the immortal band again.
    constexpr WordValue incremented_or_pinned() const {
        return immortal() ? saturated() : incremented();
    }
    /// Count 0 for good. `finalized` stays set, so that it is never taken for limbo.
    constexpr WordValue dead() const { return {(bits & ~Bits{0xffff'ffff}) | kFinalized}; }
    constexpr WordValue saturated() const { return {(bits & ~kCountMask) | kImmortalCount}; }
    /// In a cell that was dead: count 1.
    constexpr WordValue newborn(bool marked) const {
        return {(bits & ~Bits{0xffff'ffff}) | kCountOne | (marked ? 0 : kUnmarked)};
    }
    /// Of the word before a decrement: there is nothing else to do. Other references are left, and
    /// the object is a candidate already.
    constexpr bool decrements_quietly() const {
        return !has(kUnmarked | kImmortalBit) && has(kCountMask & ~kCountOne);
    }

    constexpr WordValue bumped() const { return {bits + kVersionOne}; }
    /// The collector's first reading: claimed, clean, and the version moved on to the next multiple
    /// of kVersionAlign.
    constexpr WordValue first_reading() const {
        const Bits version = (bits >> kVersionShift) + kVersionAlign;
        const Bits next = version & ~(kVersionAlign - 1);
        const WordValue aligned{(next << kVersionShift) | (bits & 0xffff'ffffu)};
        return aligned.with(kClaimed | kClean).without_mark();
    }
    /// W3.
    /// Model: models/count_word.pml
    constexpr bool unchanged() const {
        return has(kClean) && !marked() && (version() & (kVersionAlign - 1)) == 0;
    }
};

static_assert(WordValue::kCountMask + (WordValue::kCountOne - 1) == 0xffff'ffffu);
static_assert(port::kMaxContexts < WordValue::kVersionAlign, "W3 needs fewer contexts");
static_assert((WordValue::kImmortalCount & WordValue::kImmortalBit) != 0);

}  // namespace ouro
