// Candidates (possible roots): marks in the words, and a bit for every card that has new ones.
//
// Any context reports, the owner of the pass takes. A decrement marks the word in the same
// read-modify-write and lists the card after that, always by a read-modify-write of the card's bit:
// so whoever takes the bit, or finds it taken later, sees the mark.
#pragma once

#include "heap/compact/block_allocator.h"

namespace ouro {

/// Cards that were taken, to be asked one after the other by the owner of the pass.
class TakenPages {
public:
    /// The next card; kNoPage at the end.
    PageIndex take(BlockAllocator& blocks);
    bool empty(BlockAllocator& blocks) const;
};

class CandidatePages {
public:
    explicit CandidatePages(BlockAllocator& blocks) : blocks_(blocks) {}

    /// Marks the object in the cell, which is in its place, and lists its card. True iff the card
    /// was not listed. Time: O(1). Threads: any. ISR: yes.
    bool report(BlockAllocator::Cell cell);
    /// Lists the card of an object that its decrement has marked. It may be gone already.
    bool report_released(BlockAllocator::Cell cell, WordValue before);
    /// Lists a card whose candidates are marked already. True iff it was not listed.
    bool list(PageIndex card);
    /// A card is listed by one operation; nobody is ever about to.
    bool is_listing() const { return false; }
    /// Lists all cards anew, for a context that is the only one.
    void list_again(bool all);
    /// Is the card listed?
    bool is_listed(PageIndex card) const;

    /// Is the object in the cell, whose word is marked, sure to be asked? Frozen objects are not
    /// meant to be, and what is claimed is asked by the holder of the claim.
    bool lists(BlockAllocator::Cell cell, WordValue word) const {
        return is_listed(cell.page) || is_taken(cell.page) || word.has(WordValue::kClaimed) ||
               blocks_.header_of_cell(cell)->load_info().frozen();
    }

    // ---- by the owner of the pass

    TakenPages take_pages();
    /// The card's candidates. The marks stay: the first reading clears them.
    CellBits take(PageIndex card) {
        CellBits members;
        std::uint32_t looks = 0;
        return take(card, members, looks);
    }
    /// The same; in `members` those of them that are in the pass's set. `looks` as for
    /// BlockAllocator::headers().
    CellBits take(PageIndex card, CellBits& members, std::uint32_t& looks);

    // ---- for verify()

    bool is_of(const BlockAllocator& blocks) const { return &blocks_ == &blocks; }
    /// Are there no cards in the sets that the region does not have? Time: O(cards).
    bool is_whole(const TakenPages& taken) const;

private:
    bool is_taken(PageIndex card) const;

    BlockAllocator& blocks_;
};

}  // namespace ouro
