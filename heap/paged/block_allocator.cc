#include "heap/paged/block_allocator.h"

#include <new>

#include "platform/annotate.h"
#include "platform/context.h"
#include "platform/fatal.h"
#include "platform/mutant.h"

namespace ouro {

using platform::memory_order_acq_rel;
using platform::memory_order_relaxed;
using platform::memory_order_release;

bool BlockAllocator::init(void* memory, std::size_t bytes, std::size_t quarantine_bytes,
                          TypeTable& types) {
    types_ = &types;
    const auto address = reinterpret_cast<std::uintptr_t>(memory);
    const std::uintptr_t records = (address + alignof(PageInfo) - 1) & ~(alignof(PageInfo) - 1);
    const std::uintptr_t end = address + bytes;
    if (records >= end) return false;
    std::size_t count = (end - records) / (kPageBytes + sizeof(PageInfo));
    for (;; --count) {
        if (count == 0) return false;
        begin_ = (records + count * sizeof(PageInfo) + 63) & ~std::uintptr_t{63};
        if (begin_ + count * kPageBytes <= end) break;
    }
    pages_ = reinterpret_cast<PageInfo*>(records);
    for (std::size_t i = 0; i < count; ++i) new (&pages_[i]) PageInfo;
    page_count_ = count;
    for (PageIndex& list : available_) list = kNoPage;
    quarantine_limit_ = quarantine_bytes;
    runs_.init(pages_, static_cast<std::uint32_t>(count));
    platform::poison(reinterpret_cast<void*>(begin_), count * kPageBytes);
    return true;
}

void BlockAllocator::abandon() {
    platform::unpoison(reinterpret_cast<void*>(begin_), page_count_ * kPageBytes);
}

// ---- lookup

BlockAllocator::Cell BlockAllocator::cell_of(const void* address) const {
    if (!contains(address)) return {kNoPage, 0};
    PageIndex page = page_of(address);
    PageLayout layout = pages_[page].load_layout();
    if (layout.kind == PageLayout::kSpanTail) {
        page -= layout.pages;
        layout = pages_[page].load_layout();
    }
    if (layout.kind != PageLayout::kSpan) return {kNoPage, 0};
    if (page_of(address) - page >= layout.pages) return {kNoPage, 0};  // a stale way back
    if (layout.size_class == kLargeClass) return {page, 0};
    const SizeClass& size_class = kSizeClassTable[layout.size_class];
    const std::uint64_t offset =
        reinterpret_cast<std::uintptr_t>(address) - begin_ - page * kPageBytes;
    const auto index = static_cast<std::uint32_t>((offset * size_class.reciprocal) >> 32);
    if (index >= capacity_of(layout)) return {kNoPage, 0};
    return {page, index};
}

std::uint32_t BlockAllocator::cells_in(PageIndex page) const {
    const PageLayout layout = pages_[page].load_layout();
    if (layout.kind != PageLayout::kSpan) return 0;
    return capacity_of(layout);
}

/// Cells of a span; fewer than usual if it is shorter.
std::uint32_t BlockAllocator::capacity_of(PageLayout layout) {
    if (layout.size_class == kLargeClass) return 1;
    const SizeClass& size_class = kSizeClassTable[layout.size_class];
    if (OURO_LIKELY(layout.pages == size_class.span_pages)) return size_class.capacity;
    return static_cast<std::uint32_t>(layout.pages * kPageBytes / size_class.cell_bytes);
}

std::size_t BlockAllocator::span_cell_bytes(PageIndex page) const {
    const PageLayout layout = pages_[page].load_layout();
    return layout.size_class == kLargeClass ? layout.pages * kPageBytes
                                            : kSizeClassTable[layout.size_class].cell_bytes;
}

Header* BlockAllocator::header_of_cell(Cell cell) const {
    const std::uintptr_t start = begin_ + cell.page * kPageBytes;
    if (cell.index == 0) return reinterpret_cast<Header*>(start);
    const PageLayout layout = pages_[cell.page].load_layout();
    return reinterpret_cast<Header*>(start + std::size_t{cell.index} *
                                                 kSizeClassTable[layout.size_class].cell_bytes);
}

bool BlockAllocator::spans(const Header* header, const void* address) const {
    // Objects in cells reach no farther than the largest cell; larger ones start a page run.
    const auto start = reinterpret_cast<std::uintptr_t>(header);
    const bool may_be_large = (start - begin_) % kPageBytes == 0;
    if (reinterpret_cast<std::uintptr_t>(address) - start >= kLargestCell && !may_be_large)
        return false;
    const Cell its = cell_of(header);
    const Cell there = cell_of(address);
    return there.page != kNoPage && there.page == its.page && there.index == its.index;
}

std::size_t BlockAllocator::payload_max() const {
    return page_count_ * kPageBytes - sizeof(Header) - platform::kRedzoneBytes;
}

// ---- span lists

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

// ---- making and dissolving spans

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
    std::uintptr_t cell = begin_ + page * kPageBytes;
    for (std::uint32_t i = 0; i < capacity; ++i, cell += bytes) {
        platform::unpoison(reinterpret_cast<void*>(cell), sizeof(Header));
        auto* header = new (reinterpret_cast<void*>(cell)) Header;
        // order: relaxed, both; published by the release store of the layout.
        header->word.store(WordValue{}.dead().bits, memory_order_relaxed);
        header->generation.store(i + 1 < capacity ? i + 2 : 0, memory_order_relaxed);
    }
    for (auto& word : info.candidate) {
        // order: acq_rel; a late mark by a mutator is harmless either way (P3), but who marks later
        // must see what the collector did after its exchange of this word: no plain store.
        word.exchange(0, memory_order_acq_rel);
    }
    info.used = 0;
    info.free_head = 1;
    // B4: no counter of a page is behind a generation that was drawn for a cell on that page.
    for (std::uint32_t i = 1; i < pages; ++i) {
        if (pages_[page + i].generation > info.generation)
            info.generation = pages_[page + i].generation;
    }
    set_span_layout(page, layout);
}

// In this order: first nobody new finds a span here, then everybody who found one has gone, then
// the pages change. Until the second is so they wait as `dissolving`. At most kRetiredMax spans are
// retired; of those that were kept back so far a bounded number follows.
// Model: models/field_load.pml
bool BlockAllocator::dissolve_retired() {
    while (retired_ != kNoPage) {
        const PageIndex page = retired_;
        unlink(retired_, page);
        PageLayout layout = pages_[page].load_layout();
        layout.kind = PageLayout::kDissolving;
        // order: release; pairs with load_layout(), ordered before the look at the windows.
        pages_[page].layout.store(layout.encode(), memory_order_release);
        link(dissolving_, page);
    }
    retired_count_ = 0;
    if (dissolving_ == kNoPage) return false;
    if (!platform::all_windows_closed() && !OURO_MUTANT(dissolved_under_windows)) return false;
    for (std::uint32_t given = 0; given < 2 * kRetiredMax && dissolving_ != kNoPage; ++given) {
        const PageIndex page = dissolving_;
        unlink(dissolving_, page);
        const std::uint32_t pages = pages_[page].load_layout().pages;
        for (std::uint32_t i = 1; i < pages; ++i)
            pages_[page + i].generation = pages_[page].generation;  // B4
        platform::poison(reinterpret_cast<void*>(begin_ + page * kPageBytes), pages * kPageBytes);
        runs_.give(page, pages);
    }
    return true;
}

bool BlockAllocator::tidy() {
    platform::LockGuard guard(lock_);
    while (retired_ != kNoPage || dissolving_ != kNoPage) {
        if (!dissolve_retired()) return false;
    }
    return true;
}

PageIndex BlockAllocator::take_run(std::uint32_t pages) {
    PageIndex page = runs_.take(pages);
    if (page == kNoPage && dissolve_retired()) page = runs_.take(pages);
    if (page != kNoPage) return page;
    if (quarantined_bytes_ != 0) {
        release_quarantine(0);
        if (dissolve_retired()) page = runs_.take(pages);
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
            unlink(retired_, candidate);
            --retired_count_;
            return candidate;
        }
        candidate = pages_[candidate].next;
    }
    const PageIndex page = take_run(kSizeClassTable[size_class].span_pages);
    if (page == kNoPage) return take_back(size_class);
    format(page, size_class, kSizeClassTable[size_class].span_pages);
    return page;
}

/// A span of the class that waits to be dissolved: whoever looks at its cells may go on doing so.
PageIndex BlockAllocator::take_back(std::uint32_t size_class) {
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

// ---- allocate

/// A span, on the list of its class, with a free cell: of this class or, if there is no memory for
/// another span of it, of the smallest larger one.
PageIndex BlockAllocator::span_with_free_cell(std::uint32_t& size_class) {
    if (OURO_LIKELY(available_[size_class] != kNoPage)) return available_[size_class];
    PageIndex page = fresh_span(size_class);
    const PageIndex helped = available_[size_class];  // by the quarantine
    if (page == kNoPage && helped != kNoPage) return helped;
    if (page == kNoPage) page = short_span(size_class);
    if (page != kNoPage) {
        link(available_[size_class], page);
        return page;
    }
    for (std::uint32_t larger = size_class + 1; larger < kSizeClasses; ++larger) {
        if (available_[larger] == kNoPage) continue;
        size_class = larger;
        return available_[larger];
    }
    return kNoPage;
}

Header* BlockAllocator::allocate_cell(std::uint32_t size_class, TypeIndex type) {
    const PageIndex page = span_with_free_cell(size_class);
    if (page == kNoPage) return nullptr;
    PageInfo& info = pages_[page];
    Header* header = header_of_cell({page, info.free_head - 1u});
    // order: relaxed; the link is written and read under the allocation lock.
    info.free_head = static_cast<std::uint16_t>(header->generation.load(memory_order_relaxed));
    ++info.used;
    if (info.free_head == 0) unlink(available_[size_class], page);
    // order: relaxed; published with the object by the first count (heap.cc).
    header->generation.store(++info.generation, memory_order_relaxed);
    header->info.store(type | InfoValue::kConstructing,
                       memory_order_relaxed);  // see CandidatePages::ask_again()
    used_bytes_ += kSizeClassTable[size_class].cell_bytes;
    return header;
}

Header* BlockAllocator::allocate_run(std::size_t bytes, TypeIndex type) {
    const std::size_t pages = (bytes + kPageBytes - 1) >> kPageShift;
    if (pages > page_count_) return nullptr;
    const PageIndex page = take_run(static_cast<std::uint32_t>(pages));
    if (page == kNoPage) return nullptr;
    format(page, kLargeClass, static_cast<std::uint32_t>(pages));
    PageInfo& info = pages_[page];
    info.free_head = 0;
    info.used = 1;
    Header* header = header_of_cell({page, 0});
    // order: relaxed; published with the object by the first count (heap.cc).
    header->generation.store(++info.generation, memory_order_relaxed);
    header->info.store(type | InfoValue::kConstructing,
                       memory_order_relaxed);  // see CandidatePages::ask_again()
    used_bytes_ += pages * kPageBytes;
    return header;
}

Header* BlockAllocator::allocate(const BlockRequest& request) {
    if (request.bytes > payload_max()) return nullptr;
    std::size_t bytes = request.bytes + sizeof(Header) + platform::kRedzoneBytes;
    if (bytes < kSmallestCell) bytes = kSmallestCell;
    Header* header = nullptr;
    {
        platform::LockGuard guard(lock_);
        header = bytes <= kLargestCell
                     ? allocate_cell(kClassOfUnits[(bytes + 15) / 16], request.type)
                     : allocate_run(bytes, request.type);
        if (used_bytes_ > used_bytes_max_) used_bytes_max_ = used_bytes_;
    }
    if (header == nullptr) return nullptr;
    platform::unpoison(header->payload(), request.bytes);
    request.write_trailing(header->payload());
    return header;
}

// ---- free

void BlockAllocator::put_back(PageIndex page, std::uint32_t cell, Header* header) {
    PageInfo& info = pages_[page];
    const std::uint32_t size_class = info.load_layout().size_class;
    if (size_class != kLargeClass) {
        // order: relaxed; the link is written and read under the allocation lock.
        header->generation.store(info.free_head, memory_order_relaxed);
        if (info.free_head == 0) link(available_[size_class], page);
        info.free_head = static_cast<std::uint16_t>(cell + 1);
    }
    --info.used;
    if (info.used != 0) return;
    if (size_class != kLargeClass) unlink(available_[size_class], page);
    link(retired_, page);
    if (++retired_count_ > kRetiredMax) dissolve_retired();
}

void BlockAllocator::release_quarantine(std::size_t down_to_bytes) {
    while (quarantined_bytes_ > down_to_bytes) {
        Header* header = quarantine_first_;
        // order: relaxed; written and read under the allocation lock.
        const std::uint32_t link = header->generation.load(memory_order_relaxed);
        quarantine_first_ =
            link == 0 ? nullptr : reinterpret_cast<Header*>(begin_ + std::uintptr_t{link - 1} * 16);
        const Cell cell = cell_of(header);
        quarantined_bytes_ -= cell_bytes(cell);
        put_back(cell.page, cell.index, header);
    }
}

void BlockAllocator::free(Header* header) {
    // order: release; who finds the type gone finds the cell free.
    header->info.store(0, memory_order_release);
    platform::LockGuard guard(lock_);
    const Cell cell = cell_of(header);
    if (OURO_UNLIKELY(cell.page == kNoPage)) platform::fatal("free of a foreign address", header);
    const std::size_t bytes = cell_bytes(cell);
    platform::poison(header->payload(), bytes - sizeof(Header));
    used_bytes_ -= bytes;
    if (quarantine_limit_ == 0) {
        put_back(cell.page, cell.index, header);
        return;
    }
    // order: relaxed; written and read under the allocation lock.
    header->generation.store(0, memory_order_relaxed);
    if (quarantined_bytes_ == 0) {
        quarantine_first_ = header;
    } else {
        const auto unit = (reinterpret_cast<std::uintptr_t>(header) - begin_) / 16 + 1;
        // order: relaxed; as above.
        quarantine_last_->generation.store(static_cast<std::uint32_t>(unit), memory_order_relaxed);
    }
    quarantine_last_ = header;
    quarantined_bytes_ += bytes;
    release_quarantine(quarantine_limit_);
}

}  // namespace ouro
