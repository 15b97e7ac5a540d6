// Lists of the cards that have members of the collector's sets: a bit per card and list.
//
// All lists are private to the owner of the pass (or of the batch); the bits are atomic only
// because there are operations for those.
#pragma once

#include <cstdint>

#include "heap/compact/block_allocator.h"

namespace ouro {

template <BlockAllocator::CardSet Set>
class CardList {
public:
    bool empty() const { return count_ == 0; }
    PageIndex first(BlockAllocator& blocks) const { return from(blocks, 0); }
    static PageIndex next(BlockAllocator& blocks, PageIndex card) { return from(blocks, card + 1); }
    /// Is the card on the list?
    static bool lists(BlockAllocator& blocks, PageIndex card) {
        // order: relaxed; one context at a time owns the list.
        return blocks.card_word(Set, card / 32).load(platform::memory_order_relaxed) >> card % 32 &
               1;
    }

    /// Puts the card on the list unless it is there already.
    void add(BlockAllocator& blocks, PageIndex card) {
        if (lists(blocks, card)) return;
        auto& word = blocks.card_word(Set, card / 32);
        // order: relaxed, both; one context at a time owns the list.
        word.store(word.load(platform::memory_order_relaxed) | 1u << card % 32,
                   platform::memory_order_relaxed);
        ++count_;
    }
    /// Takes the first card off; kNoPage when empty.
    PageIndex take(BlockAllocator& blocks) {
        const PageIndex card = first(blocks);
        if (card == kNoPage) return kNoPage;
        auto& word = blocks.card_word(Set, card / 32);
        // order: relaxed, both; one context at a time owns the list.
        word.store(word.load(platform::memory_order_relaxed) & ~(1u << card % 32),
                   platform::memory_order_relaxed);
        --count_;
        return card;
    }
    /// verify(): are as many cards on the list as it says, and none that the region does not have?
    bool is_whole(BlockAllocator& blocks) const { return blocks.cards_in(Set) == count_; }
    template <BlockAllocator::CardSet Other>
    static bool are_whole(BlockAllocator& blocks, const CardList& one,
                          const CardList<Other>& other) {
        return one.is_whole(blocks) && other.is_whole(blocks);
    }

    /// Takes over all cards of the other list; this one is empty.
    template <BlockAllocator::CardSet Other>
    void take_all(BlockAllocator& blocks, CardList<Other>& other) {
        for (std::uint32_t word = 0; word < blocks.card_words(); ++word) {
            auto& to = blocks.card_word(Set, word);
            auto& from = blocks.card_word(Other, word);
            // order: relaxed, all; one context at a time owns the list.
            to.store(from.load(platform::memory_order_relaxed), platform::memory_order_relaxed);
            from.store(0, platform::memory_order_relaxed);
        }
        count_ = other.count_;
        other.count_ = 0;
    }

private:
    template <BlockAllocator::CardSet>
    friend class CardList;

    static PageIndex from(BlockAllocator& blocks, PageIndex card) {
        if (card >= blocks.page_count()) return kNoPage;
        std::uint32_t above = ~0u << card % 32;
        for (std::uint32_t word = card / 32; word < blocks.card_words(); ++word, above = ~0u) {
            // order: relaxed; one context at a time owns the list.
            const std::uint32_t rest =
                blocks.card_word(Set, word).load(platform::memory_order_relaxed) & above;
            if (rest != 0) return word * 32 + static_cast<std::uint32_t>(__builtin_ctz(rest));
        }
        return kNoPage;
    }

    std::uint32_t count_ = 0;
};

using SetPages = CardList<BlockAllocator::kSetCards>;
using TodoPages = CardList<BlockAllocator::kTodoCards>;
using BatchPages = CardList<BlockAllocator::kBatchCards>;
using DeferredPages = CardList<BlockAllocator::kDeferredCards>;
/// Cards taken off the former, to be gathered.
using DeferredSourcePages = CardList<BlockAllocator::kDeferredSourceCards>;

}  // namespace ouro
