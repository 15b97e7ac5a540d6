#include "heap/compact/candidate_pages.h"

#include "platform/mutant.h"

namespace ouro {

using platform::memory_order_acq_rel;
using platform::memory_order_acquire;
using platform::memory_order_relaxed;

bool CandidatePages::report_released(BlockAllocator::Cell cell, WordValue) {
    return list(cell.page);
}

// Model: models/candidates.pml
bool CandidatePages::list(PageIndex card) {
    const std::uint32_t bit = 1u << card % 32;
    auto& word = blocks_.card_word(BlockAllocator::kCandidateCards, card / 32);
    // order: acq_rel; pairs with take_pages(): it sees the mark, or the bit is set again.
    return (word.fetch_or(bit,
                          OURO_ORDER(memory_order_acq_rel, report_relaxed, memory_order_relaxed)) &
            bit) == 0;
}

bool CandidatePages::report(BlockAllocator::Cell cell) {
    // order: acq_rel; a read-modify-write between others' count changes.
    blocks_.header_of_cell(cell)->word.fetch_add_masked(0, 0, WordValue::kMarked,
                                                        memory_order_acq_rel);
    return list(cell.page);
}

bool CandidatePages::is_listed(PageIndex card) const {
    // order: acquire; pairs with report_released().
    const std::uint32_t word =
        blocks_.card_word(BlockAllocator::kCandidateCards, card / 32).load(memory_order_acquire);
    return (word >> card % 32 & 1) != 0;
}

/// Has it been taken off the list, its candidates not?
bool CandidatePages::is_taken(PageIndex card) const {
    // order: relaxed; nobody else writes it: asked by the owner of the pass.
    const std::uint32_t word =
        blocks_.card_word(BlockAllocator::kTakenCards, card / 32).load(memory_order_relaxed);
    return (word >> card % 32 & 1) != 0;
}

/// A decrement marks in the same step: nobody has lost a reference without a mark.
void CandidatePages::list_again(bool) {
    for (PageIndex card = 0; card < blocks_.page_count(); ++card) {
        if (take(card).any()) list(card);
    }
}

// ---- taking

TakenPages CandidatePages::take_pages() {
    for (std::uint32_t i = 0; i < blocks_.card_words(); ++i) {
        // order: acq_rel; pairs with report_released().
        auto& word = blocks_.card_word(BlockAllocator::kCandidateCards, i);
        const std::uint32_t listed =
            OURO_MUTANT(page_taken_late)
                ? word.load(memory_order_relaxed)  // order: any, a mutant
                : word.exchange(0, OURO_ORDER(memory_order_acq_rel, pages_taken_relaxed,
                                              memory_order_relaxed));
        // order: relaxed; the pass owner is the only one to use it.
        blocks_.card_word(BlockAllocator::kTakenCards, i).store(listed, memory_order_relaxed);
    }
    return {};
}

PageIndex TakenPages::take(BlockAllocator& blocks) {
    for (std::uint32_t i = 0; i < blocks.card_words(); ++i) {
        auto& word = blocks.card_word(BlockAllocator::kTakenCards, i);
        // order: relaxed, both; the pass owner is the only one to use it.
        const std::uint32_t cards = word.load(memory_order_relaxed);
        if (cards == 0) continue;
        word.store(cards & (cards - 1), memory_order_relaxed);
        return i * 32 + static_cast<std::uint32_t>(__builtin_ctz(cards));
    }
    return kNoPage;
}

CellBits CandidatePages::take(PageIndex card, CellBits& members, std::uint32_t& looks) {
    const auto is_candidate = [&](const Header* header, InfoValue info, TypeTable::Shape shape,
                                  std::uint32_t cell) {
        const WordValue word = header->load_word();
        if (!word.has(WordValue::kPostponed)) {
            if (!word.marked() || word.has(WordValue::kDeferred)) return false;
            if (word.count() == 0 || !shape.tracked()) return false;
        }
        if (info.has(InfoValue::kMember)) members.set(cell);
        return true;
    };
    const CellBits taken = blocks_.headers_if(card, is_candidate, looks);
    if (OURO_MUTANT(page_taken_late)) {
        // order: any, a mutant
        blocks_.card_word(BlockAllocator::kCandidateCards, card / 32)
            .fetch_and(~(1u << card % 32), memory_order_acq_rel);
    }
    return taken;
}

// ---- verify()

bool TakenPages::empty(BlockAllocator& blocks) const {
    return blocks.cards_in(BlockAllocator::kTakenCards) == 0;
}

bool CandidatePages::is_whole(const TakenPages&) const {
    return blocks_.cards_in(BlockAllocator::kCandidateCards) <= blocks_.page_count() &&
           blocks_.cards_in(BlockAllocator::kTakenCards) <= blocks_.page_count();
}

}  // namespace ouro
