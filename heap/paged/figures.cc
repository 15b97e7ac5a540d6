// The paged allocator's figures, and the check of what it keeps.
#include <algorithm>

#include "heap/paged/block_allocator.h"
#include "platform/annotate.h"

namespace ouro {

using platform::memory_order_relaxed;

MemoryFigures BlockAllocator::figures() {
    platform::LockGuard guard(lock_);
    if (retired_ != kNoPage || dissolving_ != kNoPage) dissolve_retired();
    const std::size_t capacity = page_count_ * kPageBytes;
    std::size_t block = runs_.largest_run() * kPageBytes;
    for (std::uint32_t c = 0; c < kSizeClasses; ++c) {
        if (available_[c] != kNoPage && kSizeClassTable[c].cell_bytes > block)
            block = kSizeClassTable[c].cell_bytes;
    }
    const std::size_t overhead = sizeof(Header) + platform::kRedzoneBytes;
    fold_own_use();
    std::ptrdiff_t used = used_bytes_;
    std::size_t parked = 0;
    for_each_cache([&](CellCache& cache) {
        used += Tally::change(cache.tally.used);
        parked += cache.pages * kPageBytes;
        for (const CellCache::Slot& slot : cache.slots) {
            if (slot.page == kNoPage) continue;
            parked += free_cells(slot.page, &slot).count() * span_cell_bytes(slot.page);
        }
    });
    used_bytes_max_ = std::max(used_bytes_max_, used);
    const auto used_bytes = static_cast<std::size_t>(used);
    return {capacity,
            used_bytes,
            static_cast<std::size_t>(used_bytes_max_),
            capacity - used_bytes - parked,
            block > overhead ? block - overhead : 0,
            quarantined_bytes_,
            parked};
}

/// The cells of the span that nobody uses: of its record, and of the slot that holds it, if any.
CellBits BlockAllocator::free_cells(PageIndex page, const CellCache::Slot* holder) const {
    CellBits free;
    for (std::uint32_t word = 0; word < CellBits::kWords; ++word) {
        // order: relaxed, both; nothing runs, or a figure.
        free.words[word] = pages_[page].free[word].load(memory_order_relaxed);
        if (holder != nullptr) free.words[word] |= holder->bits[word].load(memory_order_relaxed);
    }
    return free;
}

const CellCache::Slot* BlockAllocator::holder_of(PageIndex page) const {
    const CellCache::Slot* holder = nullptr;
    // order: relaxed; nothing runs.
    const std::uint32_t held = pages_[page].held.load(memory_order_relaxed);
    for_each_cache([&](CellCache& cache) {
        const std::uint32_t slot = cache.slot_of(page, held);
        if (slot != CellCache::kNoSlot) holder = &cache.slots[slot];
    });
    return holder;
}

/// B3 and B5 for one span; null or what is broken. Adds the bytes in use.
const char* BlockAllocator::verify_span(PageIndex page, std::size_t& used_bytes) {
    const PageInfo& info = pages_[page];
    const PageLayout layout = info.load_layout();
    const std::uint32_t cells = cells_in(page);
    if (info.cells != cells) return "page record: cells";
    if (layout.size_class == kLargeClass) {
        if (info.listed != PageInfo::kRetired) used_bytes += layout.pages * kPageBytes;
        return nullptr;
    }
    // order: relaxed, all; nothing runs.
    const bool held = info.held.load(memory_order_relaxed) != 0;
    const CellCache::Slot* holder = holder_of(page);
    if (held != (holder != nullptr)) return "K3: held by nobody, or not held by its holder";
    const CellBits free = free_cells(page, holder);
    std::uint32_t free_count = 0;
    for (std::uint32_t cell = 0; cell < kCellsMax; ++cell) {
        const bool is_free = free.test(cell);
        if (is_free && cell >= cells) return "B3: a free cell behind the span";
        if (cell >= cells) continue;
        const bool in_use = header_of_cell({page, cell})->load_info().bits != 0;
        if (is_free && in_use) return "B3: a cell in use is free";
        if (!is_free && !in_use && quarantine_limit_ == 0 && !has_lost_cells_)
            return "B3: a cell is lost";
        free_count += is_free ? 1 : 0;
    }
    const PageInfo::Listed wanted = held || free_count == 0 ? PageInfo::kUnlisted
                                    : free_count == cells   ? PageInfo::kRetired
                                                            : PageInfo::kAvailable;
    if (info.listed != wanted) return "B5: the list of a span";
    used_bytes += (cells - free_count) * span_cell_bytes(page);
    return nullptr;
}

const char* BlockAllocator::verify() {
    platform::LockGuard guard(lock_);
    std::size_t used_bytes = 0;
    std::uint32_t free_pages = 0;
    for (PageIndex page = 0; page < page_count_;) {
        const PageLayout layout = pages_[page].load_layout();
        if (layout.pages == 0 || layout.pages > page_count_ - page) return "page record: length";
        if (layout.kind == PageLayout::kFree) {
            free_pages += layout.pages;
        } else if (layout.kind == PageLayout::kDissolving) {
            const CellBits free = free_cells(page, nullptr);
            for (std::uint32_t cell = 0; cell < pages_[page].cells; ++cell) {
                if (layout.size_class != kLargeClass && !free.test(cell))
                    return "B2: a dissolving span has cells in use";
            }
        } else if (layout.kind == PageLayout::kSpan) {
            if (const char* broken = verify_span(page, used_bytes)) return broken;
        } else if (layout.kind == PageLayout::kCache) {
            bool known = false;
            for_each_cache([&](CellCache& cache) { known = known || page_of(&cache) == page; });
            if (!known) return "page record: a cache that is none";
        } else {
            return "page record: a tail where a head must be";
        }
        page += layout.pages;
    }
    if (free_pages != runs_.free_pages()) return "free pages: sum";
    std::ptrdiff_t used = used_bytes_;
    for_each_cache([&](CellCache& cache) { used += Tally::change(cache.tally.used); });
    if (has_lost_cells_) return nullptr;
    if (used_bytes != static_cast<std::size_t>(used) + quarantined_bytes_) return "used bytes: sum";
    return nullptr;
}

}  // namespace ouro
