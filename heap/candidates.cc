// Candidates (possible roots): marks beside the pages, and the stack of pages that have new ones.
#include "heap/header.h"
#include "heap/heap.h"
#include "platform/annotate.h"
#include "platform/mutant.h"

namespace ouro {

using platform::memory_order_acq_rel;
using platform::memory_order_acquire;
using platform::memory_order_relaxed;

// Model: models/candidates.pml
bool Heap::list_candidate(const void* object) {
    const BlockAllocator::Cell cell = blocks_.cell_of(header_of(object));
    if (cell.page == kNoPage) return false;
    PageInfo& page = blocks_.page(cell.page);
    const std::uint64_t bit = std::uint64_t{1} << (cell.index % 64);
    auto& word = page.candidate[cell.index / 64];
    // order: acquire load; a bit that is still set has not been taken yet, or was just now by
    // somebody who may not see this decrement: then he finds the object dead and asks again
    // (Pass::ask_again()), or his swap of the word fails.
    if ((word.load(memory_order_acquire) & bit) == 0) {
        // order: release; pairs with the gatherer's exchange (acquire): it sees the decrement.
        word.fetch_or(bit, OURO_ORDER(memory_order_acq_rel, report_relaxed, memory_order_relaxed));
    }
    // order: acquire load / acq_rel exchange; pairs with Pass::next_source(), which clears `dirty`
    // before it takes the bits.
    if (page.dirty.load(memory_order_acquire) != 0) return false;
    // order: acq_rel; before the exchange: who finds the page dirty finds it listed, or somebody
    // listing (is_listing()).
    listing_.fetch_add(1, memory_order_acq_rel);
    const bool first = page.dirty.exchange(1, memory_order_acq_rel) == 0;
    if (first) push_dirty(cell.page);
    listing_.fetch_sub(1, memory_order_acq_rel);  // order: after push_dirty(); see above
    if (first) Counters::add(counters_.candidates_reported);
    return first;
}

void Heap::report_candidate(const void* object) {
    if (list_candidate(object)) signal_.report();
}

void Heap::report_again(const void* object) {
    if (list_candidate(object)) signal_.report_again();
}

void Heap::push_dirty(PageIndex page) {
    std::uint32_t head = dirty_.load(memory_order_relaxed);  // order: confirmed by the swap below
    do {
        platform::plain_write(&blocks_.page(page).dirty_next, sizeof head);
        blocks_.page(page).dirty_next = head;
        // order: acq_rel; release: dirty_next is written before the page can be taken.
    } while (!dirty_.compare_exchange(
        head, page, OURO_ORDER(memory_order_acq_rel, page_listed_relaxed, memory_order_relaxed),
        memory_order_relaxed));
}

PageIndex Heap::take_dirty_pages() {
    // order: acq_rel; pairs with report_candidate().
    return dirty_.exchange(
        kNoPage, OURO_ORDER(memory_order_acq_rel, pages_taken_relaxed, memory_order_relaxed));
}

// ---- after a fork

/// A thread that the child does not have may have marked a page as dirty without linking it. No
/// pass is under way.
void Heap::report_all_pages() {
    // order: relaxed everywhere here; the child has one thread.
    dirty_.store(kNoPage, memory_order_relaxed);
    listing_.store(0, memory_order_relaxed);  // order: see above
    for (PageIndex p = 0; p < blocks_.page_count(); ++p) {
        PageInfo& page = blocks_.page(p);
        std::uint64_t candidates = 0;
        // order: relaxed, both; see above.
        for (auto& word : page.candidate) candidates |= word.load(memory_order_relaxed);
        page.dirty.store(candidates != 0 ? 1 : 0, memory_order_relaxed);
        if (candidates != 0) push_dirty(p);
    }
}

}  // namespace ouro
