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

Header* CellCache::look_for(std::uint32_t size_class) {
    std::uint8_t& current = rings[size_class];
    if (current == kNoSlot) return nullptr;
    for (std::uint32_t look = 0; look < kLooks; ++look) {
        if (Header* header = take_from_current(size_class)) return header;
        Slot& slot = slots[current];
        if (take_over(slot, blocks->record_at(slot.begin))) return take_from_current(size_class);
        current = next_of[current];
    }
    return nullptr;
}

Header* BlockAllocator::allocate_cached(std::size_t payload_bytes, std::size_t own_bytes,
                                        TypeIndex type, bool& folds) {
    const std::size_t bytes = cell_bytes_for(payload_bytes);
    if (bytes > kLargestCachedCell) return nullptr;
    const std::uint32_t size_class = kClassOfUnits[(bytes + 15) / 16];
    platform::Context& context = platform::current_context();
    platform::LoadWindow window(context);
    CellCache* cache = cache_of(context);
    if (cache == nullptr) return nullptr;
    Header* header = cache->look_for(size_class);
    if (header == nullptr) return nullptr;
    folds = cache->tally.use(kSizeClassTable[size_class].cell_bytes, CellCache::kUnfoldedMax);
    begin_block(header, type);
    cache->count_made(type, own_bytes);
    return header;
}

bool BlockAllocator::free_cached(Header* header, std::size_t own_bytes, bool by_count) {
    ChangedSpans changed;
    bool folds = false;
    {
        platform::Context& context = platform::current_context();
        platform::LoadWindow window(context);
        CellCache* cache = cache_of(context);
        if (cache == nullptr) return false;
        const Cell cell = cell_of(header);
        if (OURO_UNLIKELY(cell.page == kNoPage)) fail_foreign(header);
        const std::uint32_t size_class = pages_[cell.page].load_layout().size_class;
        if (size_class == kLargeClass) return false;
        const std::size_t bytes = kSizeClassTable[size_class].cell_bytes;
        cache->count_ended(header->load_info().type(), own_bytes);
        if (!by_count) Tally::add(cache->tally.ended_otherwise, 1);
        // order: release; who finds the type gone finds the cell free.
        header->info.store(0, memory_order_release);
        platform::poison(header->payload(), bytes - sizeof(Header));
        if (size_class >= kCachedClasses || cache->stacked_max < bytes) {
            if (give(cell)) changed.add(cell.page);
        } else {
            CellCache::Stack& stack = cache->stacks[size_class];
            if (stack.load_top() == stack.end) {
                const auto half = static_cast<std::uint32_t>((stack.count() + 1) / 2);
                give_stacked(*cache, size_class, half,
                             [&changed](PageIndex page) { changed.add(page); });
            }
            Header** const top = stack.load_top();
            *top = header;
            stack.set_top(top + 1);
        }
        folds = cache->tally.give(bytes) < -CellCache::kUnfoldedMax;
    }
    if (folds || changed.count != 0) finish_free(changed);
    return true;
}

/// The last so many cells of the class's stack go back to their spans; `note(page)`: that span may
/// have to be put on another list.
template <class Note>
void BlockAllocator::give_stacked(CellCache& cache, std::uint32_t size_class, std::uint32_t count,
                                  Note&& note) {
    CellCache::Stack& stack = cache.stacks[size_class];
    Header** const top = stack.load_top();
    stack.set_top(top - count);
    PageIndex page = kNoPage;
    Places at;
    CellBits cells;
    const auto give_cells = [&] {
        if (page == kNoPage) return;
        // order: relaxed; what the record says of a span of ours is ours to change (K1).
        const std::uint32_t held = pages_[page].held.load(memory_order_relaxed);
        const std::uint32_t slot = cache.slot_of(at.begin, held);
        if (slot != CellCache::kNoSlot) {
            cache.put(slot, cells);
        } else if (give(page, cells)) {
            note(page);
        }
        cells = {};
    };
    for (Header** each = top - count; each != top; ++each) {
        std::uint32_t cell = at.cell_of(*each);
        if (cell == kCellsMax) {
            give_cells();
            page = cell_of(*each).page;
            at = places(page);
            cell = at.cell_of(*each);
        }
        cells.set(cell);
    }
    give_cells();
}

/// All that is on the stacks goes back to the spans. Under the lock.
void BlockAllocator::give_all_stacked(CellCache& cache) {
    for (std::uint32_t c = 0; c < kCachedClasses; ++c) {
        const auto count = static_cast<std::uint32_t>(cache.stacks[c].count());
        give_stacked(cache, c, count, [this](PageIndex page) { note_span(page); });
    }
}

void BlockAllocator::fail_foreign(const Header* header) {
    platform::fatal("free of a foreign address", header);
}

/// The spans whose list may have to change are put where they belong, and what the context has
/// counted becomes part of the heap's figures.
void BlockAllocator::finish_free(const ChangedSpans& changed) {
    if (changed.count != 0) {
        lock_.lock();
        for (std::uint32_t i = 0; i < changed.count; ++i) note_span(changed.pages[i]);
    } else if (!lock_.try_lock()) {
        return;  // figures are not worth waiting for
    }
    fold_own_use();
    lock_.unlock();
}

void BlockAllocator::fold() { finish_free({}); }

bool BlockAllocator::free_dead_cached(PageIndex page, const CellBits& cells) {
    ChangedSpans changed;
    bool folds = false;
    {
        platform::Context& context = platform::current_context();
        platform::LoadWindow window(context);
        CellCache* cache = cache_of(context);
        if (cache == nullptr) return false;
        const Places at = places(page);
        if (at.reciprocal == 0) return false;  // a large object
        CellBits rest = cells;
        for (std::uint32_t cell = rest.take_first(); cell < kCellsMax; cell = rest.take_first()) {
            Header* header = at.header(cell);
            const TypeIndex type = header->load_info().type();
            const bool tells = types_->shape(type).payload_bytes() != 0;
            cache->count_ended(type,
                               tells ? 0 : Fields::payload_bytes(header, *types_->find(type)));
            // order: release; who finds the type gone finds the cell free.
            header->info.store(0, memory_order_release);
            platform::poison(header->payload(), at.bytes - sizeof(Header));
        }
        const std::uint32_t count = cells.count();
        Tally::add(cache->tally.ended_otherwise, count);
        folds = cache->tally.give(count * at.bytes) < -CellCache::kUnfoldedMax;
        // order: relaxed; what the record says of a span of ours is ours to change (K1).
        const std::uint32_t held = pages_[page].held.load(memory_order_relaxed);
        const std::uint32_t slot = cache->slot_of(at.begin, held);
        if (slot != CellCache::kNoSlot) {
            cache->put(slot, cells);
        } else if (give(page, cells)) {
            changed.add(page);
        }
    }
    if (folds || changed.count != 0) finish_free(changed);
    return true;
}

}  // namespace ouro
