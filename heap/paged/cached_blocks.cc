// What a context's cache keeps and gives back, without the lock. See cell_cache.h.
#include "heap/fields.h"
#include "heap/paged/block_allocator.h"
#include "platform/annotate.h"
#include "platform/context.h"
#include "platform/fatal.h"
#include "platform/mutant.h"

namespace ouro {

using platform::memory_order_relaxed;
using platform::memory_order_release;

void BlockAllocator::fail_foreign(const Header* header) {
    platform::fatal("free of a foreign address", header);
}

/// Keeps the cell of a span that the cache does not hold and gives back what it has kept so far
/// (K5), or, if the cell is too large, gives it back. The span whose list may have to change, or
/// kNoPage.
PageIndex BlockAllocator::give_or_keep(CellCache& cache, Cell cell, std::size_t bytes) {
    if (bytes > kLargestCachedCell) return give(cell) ? cell.page : kNoPage;
    const PageIndex kept = cache.kept_on();
    const bool changes = give_kept(cache);
    cache.keep_first(cell.page, cell.index, bytes);
    return changes ? kept : kNoPage;
}

/// Puts what the cache keeps into its span's record (K5). True iff the span may have to be put on
/// another list.
bool BlockAllocator::give_kept(CellCache& cache) {
    const PageIndex page = cache.kept_on();
    if (page == kNoPage) return false;
    // order: relaxed; one thread only, or under the lock; before the read-modify-write that gives.
    cache.kept_page.store(kNoPage, memory_order_relaxed);
    Tally::set(cache.kept_bytes, 0);
    return give(page, cache.kept);
}

/// `changed`: the span whose list may have to change, or kNoPage.
void BlockAllocator::finish_free(PageIndex changed) {
    if (changed != kNoPage) {
        lock_.lock();
        note_span(changed);
    } else if (!lock_.try_lock()) {
        return;  // figures are not worth waiting for
    }
    fold_own_use();
    lock_.unlock();
}

bool BlockAllocator::free_dead_cached(PageIndex page, const CellBits& cells) {
    if (place_ == kNoPlace) return false;
    PageIndex changed = kNoPage;
    bool folds = false;
    {
        platform::Context& context = platform::current_context();
        platform::LoadWindow window(context);
        CellCache* cache = CellCache::of(context, *this, place_);
        if (cache == nullptr) return false;
        const Places at = places(page);
        if (at.reciprocal == 0) return false;  // a large object
        std::size_t payload_bytes = 0;
        CellBits rest = cells;
        for (std::uint32_t cell = rest.take_first(); cell < kCellsMax; cell = rest.take_first()) {
            Header* header = at.header(cell);
            const TypeIndex type = header->load_info().type();
            payload_bytes += Fields::payload_bytes(header, *types_->find(type));
            cache->count_live(type, -1);
            // order: release; who finds the type gone finds the cell free.
            header->info.store(0, memory_order_release);
            platform::poison(header->payload(), at.bytes - sizeof(Header));
        }
        folds = cache->count_ended(cells.count(), payload_bytes, at.bytes);
        // order: relaxed; what the record says of a span of ours is ours to change (K1).
        const std::uint32_t held = pages_[page].held.load(memory_order_relaxed);
        const std::uint32_t slot = cache->slot_of(page, held);
        if (slot != CellCache::kNoSlot) {
            cache->put(slot, cells);
        } else if (give(page, cells)) {
            changed = page;
        }
    }
    if (folds || changed != kNoPage) finish_free(changed);
    return true;
}

}  // namespace ouro
