// The paged allocator's figures, and the check of what it keeps.
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
    return {capacity,
            used_bytes_,
            used_bytes_max_,
            capacity - used_bytes_,
            block > overhead ? block - overhead : 0,
            quarantined_bytes_};
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
            if (pages_[page].used != 0) return "B2: a dissolving span has cells in use";
        } else if (layout.kind == PageLayout::kSpan) {
            const std::uint32_t cells = cells_in(page);
            std::uint32_t free_cells = 0;
            for (std::uint32_t link = pages_[page].free_head; link != 0; ++free_cells) {
                if (link > cells || free_cells >= cells) return "B3: free list of a span";
                Header* header = header_of_cell({page, link - 1});
                if (header->load_info().type() != 0) return "B3: a live cell is on a free list";
                // order: relaxed; read under the allocation lock.
                link = header->generation.load(memory_order_relaxed);
            }
            const bool large = layout.size_class == kLargeClass;
            if (!large && free_cells + pages_[page].used != cells) return "B3: used + free";
            used_bytes += pages_[page].used * span_cell_bytes(page);
        } else {
            return "page record: a tail where a head must be";
        }
        page += layout.pages;
    }
    if (free_pages != runs_.free_pages()) return "free pages: sum";
    if (used_bytes != used_bytes_ + quarantined_bytes_) return "used bytes: sum";
    return nullptr;
}

}  // namespace ouro
