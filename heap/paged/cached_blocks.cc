// Blocks made and freed in the calling context's cache, without the lock. See cell_cache.h.
#include "heap/fields.h"
#include "heap/paged/block_allocator.h"
#include "platform/annotate.h"
#include "platform/context.h"
#include "platform/fatal.h"
#include "platform/mutant.h"

namespace ouro {

using platform::memory_order_relaxed;
using platform::memory_order_release;

OURO_ALWAYS_INLINE BlockAllocator::Cell BlockAllocator::cell_of_block(const Header* header,
                                                                      PageLayout& layout) const {
    if (OURO_UNLIKELY(!contains(header))) return {kNoPage, 0};
    PageIndex page = page_of(header);
    layout = pages_[page].load_layout();
    if (layout.kind == PageLayout::kSpanTail) {
        page -= layout.pages;
        layout = pages_[page].load_layout();
    }
    if (OURO_UNLIKELY(layout.kind != PageLayout::kSpan)) return {kNoPage, 0};
    if (layout.size_class == kLargeClass) return {page, 0};
    const std::uint64_t offset =
        reinterpret_cast<std::uintptr_t>(header) - begin_ - page * kPageBytes;
    return {page, static_cast<std::uint32_t>(
                      (offset * kSizeClassTable[layout.size_class].reciprocal) >> 32)};
}

Header* BlockAllocator::allocate_cached(const BlockRequest& request) {
    const std::size_t bytes = cell_bytes_for(request.bytes);
    if (bytes > kLargestCachedCell || place_ == kNoPlace) return nullptr;
    const std::uint32_t size_class = kClassOfUnits[(bytes + 15) / 16];
    Header* header = nullptr;
    {
        platform::Context& context = platform::current_context();
        CellCache* early =
            OURO_MUTANT(cache_found_early) ? CellCache::of(context, *this, place_) : nullptr;
        platform::LoadWindow window(context);
        CellCache* cache =
            OURO_MUTANT(cache_found_early) ? early : CellCache::of(context, *this, place_);
        if (cache == nullptr) return nullptr;
        header = cache->take(size_class, pages_);
        if (header == nullptr) return nullptr;
        begin_block(header, request.type);
        cache->count_made(request.type, request.bytes, kSizeClassTable[size_class].cell_bytes);
    }
    platform::unpoison(header->payload(), request.bytes);
    request.write_trailing(header->payload());
    return header;
}

bool BlockAllocator::free_cached(Header* header, std::size_t payload_bytes, bool by_count) {
    if (place_ == kNoPlace) return false;
    PageIndex changed = kNoPage;
    bool folds = false, changes = false;
    {
        platform::Context& context = platform::current_context();
        platform::LoadWindow window(context);
        CellCache* cache = CellCache::of(context, *this, place_);
        if (cache == nullptr) return false;
        PageLayout layout;
        const Cell cell = cell_of_block(header, layout);
        if (OURO_UNLIKELY(cell.page == kNoPage))
            platform::fatal("free of a foreign address", header);
        if (layout.size_class == kLargeClass) return false;
        const std::size_t bytes = kSizeClassTable[layout.size_class].cell_bytes;
        cache->count_ended(header->load_info().type(), payload_bytes, bytes, by_count);
        folds = cache->has_much_to_fold();
        // order: release; who finds the type gone finds the cell free.
        header->info.store(0, memory_order_release);
        platform::poison(header->payload(), bytes - sizeof(Header));
        // order: relaxed; what the record says of a span of ours is ours to change (K1).
        const std::uint32_t held = pages_[cell.page].held.load(memory_order_relaxed);
        const std::uint32_t slot = cache->slot_of(cell.page, held);
        if (slot != CellCache::kNoSlot) {
            cache->put(slot, cell.index);
        } else if (bytes > kLargestCachedCell) {
            changed = cell.page;
            changes = give(cell);
        } else if (!cache->keep(cell.page, cell.index, bytes)) {
            changed = cache->kept_on();
            changes = give_kept(*cache);
            cache->keep_first(cell.page, cell.index, bytes);
        }
    }
    if (OURO_UNLIKELY(folds || changes)) finish_free(changed, changes);
    return true;
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

void BlockAllocator::finish_free(PageIndex page, bool changes) {
    if (changes) {
        lock_.lock();
        note_span(page);
    } else if (!lock_.try_lock()) {
        return;  // figures are not worth waiting for
    }
    fold_own_use();
    lock_.unlock();
}

bool BlockAllocator::free_dead_cached(PageIndex page, const CellBits& cells) {
    if (place_ == kNoPlace) return false;
    bool folds = false, changes = false;
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
        cache->count_ended(cells.count(), payload_bytes, at.bytes);
        folds = cache->has_much_to_fold();
        // order: relaxed; what the record says of a span of ours is ours to change (K1).
        const std::uint32_t held = pages_[page].held.load(memory_order_relaxed);
        const std::uint32_t slot = cache->slot_of(page, held);
        if (slot != CellCache::kNoSlot) {
            cache->put(slot, cells);
        } else {
            changes = give(page, cells);
        }
    }
    if (folds || changes) finish_free(page, changes);
    return true;
}

}  // namespace ouro
