// The count word of the compact layout: 32 bits, through which every decision about an object's
// life goes.
//
//   31                       17 16           10  9     8  7  6  5  4  3  2  1  0
//  +---------------------------+---------------+--------+--+--+--+--+--+--+--+--+
//  |           count           |     edges     |  level |DE|PO|HE|FI|CO|CL|CM|MA|
//  +---------------------------+---------------+--------+--+--+--+--+--+--+--+--+
//
//  MA marked     the object is reported as a candidate: it, or the context that set the mark, lists
//                its card. Set by every decrement; always set if the type cannot be in a cycle.
//  CM claimed    a pass or a finalization batch pins the object's memory: who brings the object to
//                its end leaves the memory to the holder of the claim.
//  CL clean      no count change since the collector's first reading.
//  CO condemned  member of the set that the current decision word is about.
//  FI finalized  the finalizer has been called (PEP 442: once per object).
//  HE held       one counted reference is the heap's own, around a running finalizer.
//  PO postponed  one counted reference is the heap's own: a release that was put off.
//  DE deferred   a candidate that is asked again later; the collector's own.
//  level         how often the object was asked as a root and lived; the collector's own.
//  edges         references from inside the set under examination, modulo some number
//                (gc/edge_counts.h); the collector's own.
//  count         counted references, the heap's own included. The top bit set = immortal.
//
// W1  Every increment and decrement is ONE read-modify-write, which also clears `clean` (and sets
//     `marked`, if it is a decrement). So "unchanged since the first reading" is: clean and not
//     marked, and that is exact.
// W2  Every other change is a store-conditional on the word that was read: it fails if anybody has
//     written the word since. So a swap by somebody who holds no reference never hits a word that
//     has been through another life meanwhile.
// W4  Count 0 is final for a type without finalizer or with `finalized` set. Otherwise it is limbo:
//     the context that took the last reference owns the finalizer, and a weak upgrade that meets it
//     completes the transition to "held, finalized" on its behalf (see reference_count.h). The word
//     of a free block is dead(): count 0, finalized.
#pragma once

#include <cstdint>

#include "platform/port.h"

namespace ouro {

/// A snapshot of a count word, and the arithmetic on it. No atomics here.
struct WordValue {
    using Bits = std::uint32_t;
    Bits bits = 0;

    static constexpr Bits kMarked = 1u << 0;
    static constexpr Bits kClaimed = 1u << 1;
    static constexpr Bits kClean = 1u << 2;
    static constexpr Bits kCondemned = 1u << 3;
    static constexpr Bits kFinalized = 1u << 4;
    static constexpr Bits kHeld = 1u << 5;
    static constexpr Bits kPostponed = 1u << 6;
    static constexpr Bits kDeferred = 1u << 7;
    static constexpr unsigned kLevelShift = 8;
    static constexpr std::uint32_t kLevelMax = 3;
    static constexpr unsigned kEdgesShift = 10;
    static constexpr std::uint32_t kEdgesMax = 127;
    static constexpr unsigned kCountShift = 17;
    static constexpr Bits kCountOne = 1u << kCountShift;
    static constexpr Bits kCountMask = ~(kCountOne - 1);
    static constexpr std::uint32_t kCountMax = kCountMask >> kCountShift;
    /// The lowest count that is immortal.
    static constexpr std::uint32_t kImmortalFrom = (kCountMax + 1) / 2;
    static constexpr Bits kImmortalBit = 1u << 31;
    static constexpr Bits kImmortalCount = 3u << 30;  // middle of the band

    constexpr bool has(Bits flag) const { return (bits & flag) != 0; }
    constexpr bool marked() const { return has(kMarked); }
    constexpr std::uint32_t count() const { return bits >> kCountShift; }
    constexpr bool immortal() const { return has(kImmortalBit); }
    constexpr std::uint32_t level() const { return bits >> kLevelShift & kLevelMax; }
    constexpr std::uint32_t edges() const { return bits >> kEdgesShift & kEdgesMax; }
    /// How many of the counted references are the heap's own.
    constexpr std::uint32_t own_references() const {
        return (has(kHeld) ? 1u : 0u) + (has(kPostponed) ? 1u : 0u);
    }
    /// Counted references of the program: what every query reports.
    constexpr std::uint32_t user_count() const { return count() - own_references(); }

    constexpr WordValue with_count(std::uint32_t count) const {
        return {(bits & ~kCountMask) | Bits{count} << kCountShift};
    }
    constexpr WordValue with(Bits flag) const { return {bits | flag}; }
    constexpr WordValue without(Bits flag) const { return {bits & ~flag}; }
    constexpr WordValue with_mark() const { return with(kMarked); }
    constexpr WordValue without_mark() const { return without(kMarked); }
    constexpr WordValue with_level(std::uint32_t level) const {
        return {(bits & ~(kLevelMax << kLevelShift)) | level << kLevelShift};
    }
    constexpr WordValue with_edges(std::uint32_t edges) const {
        return {(bits & ~(kEdgesMax << kEdgesShift)) | edges << kEdgesShift};
    }
    constexpr WordValue incremented() const { return {bits + kCountOne}; }
    constexpr WordValue decremented() const { return {bits - kCountOne}; }
    /// One more reference, or the middle of the immortal band again.
    constexpr WordValue incremented_or_pinned() const {
        return immortal() ? saturated() : incremented();
    }
    /// Count 0 for good. `finalized` stays set, so that it is never taken for limbo.
    constexpr WordValue dead() const { return {kFinalized}; }
    constexpr WordValue saturated() const { return {(bits & ~kCountMask) | kImmortalCount}; }
    /// In a block that was dead: count 1.
    constexpr WordValue newborn(bool marked) const { return {kCountOne | (marked ? kMarked : 0)}; }
    /// Of the word before a decrement: there is nothing else to do. Other references are left, and
    /// the object is a candidate already.
    constexpr bool decrements_quietly() const {
        return (bits & (kMarked | kImmortalBit)) == kMarked && count() > 1;
    }
    /// The collector's first reading: claimed and clean.
    constexpr WordValue first_reading() const { return with(kClaimed | kClean).without_mark(); }
    /// W1. Model: models/count_word.pml
    constexpr bool unchanged() const { return has(kClean) && !marked(); }
};

static_assert((WordValue::kImmortalCount & WordValue::kImmortalBit) != 0);
static_assert(port::kMaxContexts < WordValue::kCountMax / 4,
              "a context brings an immortal count back before its next change");

}  // namespace ouro
