#include "heap/paged/block_allocator.h"

#include <algorithm>
#include <new>

#include "platform/annotate.h"
#include "platform/context.h"
#include "platform/fatal.h"
#include "platform/mutant.h"

namespace ouro {

using platform::memory_order_acq_rel;
using platform::memory_order_acquire;
using platform::memory_order_relaxed;
using platform::memory_order_release;

BlockAllocator::Plan BlockAllocator::plan(void* memory, std::size_t bytes) {
    const auto address = reinterpret_cast<std::uintptr_t>(memory);
    const std::uintptr_t records = (address + alignof(PageInfo) - 1) & ~(alignof(PageInfo) - 1);
    const std::uintptr_t end = address + bytes;
    if (records >= end) return {};
    for (std::size_t count = (end - records) / (kPageBytes + sizeof(PageInfo)); count != 0;
         --count) {
        const std::uintptr_t begin =
            (records + count * sizeof(PageInfo) + 63) & ~std::uintptr_t{63};
        if (begin + count * kPageBytes <= end) return {records, begin, count};
    }
    return {};
}

bool BlockAllocator::init(void* memory, std::size_t bytes, const AllocatorConfig& config,
                          TypeTable& types) {
    types_ = &types;
    const Plan at = plan(memory, bytes);
    const std::size_t count = at.pages;
    if (count == 0) return false;
    begin_ = at.begin;
    pages_ = reinterpret_cast<PageInfo*>(at.records);
    for (std::size_t i = 0; i < count; ++i) new (&pages_[i]) PageInfo;
    page_count_ = count;
    for (PageIndex& list : available_) list = kNoPage;
    quarantine_limit_ = config.quarantine_bytes;
    if (quarantine_limit_ == 0 && config.cache_percent != 0) enter_place(config);
    runs_.init(pages_, static_cast<std::uint32_t>(count));
    platform::poison(reinterpret_cast<void*>(begin_), count * kPageBytes);
    return true;
}

void BlockAllocator::abandon() {
    stop_caching();
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

BlockAllocator::Places BlockAllocator::places(PageIndex page) const {
    const PageLayout layout = pages_[page].load_layout();
    const std::size_t bytes = span_cell_bytes(page), all = bytes * capacity_of(layout);
    return {begin_ + page * kPageBytes, bytes, all,
            layout.size_class == kLargeClass ? 0 : kSizeClassTable[layout.size_class].reciprocal};
}

std::size_t BlockAllocator::payload_max() const {
    return page_count_ * kPageBytes - sizeof(Header) - platform::kRedzoneBytes;
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
        list_as_available(size_class, page);
        return page;
    }
    for (std::uint32_t larger = size_class + 1; larger < kSizeClasses; ++larger) {
        if (available_[larger] == kNoPage) continue;
        size_class = larger;
        return available_[larger];
    }
    return kNoPage;
}

/// A cell of a span on the list of its class. Under the lock, while no cache holds the span (P4).
Header* BlockAllocator::take_cell(PageIndex page) {
    PageInfo& info = pages_[page];
    std::uint64_t left = 0;
    std::uint32_t cell = kCellsMax;
    for (std::uint32_t word = 0; word < CellBits::kWords; ++word) {
        // order: relaxed; the bit that is taken is acquired below.
        std::uint64_t bits = info.free[word].load(memory_order_relaxed);
        if (bits != 0 && cell == kCellsMax) {
            const std::uint64_t lowest = bits & (~bits + 1);
            cell = word * 64 + static_cast<std::uint32_t>(__builtin_ctzll(bits));
            // order: acquire; pairs with give(): what was done with the cell is done.
            bits = info.free[word].fetch_and(~lowest, memory_order_acquire) & ~lowest;
        }
        left |= bits;
    }
    OURO_ASSERT(cell < kCellsMax, "B5: a span on the list of its class has no free cell");
    if (left == 0) unlist(page);  // who frees the next cell finds none and lists it again
    return header_of_cell({page, cell});
}

Header* BlockAllocator::allocate_cell(std::uint32_t size_class, TypeIndex type) {
    const std::uint32_t wanted = size_class;
    const PageIndex page = span_with_free_cell(size_class);
    if (page == kNoPage) return nullptr;
    // order: relaxed; under the lock, see has_misfits().
    if (wanted != size_class) has_misfits_.store(true, memory_order_relaxed);
    Header* header = nullptr;
    const bool may_be_held = wanted == size_class && size_class < kCachedClasses;
    const std::size_t span_bytes = pages_[page].load_layout().pages * kPageBytes;
    CellCache* cache = may_be_held ? cache_with_room(size_class, span_bytes) : nullptr;
    const std::size_t cell_bytes = kSizeClassTable[size_class].cell_bytes;
    std::size_t taken = cell_bytes;
    if (cache != nullptr) {
        taken = hold(*cache, size_class, page) * cell_bytes;
        header = cache->take_from_current(size_class);
    } else {
        header = take_cell(page);
    }
    begin_block(header, type);
    used_bytes_ += static_cast<std::ptrdiff_t>(cell_bytes);
    use_limit_.take(used_bytes_, taken);
    return header;
}

Header* BlockAllocator::allocate_run(std::size_t bytes, TypeIndex type) {
    const std::size_t pages = (bytes + kPageBytes - 1) >> kPageShift;
    if (pages > page_count_) return nullptr;
    const PageIndex page = take_run(static_cast<std::uint32_t>(pages));
    if (page == kNoPage) return nullptr;
    format(page, kLargeClass, static_cast<std::uint32_t>(pages));
    Header* header = header_of_cell({page, 0});
    begin_block(header, type);
    used_bytes_ += static_cast<std::ptrdiff_t>(pages * kPageBytes);
    use_limit_.take(used_bytes_, pages * kPageBytes);
    return header;
}

Header* BlockAllocator::allocate(const BlockRequest& request) {
    if (request.bytes > payload_max()) return nullptr;
    const std::size_t bytes = cell_bytes_for(request.bytes);
    Header* header = nullptr;
    {
        platform::LockGuard guard(lock_);
        fold_own_use();
        header = bytes <= kLargestCell
                     ? allocate_cell(kClassOfUnits[(bytes + 15) / 16], request.type)
                     : allocate_run(bytes, request.type);
        used_bytes_max_ = std::max(used_bytes_max_, used_bytes_);
    }
    if (header == nullptr) return nullptr;
    platform::unpoison(header->payload(), request.bytes);
    request.write_trailing(header->payload());
    return header;
}

// ---- free

bool BlockAllocator::give(Cell cell) {
    return give(cell.page, cell.index / 64, std::uint64_t{1} << (cell.index % 64));
}

/// Sets the cells' bits. True iff the span may have to be put on another list: see note_span().
bool BlockAllocator::give(PageIndex page, std::uint32_t word, std::uint64_t cells) {
    PageInfo& info = pages_[page];
    // order: acq_rel; release: pairs with whoever takes the cell. And with let_go(): of its
    // exchange of `held` and ours the later one sees the earlier, so either it finds the bit or we
    // find the span free of holders.
    const std::uint64_t before = info.free[word].fetch_or(
        cells, OURO_ORDER(memory_order_acq_rel, given_relaxed, memory_order_relaxed));
    const bool changes = before == 0 || (before | cells) == info.cells_of_word(word);
    // order: relaxed; a mutant.
    if (OURO_MUTANT(holder_load)) return changes && info.held.load(memory_order_relaxed) == 0;
    // order: acq_rel; as above.
    return changes && info.held.fetch_add(0, memory_order_acq_rel) == 0;
}

bool BlockAllocator::give(PageIndex page, const CellBits& cells) {
    bool changes = false;
    for (std::uint32_t word = 0; word < CellBits::kWords; ++word) {
        if (cells.words[word] != 0 && give(page, word, cells.words[word])) changes = true;
    }
    return changes;
}

void BlockAllocator::put_back(Cell cell) {
    if (pages_[cell.page].load_layout().size_class == kLargeClass) {
        retire(cell.page);
    } else if (give(cell)) {
        note_span(cell.page);
    }
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
        // order: relaxed; published with the next object. The link goes, the generation comes back.
        header->generation.store(pages_[cell.page].generation, memory_order_relaxed);
        put_back(cell);
    }
}

void BlockAllocator::free(Header* header) {
    // order: release; who finds the type gone finds the cell free.
    header->info.store(0, memory_order_release);
    platform::LockGuard guard(lock_);
    fold_own_use();
    const Cell cell = cell_of(header);
    if (OURO_UNLIKELY(cell.page == kNoPage)) platform::fatal("free of a foreign address", header);
    const std::size_t bytes = cell_bytes(cell);
    platform::poison(header->payload(), bytes - sizeof(Header));
    used_bytes_ -= static_cast<std::ptrdiff_t>(bytes);
    if (quarantine_limit_ == 0) {
        put_back(cell);
        cache_in_time();  // a context that only ends objects wants one, too
        return;
    }
    PageInfo& info = pages_[cell.page];
    // order: relaxed, both; written and read under the allocation lock. The record keeps what the
    // link displaces (B4).
    info.generation = std::max(info.generation, header->generation.load(memory_order_relaxed));
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
