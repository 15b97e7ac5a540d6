// Spans: runs of pages with cells of one size. How they are made, listed and dissolved.
#include <algorithm>
#include <new>
#include <utility>

#include "heap/paged/block_allocator.h"
#include "platform/annotate.h"
#include "platform/context.h"
#include "platform/fatal.h"
#include "platform/mutant.h"

namespace ouro {

using platform::memory_order_acq_rel;
using platform::memory_order_acquire;
using platform::memory_order_relaxed;
using platform::memory_order_release;

// ---- lists

void BlockAllocator::link(PageIndex& list, PageIndex page) {
    pages_[page].prev = kNoPage;
    pages_[page].next = list;
    if (list != kNoPage) pages_[list].prev = page;
    list = page;
}

void BlockAllocator::unlink(PageIndex& list, PageIndex page) {
    const PageIndex next = pages_[page].next;
    const PageIndex prev = pages_[page].prev;
    if (next != kNoPage) pages_[next].prev = prev;
    if (prev != kNoPage) {
        pages_[prev].next = next;
    } else {
        list = next;
    }
}

/// Puts a span on the list that it belongs on (B5). It may be another span by now, or none.
void BlockAllocator::note_span(PageIndex page) {
    PageInfo& info = pages_[page];
    const PageLayout layout = info.load_layout();
    if (layout.kind != PageLayout::kSpan || layout.size_class == kLargeClass) return;
    // order: relaxed; written under the lock.
    const bool held = info.held.load(memory_order_relaxed) != 0;
    if (held && !OURO_MUTANT(holder_ignored)) return;
    bool some = false, all = true;
    for (std::uint32_t word = 0; word < CellBits::kWords; ++word) {
        // order: acquire; pairs with give().
        const std::uint64_t bits = info.free[word].load(memory_order_acquire);
        some = some || bits != 0;
        all = all && bits == info.cells_of_word(word);
    }
    const PageInfo::Listed wanted = all    ? PageInfo::kRetired
                                    : some ? PageInfo::kAvailable
                                           : PageInfo::kUnlisted;
    if (info.listed == wanted) return;
    OURO_ASSERT(!held, "P4: a span is listed that a cache holds");
    unlist(page);
    if (wanted == PageInfo::kAvailable) list_as_available(layout.size_class, page);
    if (wanted == PageInfo::kRetired) retire(page);
}

void BlockAllocator::list_as_available(std::uint32_t size_class, PageIndex page) {
    link(available_[size_class], page);
    pages_[page].listed = PageInfo::kAvailable;
}

void BlockAllocator::retire(PageIndex page) {
    link(retired_, page);
    pages_[page].listed = PageInfo::kRetired;
    retired_pages_ += pages_[page].load_layout().pages;
}

void BlockAllocator::unlist(PageIndex page) {
    PageInfo& info = pages_[page];
    if (info.listed == PageInfo::kAvailable)
        unlink(available_[info.load_layout().size_class], page);
    if (info.listed == PageInfo::kRetired) {
        unlink(retired_, page);
        retired_pages_ -= info.load_layout().pages;
    }
    info.listed = PageInfo::kUnlisted;
}

// ---- making and dissolving

void BlockAllocator::set_span_layout(PageIndex page, PageLayout layout) {
    for (std::uint32_t i = 1; i < layout.pages; ++i) {
        const PageLayout tail{PageLayout::kSpanTail, 0, i};
        // order: release; pairs with PageInfo::load_layout().
        pages_[page + i].layout.store(tail.encode(), memory_order_release);
    }
    // order: release; pairs with PageInfo::load_layout(): the cells' headers are initialized.
    pages_[page].layout.store(layout.encode(), memory_order_release);
}

void BlockAllocator::format(PageIndex page, std::uint32_t size_class, std::uint32_t pages) {
    PageInfo& info = pages_[page];
    const bool large = size_class == kLargeClass;
    const PageLayout layout{PageLayout::kSpan, static_cast<std::uint8_t>(size_class), pages};
    const std::uint32_t capacity = capacity_of(layout);
    const std::size_t bytes = large ? pages * kPageBytes : kSizeClassTable[size_class].cell_bytes;
    // B4: no counter of a page is behind a generation that was drawn for a cell on that page.
    for (std::uint32_t i = 1; i < pages; ++i)
        info.generation = std::max(info.generation, pages_[page + i].generation);
    std::uintptr_t cell = begin_ + page * kPageBytes;
    for (std::uint32_t i = 0; i < capacity; ++i, cell += bytes) {
        platform::unpoison(reinterpret_cast<void*>(cell), sizeof(Header));
        auto* header = new (reinterpret_cast<void*>(cell)) Header;
        // order: relaxed, both; published by the release store of the layout.
        header->word.store(WordValue{}.dead().bits, memory_order_relaxed);
        header->generation.store(info.generation, memory_order_relaxed);
    }
    CellBits free;
    if (!large) free.set_first(capacity);
    for (std::uint32_t word = 0; word < CellBits::kWords; ++word) {
        // order: relaxed; published by the release store of the layout.
        info.free[word].store(free.words[word], memory_order_relaxed);
    }
    info.cells = static_cast<std::uint16_t>(capacity);
    for (auto& word : info.candidate) {
        // order: acq_rel; a late mark by a mutator is harmless either way (P3), but who marks later
        // must see what the collector did after its exchange of this word: no plain store.
        word.exchange(0, memory_order_acq_rel);
    }
    set_span_layout(page, layout);
}

// In this order: first nobody new finds a span here, then everybody who found one has gone, then
// the pages change. Until the second is so they wait as `dissolving`, then as unwatched. To ask for
// the windows is dear, so it is done for many spans at once; to give one back is to look at all its
// cells, so it is done for few.
// Model: models/field_load.pml
void BlockAllocator::close_retired() {
    for (std::uint32_t closed = 0; closed < kClosedAtOnce && retired_ != kNoPage; ++closed) {
        const PageIndex page = retired_;
        unlist(page);
        PageLayout layout = pages_[page].load_layout();
        layout.kind = PageLayout::kDissolving;
        // order: release; pairs with load_layout(), ordered before the look at the windows.
        pages_[page].layout.store(layout.encode(), memory_order_release);
        link(dissolving_, page);
    }
    if (dissolving_ == kNoPage) return;
    if (!platform::all_windows_closed() && !OURO_MUTANT(dissolved_under_windows)) return;
    unwatched_ = std::exchange(dissolving_, kNoPage);
}

/// Somebody wants memory. False: no span can be dissolved.
bool BlockAllocator::dissolve_some() {
    if (unwatched_ == kNoPage) close_retired();
    if (unwatched_ == kNoPage) return false;
    for (std::uint32_t given = 0; given < kGivenAtOnce && unwatched_ != kNoPage; ++given) {
        const PageIndex page = unwatched_;
        unlink(unwatched_, page);
        const std::uint32_t pages = pages_[page].load_layout().pages;
        const std::uint32_t newest = newest_generation(page);
        for (std::uint32_t i = 0; i < pages; ++i) pages_[page + i].generation = newest;  // B4
        platform::poison(reinterpret_cast<void*>(begin_ + page * kPageBytes), pages * kPageBytes);
        runs_.give(page, pages);
    }
    return true;
}

/// As far as it goes, a portion for one hold of the lock.
bool BlockAllocator::dissolve_all() {
    for (;;) {
        platform::LockGuard guard(lock_);
        if (!dissolve_some()) return retired_ == kNoPage && dissolving_ == kNoPage;
    }
}

bool BlockAllocator::tidy() {
    lock_.lock();
    const bool closed = close_taken_caches();
    lock_.unlock();
    return dissolve_all() && closed;
}

PageIndex BlockAllocator::take_run(std::uint32_t pages) {
    // Many: before a long run is divided while they lie idle.
    if (retired_pages_ > std::max(kClosedAtOnce, page_count() / kRetiredShare)) dissolve_some();
    PageIndex page = runs_.take(pages);
    while (page == kNoPage && dissolve_some()) page = runs_.take(pages);
    if (page != kNoPage) return page;
    if (quarantined_bytes_ != 0) {
        release_quarantine(0);
        while (page == kNoPage && dissolve_some()) page = runs_.take(pages);
    }
    return page != kNoPage ? page : runs_.take_anywhere(pages);
}

/// When no run is as long as a span of the class should be: one of as many pages as there are.
PageIndex BlockAllocator::short_span(std::uint32_t size_class) {
    const SizeClass& entry = kSizeClassTable[size_class];
    for (std::uint32_t pages = entry.span_pages - 1; pages * kPageBytes >= entry.cell_bytes;
         --pages) {
        const PageIndex page = runs_.take_anywhere(pages);
        if (page == kNoPage) continue;
        format(page, size_class, pages);
        return page;
    }
    return kNoPage;
}

PageIndex BlockAllocator::fresh_span(std::uint32_t size_class) {
    // A retired span of the class needs no new layout; look at a bounded number of them.
    PageIndex candidate = retired_;
    for (std::uint32_t i = 0; i < 8 && candidate != kNoPage; ++i) {
        if (pages_[candidate].load_layout().size_class == size_class) {
            unlist(candidate);
            return candidate;
        }
        candidate = pages_[candidate].next;
    }
    const PageIndex page = take_run(kSizeClassTable[size_class].span_pages);
    if (page == kNoPage) return take_back(size_class);
    format(page, size_class, kSizeClassTable[size_class].span_pages);
    return page;
}

/// A span of the class that waits, wherever it does: whoever looks at its cells may go on doing so.
PageIndex BlockAllocator::take_back(std::uint32_t size_class) {
    for (PageIndex page = retired_; page != kNoPage; page = pages_[page].next) {
        if (pages_[page].load_layout().size_class != size_class) continue;
        unlist(page);
        return page;
    }
    for (PageIndex page = dissolving_; page != kNoPage; page = pages_[page].next) {
        PageLayout layout = pages_[page].load_layout();
        if (layout.size_class != size_class) continue;
        unlink(dissolving_, page);
        layout.kind = PageLayout::kSpan;
        // order: release; pairs with load_layout(): the cells' headers are what they were.
        pages_[page].layout.store(layout.encode(), memory_order_release);
        return page;
    }
    return kNoPage;
}

/// The highest generation of the span's cells and of its record.
std::uint32_t BlockAllocator::newest_generation(PageIndex page) const {
    std::uint32_t newest = pages_[page].generation;
    for (std::uint32_t cell = 0; cell < pages_[page].cells; ++cell) {
        // order: relaxed; the cells are free, and were freed under the lock or seen free under it.
        newest =
            std::max(newest, header_of_cell({page, cell})->generation.load(memory_order_relaxed));
    }
    return newest;
}

}  // namespace ouro
