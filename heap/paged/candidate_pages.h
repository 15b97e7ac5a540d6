// Candidates (possible roots): bits beside the pages, and the stack of pages that have new ones.
//
// Any context reports, the owner of the pass takes. The bit is set always by a read-modify-write:
// so whoever takes it, or finds it taken later, sees the decrement that it is about. Nothing is
// lost: a bit that was not taken is still there, and a page that has one is on the stack, or its
// context is about to put it there (is_listing()).
#pragma once

#include "heap/paged/block_allocator.h"

namespace ouro {

/// Pages that were taken off the stack, to be asked one after the other by the owner of the pass.
class TakenPages {
public:
    TakenPages() = default;
    explicit TakenPages(PageIndex first) : next_(first) {}
    /// The next page, which may come on the stack again from now on; kNoPage at the end.
    PageIndex take(BlockAllocator& blocks);
    bool empty(BlockAllocator&) const { return next_ == kNoPage; }

private:
    friend class CandidatePages;

    PageIndex next_ = kNoPage;
};

class CandidatePages {
public:
    explicit CandidatePages(BlockAllocator& blocks) : blocks_(blocks) {}

    /// Sets the cell's bit and lists its page. True iff the page was not listed. The object may be
    /// gone: only the page record is written. Time: O(1). Threads: any. ISR: yes.
    bool report(BlockAllocator::Cell cell);
    /// report() for an object whose decrement has found it not marked, with this word. Marks it if
    /// it was reported before, so that one object's decrements come here twice and not always, or
    /// if the collector examines it (W3, heap/paged/word.h). It may be gone already.
    bool report_released(BlockAllocator::Cell cell, WordValue before);
    /// Is a context between marking a page as dirty and putting it on the stack? Asked before
    /// take_pages(): false means that every candidate reported before the call is on it.
    bool is_listing() const {
        // order: acquire; pairs with report().
        return listing_.load(platform::memory_order_acquire) != 0;
    }
    /// Puts a page on the stack whose candidates have bits already. True iff it was not there.
    bool list(PageIndex page);
    /// Lists all pages with candidates anew, for a context that is the only one. `all`: as if every
    /// object had lost a reference.
    void list_again(bool all);

    /// Is the page on the stack, or about to be?
    bool is_listed(PageIndex page) const {
        // order: acquire; pairs with report().
        return blocks_.page(page).dirty.load(platform::memory_order_acquire) != 0;
    }

    /// Is the object in the cell, whose word is marked, sure to be asked? Frozen objects are not
    /// meant to be, and what is claimed is asked by the holder of the claim.
    bool lists(BlockAllocator::Cell cell, WordValue word) const {
        return blocks_.page(cell.page).candidate_test(cell.index) ||
               word.has(WordValue::kClaimed) || blocks_.header_of_cell(cell)->load_info().frozen();
    }

    // ---- by the owner of the pass

    TakenPages take_pages();
    /// Takes the page's candidates off it: who reports again from now on is found again.
    CellBits take(PageIndex page);
    /// The same; in `members` those of them that are in the pass's set.
    CellBits take(PageIndex page, CellBits& members, std::uint32_t& /*looks*/) {
        const CellBits taken = take(page);
        members = blocks_.marked(Mark::member, page);
        members.keep(taken);
        return taken;
    }

    // ---- for verify()

    bool is_of(const BlockAllocator& blocks) const { return &blocks_ == &blocks; }
    /// Are the pages on the stack, and those taken off it, those that say so? Time: O(pages).
    bool is_whole(const TakenPages& taken) const;

private:
    bool set_bit(BlockAllocator::Cell cell);
    void mark(BlockAllocator::Cell cell);
    void push(PageIndex page);
    std::uint32_t length_from(PageIndex page) const;

    BlockAllocator& blocks_;
    platform::atomic<std::uint32_t> dirty_{kNoPage};
    platform::atomic<std::uint32_t> listing_{0};  ///< contexts that are about to push a page
};

}  // namespace ouro
