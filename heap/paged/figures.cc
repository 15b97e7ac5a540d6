// The paged allocator's figures.
#include <algorithm>

#include "heap/paged/block_allocator.h"
#include "platform/annotate.h"

namespace ouro {

using platform::memory_order_relaxed;

MemoryFigures BlockAllocator::figures() {
    dissolve_all();
    platform::LockGuard guard(lock_);
    give_own();
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
        parked += cache.pages * kPageBytes + cache.idle_bytes();
        for (const CellCache::Slot& slot : cache.slots) {
            if (slot.begin == 0) continue;
            const PageIndex page = page_at(slot.begin);
            parked += free_cells(page, &slot).count() * span_cell_bytes(page);
        }
    });
    used_bytes_max_ = std::max(used_bytes_max_, used);
    // What contexts count is read one after the other, while they go on.
    const auto used_bytes = static_cast<std::size_t>(std::max(used, std::ptrdiff_t{0}));
    return {capacity,
            used_bytes,
            static_cast<std::size_t>(used_bytes_max_),
            capacity - std::min(capacity, used_bytes + parked),
            block > overhead ? block - overhead : 0,
            quarantined_bytes_,
            parked};
}

std::size_t BlockAllocator::bytes_in_use() {
    platform::LockGuard guard(lock_);
    std::ptrdiff_t used = used_bytes_;
    for_each_cache([&used](CellCache& cache) { used += Tally::change(cache.tally.used); });
    return static_cast<std::size_t>(std::max(used, std::ptrdiff_t{0}));
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
        const std::uint32_t slot = cache.slot_of(begin_ + page * kPageBytes, held);
        if (slot != CellCache::kNoSlot) holder = &cache.slots[slot];
    });
    return holder;
}

}  // namespace ouro
