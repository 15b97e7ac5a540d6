#include "heap/paged/candidate_pages.h"

#include "platform/annotate.h"
#include "platform/context.h"
#include "platform/fatal.h"
#include "platform/mutant.h"

namespace ouro {

using platform::memory_order_acq_rel;
using platform::memory_order_acquire;
using platform::memory_order_relaxed;

// Model: models/candidates.pml
bool CandidatePages::report(BlockAllocator::Cell cell) {
    set_bit(cell);
    return list(cell.page);
}

// Model: models/count_word.pml, models/candidates.pml
bool CandidatePages::report_released(BlockAllocator::Cell cell, WordValue before) {
    const bool again = set_bit(cell);
    if (again || before.has(WordValue::kClean)) {
        mark(cell);
        // Once more: what is marked is on a list, and the bit may have been taken meanwhile.
        if (!OURO_MUTANT(marked_not_reported)) set_bit(cell);
    }
    return list(cell.page);
}

/// Was it set?
bool CandidatePages::set_bit(BlockAllocator::Cell cell) {
    const std::uint64_t bit = std::uint64_t{1} << (cell.index % 64);
    auto& word = blocks_.page(cell.page).candidate[cell.index / 64];
    // order: acq_rel; pairs with the gatherer's exchange: it sees the decrement, or finds the bit
    // set again. Also where the bit is set already: by whom, and about which object, nobody knows.
    if (OURO_MUTANT(report_by_look) && (word.load(memory_order_acquire) & bit) != 0) return true;
    const auto order = OURO_ORDER(memory_order_acq_rel, report_relaxed, memory_order_relaxed);
    return (word.fetch_or(bit, order) & bit) != 0;
}

/// Whatever object is in the cell by now: one more that is asked does no harm.
void CandidatePages::mark(BlockAllocator::Cell cell) {
    platform::LoadWindow window;
    if (!blocks_.is_header_at(cell)) return;
    for (;;) {
        LinkedWord look(blocks_.header_of_cell(cell));
        const WordValue word = look.value();
        if (word.count() == 0 || word.marked()) return;
        // order: acq_rel; as a count change (DESIGN rule 19).
        if (look.swap(word.with_mark(), memory_order_acq_rel)) return;
    }
}

// Model: models/candidates.pml
bool CandidatePages::list(PageIndex index) {
    PageInfo& page = blocks_.page(index);
    // order: acquire load / acq_rel exchange; pairs with TakenPages::take(), which clears `dirty`
    // before the bits are taken.
    if (page.dirty.load(memory_order_acquire) != 0) return false;
    // order: acq_rel; before the exchange: who finds the page dirty finds it listed, or somebody
    // listing (is_listing()).
    listing_.fetch_add(1, memory_order_acq_rel);
    const bool first = page.dirty.exchange(1, memory_order_acq_rel) == 0;
    if (first) push(index);
    listing_.fetch_sub(1, memory_order_acq_rel);  // order: after push(); see above
    return first;
}

void CandidatePages::push(PageIndex page) {
    std::uint32_t head = dirty_.load(memory_order_relaxed);  // order: confirmed by the swap below
    do {
        platform::plain_write(&blocks_.page(page).dirty_next, sizeof head);
        blocks_.page(page).dirty_next = head;
        // order: acq_rel; release: dirty_next is written before the page can be taken.
    } while (!dirty_.compare_exchange(
        head, page, OURO_ORDER(memory_order_acq_rel, page_listed_relaxed, memory_order_relaxed),
        memory_order_relaxed));
}

/// A context that exists no more may have taken a reference without reporting the object, or marked
/// it without setting its bit, or a page as dirty without linking it.
void CandidatePages::list_again(bool all) {
    // order: relaxed everywhere here; no other context exists.
    dirty_.store(kNoPage, memory_order_relaxed);
    listing_.store(0, memory_order_relaxed);  // order: see above
    for (PageIndex p = 0; p < blocks_.page_count(); ++p) {
        PageInfo& page = blocks_.page(p);
        std::uint64_t candidates = 0;
        for (std::uint32_t cell = 0; cell < blocks_.cells_in(p); ++cell) {
            const Header* header = blocks_.header_of_cell({p, cell});
            const WordValue word = header->load_word();
            // order: relaxed; see above.
            if (word.count() != 0 && (all || word.marked()) &&
                blocks_.is_tracked(header->load_info()))
                page.candidate[cell / 64].fetch_or(std::uint64_t{1} << (cell % 64),
                                                   memory_order_relaxed);
        }
        // order: relaxed, all; see above.
        for (auto& word : page.candidate) candidates |= word.load(memory_order_relaxed);
        page.dirty.store(candidates != 0 ? 1 : 0, memory_order_relaxed);
        if (candidates != 0) push(p);
    }
}

// ---- taking

TakenPages CandidatePages::take_pages() {
    // order: acq_rel; pairs with report().
    return TakenPages(dirty_.exchange(
        kNoPage, OURO_ORDER(memory_order_acq_rel, pages_taken_relaxed, memory_order_relaxed)));
}

// Model: models/candidates.pml
PageIndex TakenPages::take(BlockAllocator& blocks) {
    const PageIndex page = next_;
    if (page == kNoPage) return kNoPage;
    PageInfo& info = blocks.page(page);
    OURO_ASSERT(page < blocks.page_count(), "the list of pages with candidates is broken");
    platform::plain_read(&info.dirty_next, sizeof info.dirty_next);
    next_ = info.dirty_next;
    // order: acq_rel; `dirty` is cleared before the bits are taken, so that a report that finds it
    // set has its bit among those taken (see report()).
    if (OURO_MUTANT(page_taken_late)) return page;
    const std::uint32_t was_listed = info.dirty.exchange(0, memory_order_acq_rel);
    OURO_ASSERT(was_listed == 1, "a page on the list of those with candidates is not listed");
    return page;
}

CellBits CandidatePages::take(PageIndex page) {
    PageInfo& info = blocks_.page(page);
    CellBits taken;
    for (unsigned i = 0; i < CellBits::kWords; ++i) {
        // order: acq_rel; pairs with report().
        taken.words[i] = info.candidate[i].exchange(
            0, OURO_ORDER(memory_order_acq_rel, bits_taken_relaxed, memory_order_relaxed));
    }
    if (OURO_MUTANT(page_taken_late)) info.dirty.exchange(0, memory_order_acq_rel);  // order: above
    return taken;
}

// ---- verify()

/// Pages from there to the end of the stack. More than there are: a link leads nowhere or back.
std::uint32_t CandidatePages::length_from(PageIndex page) const {
    std::uint32_t length = 0;
    for (; page != kNoPage && length <= blocks_.page_count(); ++length) {
        if (page >= blocks_.page_count() || !is_listed(page)) return kNoPage;
        page = blocks_.page(page).dirty_next;
    }
    return length;
}

// A context that exists no more may have marked a page as dirty without linking it.
bool CandidatePages::is_whole(const TakenPages& taken) const {
    std::uint32_t dirty = 0;
    for (PageIndex page = 0; page < blocks_.page_count(); ++page) {
        // order: relaxed; nobody else is there.
        const std::uint32_t flag = blocks_.page(page).dirty.load(memory_order_relaxed);
        if (flag > 1) return false;
        dirty += flag;
    }
    // order: relaxed, both; nobody else is there.
    const std::uint32_t on_stack = length_from(dirty_.load(memory_order_relaxed));
    const std::uint32_t off_it = length_from(taken.next_);
    if (on_stack > dirty || off_it > dirty - on_stack) return false;
    return dirty - on_stack - off_it <= listing_.load(memory_order_relaxed);
}

}  // namespace ouro
