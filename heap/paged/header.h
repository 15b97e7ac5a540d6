// The object header of the paged layout: 16 bytes in front of every object's payload.
//
//   offset 0   word        64   count, version, flags (heap/word.h); the only contended part
//   offset 8   info        32   31 constructing | 30 frozen | 29 member | 28..16 edges |
//                               15..12 level | 11..0 type
//   offset 12  generation  32   tells the objects apart that lived at this address; in a free cell
//                               the link to the next free cell
//   offset 16  payload          zeroed before the constructor runs
//
// `info` has one writer at a time: the allocating context until `constructing` is cleared, after
// that whoever owns the pass. type 0 = no object here. member, edges and level are the collector's
// own: is it in the set under examination, as the bit beside its page says, too; references found
// from inside that set; and the back-off after proving alive.
// `generation` is drawn from a counter of the page that is never reset, so an {address, generation}
// pair repeats only after 2^32 allocations in that page.
#pragma once

#include <cstddef>
#include <cstdint>

#include "heap/paged/word.h"
#include "platform/compiler.h"
#include "platform/mutant.h"

namespace ouro {

/// Does the collector decide about small groups at once (gc/small_set.h)?
inline constexpr bool kHasSmallSets = true;

/// A snapshot of Header::info.
struct InfoValue {
    std::uint32_t bits = 0;

    static constexpr std::uint32_t kTypeMask = (1u << 12) - 1;
    static constexpr std::uint32_t kTypesMax = kTypeMask;
    static constexpr unsigned kLevelShift = 12;
    static constexpr std::uint32_t kLevelMax = 15;
    static constexpr unsigned kEdgesShift = 16;
    static constexpr std::uint32_t kEdgesMax = (1u << 13) - 1;
    static constexpr std::uint32_t kMember = 1u << 29;
    static constexpr std::uint32_t kFrozen = 1u << 30;
    static constexpr std::uint32_t kConstructing = 1u << 31;

    constexpr std::uint32_t type() const { return bits & kTypeMask; }
    constexpr std::uint32_t level() const { return (bits >> kLevelShift) & kLevelMax; }
    constexpr std::uint32_t edges() const { return (bits >> kEdgesShift) & kEdgesMax; }
    constexpr bool frozen() const { return (bits & kFrozen) != 0; }
    constexpr bool member() const { return (bits & kMember) != 0; }
    constexpr bool constructing() const { return (bits & kConstructing) != 0; }

    constexpr InfoValue with_level(std::uint32_t level) const {
        return {(bits & ~(kLevelMax << kLevelShift)) | (level << kLevelShift)};
    }
    constexpr InfoValue with_edges(std::uint32_t edges) const {
        return {(bits & ~(kEdgesMax << kEdgesShift)) | (edges << kEdgesShift)};
    }
};

struct Header {
    platform::atomic<WordValue::Bits> word;
    platform::atomic<std::uint32_t> info;
    platform::atomic<std::uint32_t> generation;

    WordValue load_word() const {
        // order: acquire; pairs with the acq_rel count changes: who sees count 0 or a flag sees
        // what was written before it was set (DESIGN rule 19).
        return {
            word.load(OURO_ORDER(memory_order_acquire, word_load_relaxed, memory_order_relaxed))};
    }
    /// For the only context that may write the word: `to`, with another version.
    void store_word(WordValue to, platform::memory_order order) {
        word.store(to.bumped().bits, order);  // order: the caller's
    }
    /// One more reference; returns the word before. Wait-free.
    WordValue count_up(platform::memory_order order) {
        return {word.fetch_add(WordValue::kIncrement, order)};  // order: the caller's
    }
    /// One reference less; returns the word before. Wait-free. The second step, if it was not the
    /// last reference and the object not marked, is CandidatePages::report_released().
    /// Model: models/count_word.pml
    WordValue count_down(platform::memory_order order) {
        return {word.fetch_add(WordValue::kDecrement, order)};  // order: the caller's
    }
    /// Only the version changes; returns the word before.
    WordValue touch(platform::memory_order order) {
        return {word.fetch_add(WordValue::kVersionOne, order)};  // order: the caller's
    }
    /// The second step of an increment or a touch that found the word clean (W3).
    void clear_clean() {
        // order: acq_rel; pairs with the condemning swap, which needs `clean`.
        word.fetch_and(~WordValue::kClean, platform::memory_order_acq_rel);
    }

    std::uint32_t load_generation() const {
        // order: acquire; pairs with the publication of the object (release store of the word).
        return generation.load(platform::memory_order_acquire);
    }

    InfoValue load_info() const {
        // order: acquire; pairs with the release store that clears `constructing`.
        return {
            info.load(OURO_ORDER(memory_order_acquire, info_load_relaxed, memory_order_relaxed))};
    }

    /// The constructor has run. By its context, the only writer so far.
    void end_construction(platform::memory_order order) {
        // order: relaxed load; one writer.
        const std::uint32_t bits = info.load(platform::memory_order_relaxed);
        info.store(bits & ~InfoValue::kConstructing, order);  // order: the caller's
    }

    // The collector's own, of an object that it has claimed: the pass owner is the only writer.
    std::uint32_t level() const { return load_info().level(); }
    void set_level(std::uint32_t level) {
        // order: relaxed, both; one writer, see above.
        const InfoValue now{info.load(platform::memory_order_relaxed)};
        info.store(now.with_level(level).bits, platform::memory_order_relaxed);
    }
    std::uint32_t edges() const { return load_info().edges(); }
    void set_edges(std::uint32_t edges) {
        // order: relaxed, both; one writer, see above.
        const InfoValue now{info.load(platform::memory_order_relaxed)};
        info.store(now.with_edges(edges).bits, platform::memory_order_relaxed);
    }
    /// One more edge, modulo that number. True: back at 0.
    bool add_edge(std::uint32_t modulus) {
        const std::uint32_t more = edges() + 1;
        set_edges(more == modulus ? 0 : more);
        return more == modulus;
    }
    /// Into the set, without an edge yet; out of it.
    void begin_membership() {
        // order: relaxed, both; one writer, see above.
        const InfoValue now{info.load(platform::memory_order_relaxed)};
        info.store(now.with_edges(0).bits | InfoValue::kMember, platform::memory_order_relaxed);
    }
    void end_membership() {
        // order: relaxed, both; one writer, see above.
        const std::uint32_t now = info.load(platform::memory_order_relaxed);
        info.store(now & ~InfoValue::kMember, platform::memory_order_relaxed);
    }
    static constexpr std::uint32_t kEdgesMax = InfoValue::kEdgesMax;
    static constexpr std::uint32_t kLevelMax = InfoValue::kLevelMax;

    void* payload() { return this + 1; }
};

static_assert(sizeof(Header) == 16, "at most 16 bytes per object on 64-bit targets");

/// A look at a count word and the chance to change it: load-linked and store-conditional. swap()
/// succeeds only if nobody has written the word since the look. Whoever looks without holding a
/// counted reference or a claim does so in a load window.
class LinkedWord {
public:
    explicit LinkedWord(Header* header) : header_(header), value_(header->load_word()) {}

    WordValue value() const { return value_; }
    /// Time: one compare-and-swap (W2).
    bool swap(WordValue to, platform::memory_order order) {
        const WordValue::Bits version = value_.bumped().bits & ~WordValue::Bits{0xffff'ffff};
        WordValue::Bits seen = value_.bits;
        // order: the caller's; acquire when it fails: pairs with who changed it.
        return header_->word.compare_exchange(seen, version | (to.bits & 0xffff'ffffu), order,
                                              platform::memory_order_acquire);
    }
    /// As the collector's first reading of the word (WordValue::first_reading()).
    bool swap_first_reading(platform::memory_order order) {
        WordValue::Bits seen = value_.bits;
        WordValue to = value_.first_reading();
        if (OURO_MUTANT(mark_kept) && value_.marked()) to = to.with_mark();
        // order: the caller's; acquire when it fails: pairs with who changed it.
        return header_->word.compare_exchange(seen, to.bits, order, platform::memory_order_acquire);
    }

private:
    Header* header_;
    WordValue value_;
};

}  // namespace ouro
