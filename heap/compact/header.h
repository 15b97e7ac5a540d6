// The object header of the compact layout: two 32-bit words in front of every object's payload,
// 8 bytes on 32-bit targets.
//
//   word   count and the flags of life and death (heap/compact/word.h); the only contended part
//   info   in use:  31..16 generation | 15..8 type | 7..0 flags
//          free:    31..16 size in units | 15..8 0 | 7..0 flags
//
// On targets with 64-bit pointers, where this layout is only tested, the linked word is 64 bits
// wide (platform/linked_word.h) and so is info, the size taking 32 of them: 16 bytes.
//
// Sizes and places are in units of one header. `info` is written under the allocation lock (while
// the block is free, and its flags about neighbours), by the collector (its flags) and by the
// constructing context, always by read-modify-write once the block is in use.
#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "heap/compact/word.h"
#include "platform/compiler.h"
#include "platform/linked_word.h"
#include "platform/mutant.h"

namespace ouro {

/// Does the collector decide about small groups at once (gc/small_set.h)? Code counts for more.
inline constexpr bool kHasSmallSets = false;

/// A snapshot of Header::info.
struct InfoValue {
    using Bits = std::conditional_t<sizeof(void*) == 4, std::uint32_t, std::uint64_t>;
    Bits bits = 0;

    /// The block before this one is free, and its last bytes tell its size.
    static constexpr Bits kAfterFree = 1u << 0;
    /// The block is one unit larger than its object needs: what was left could be no block.
    static constexpr Bits kSlack = 1u << 1;
    static constexpr Bits kConstructing = 1u << 2;
    static constexpr Bits kFrozen = 1u << 3;
    static constexpr Bits kMember = 1u << 4;  ///< the collector's sets, see heap/mark.h
    static constexpr Bits kTodo = 1u << 5;
    static constexpr Bits kBatch = 1u << 6;
    static constexpr Bits kKept = 1u << 7;
    /// Of a free block: on the list of those that may not be used yet.
    static constexpr Bits kPending = kConstructing;
    static constexpr unsigned kTypeShift = 8;
    static constexpr std::uint32_t kTypeMask = 0xff;
    static constexpr unsigned kGenerationShift = 16;
    static constexpr std::uint32_t kGenerationMask = 0xffff;

    static constexpr std::uint32_t kTypesMax = kTypeMask - 1;
    /// The type of the header behind the last block.
    static constexpr std::uint32_t kEndType = kTypeMask;

    constexpr bool has(Bits flag) const { return (bits & flag) != 0; }
    constexpr std::uint32_t type() const {
        return static_cast<std::uint32_t>(bits >> kTypeShift) & kTypeMask;
    }
    constexpr std::uint32_t generation() const {
        return static_cast<std::uint32_t>(bits >> kGenerationShift) & kGenerationMask;
    }
    /// Of a free block.
    constexpr std::uint32_t units() const {
        return static_cast<std::uint32_t>(bits >> kGenerationShift);
    }
    constexpr bool frozen() const { return has(kFrozen); }
    constexpr bool member() const { return has(kMember); }
    constexpr bool constructing() const { return has(kConstructing); }

    static constexpr InfoValue in_use(std::uint32_t type, std::uint32_t generation, Bits flags) {
        return {Bits{generation & kGenerationMask} << kGenerationShift | Bits{type} << kTypeShift |
                flags};
    }
    static constexpr InfoValue free(std::uint32_t units, Bits flags) {
        return {Bits{units} << kGenerationShift | flags};
    }
};

struct Header {
    platform::linked_word word;
    platform::atomic<InfoValue::Bits> info;

    WordValue load_word() const {
        // order: acquire; pairs with the acq_rel count changes: who sees count 0 or a flag sees
        // what was written before it was set (DESIGN rule 19).
        return {
            word.load(OURO_ORDER(memory_order_acquire, word_load_relaxed, memory_order_relaxed))};
    }
    /// For the only context that may write the word.
    void store_word(WordValue to, platform::memory_order order) {
        word.store(to.bits, order);  // order: the caller's
    }
    /// One more reference; returns the word before. Lock-free.
    WordValue count_up(platform::memory_order order) {
        // order: the caller's
        return {word.fetch_add_masked(WordValue::kCountOne, WordValue::kClean, 0, order)};
    }
    /// One reference less, and the object marked; returns the word before. Lock-free.
    WordValue count_down(platform::memory_order order) {
        // order: the caller's
        return {word.fetch_add_masked(0u - WordValue::kCountOne, WordValue::kClean,
                                      WordValue::kMarked, order)};
    }
    /// Only `clean` is cleared; returns the word before.
    WordValue touch(platform::memory_order order) {
        // order: the caller's
        return {word.fetch_add_masked(0, WordValue::kClean, 0, order)};
    }
    /// The count change has cleared it already.
    void clear_clean() {}

    std::uint32_t load_generation() const { return load_info().generation(); }
    InfoValue load_info() const {
        // order: acquire; pairs with the release operation that clears `constructing`.
        return {
            info.load(OURO_ORDER(memory_order_acquire, info_load_relaxed, memory_order_relaxed))};
    }
    /// The constructor has run.
    void end_construction(platform::memory_order order) {
        info.fetch_and(~InfoValue::kConstructing, order);  // order: the caller's
    }

    // The collector's own, of an object that it has claimed.
    std::uint32_t level() const { return load_word().level(); }
    void set_level(std::uint32_t level) {
        change([level](WordValue now) { return now.with_level(level); });
    }
    std::uint32_t edges() const { return load_word().edges(); }
    void set_edges(std::uint32_t edges) {
        change([edges](WordValue now) { return now.with_edges(edges); });
    }
    /// One more edge, modulo that number. True: back at 0.
    bool add_edge(std::uint32_t modulus) {
        const std::uint32_t more = edges() + 1;
        set_edges(more == modulus ? 0 : more);
        return more == modulus;
    }
    static constexpr std::uint32_t kEdgesMax = WordValue::kEdgesMax;
    static constexpr std::uint32_t kLevelMax = WordValue::kLevelMax;

    void* payload() { return this + 1; }

private:
    template <class To>
    void change(To&& to);
};

static_assert(sizeof(void*) != 4 || sizeof(Header) == 8, "at most 8 bytes on 32-bit targets");
static_assert(sizeof(Header) == 2 * sizeof(InfoValue::Bits));

/// A look at a count word and the chance to change it: load-linked and store-conditional. swap()
/// succeeds only if nobody has written the word since the look. Whoever looks without holding a
/// counted reference or a claim does so in a load window. Between the look and the swap nothing
/// else may be changed atomically: that can break the link, or mend it.
class LinkedWord {
public:
    // order: acquire; as load_word().
    explicit LinkedWord(Header* header)
        : header_(header),
          link_(header->word.load_linked(
              OURO_ORDER(memory_order_acquire, word_load_relaxed, memory_order_relaxed))) {}

    WordValue value() const { return {link_.value()}; }
    /// Time: one store-conditional (W2).
    bool swap(WordValue to, platform::memory_order order) {
        return header_->word.store_conditional(link_, to.bits, order);
    }
    /// As the collector's first reading of the word (WordValue::first_reading()).
    bool swap_first_reading(platform::memory_order order) {
        WordValue to = value().first_reading();
        if (OURO_MUTANT(mark_kept) && value().marked()) to = to.with_mark();
        return swap(to, order);
    }

private:
    Header* header_;
    platform::linked_word::Link link_;
};

template <class To>
void Header::change(To&& to) {
    for (;;) {
        LinkedWord look(this);
        // order: acq_rel; a read-modify-write between others' count changes.
        if (look.swap(to(look.value()), platform::memory_order_acq_rel)) return;
    }
}

}  // namespace ouro
