// What a context's cache keeps and gives back, without the lock. See cell_cache.h.
#include <utility>

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

std::uint32_t CellCache::most_kept() const {
    std::uint32_t found = 0;
    std::size_t most = 0;
    for (std::uint32_t c = 0; c < kCachedClasses; ++c) {
        const std::size_t bytes = kept[c].on() == kNoPage ? 0 : kept_bytes_of(c);
        if (bytes > most) {
            most = bytes;
            found = c;
        }
    }
    return found;
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
    CellCache::Stack& stack = cache->stacks[size_class];
    Header* header = nullptr;
    if (stack.count() != 0) {
        header = stack.load_top()[-1];
        stack.set_top(stack.load_top() - 1);
    } else {
        header = cache->look_for(size_class);
        if (header == nullptr) return nullptr;
    }
    folds = cache->tally.use(kSizeClassTable[size_class].cell_bytes, CellCache::kUnfoldedMax);
    begin_block(header, type);
    cache->count_made(type, own_bytes);
    return header;
}

bool BlockAllocator::free_cached(Header* header, std::size_t own_bytes, bool by_count) {
    PageIndex changed = kNoPage;
    bool folds = false;
    std::uint32_t asks = kCachedClasses;
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
        folds = cache->tally.give(bytes) < -CellCache::kUnfoldedMax;
        // order: release; who finds the type gone finds the cell free.
        header->info.store(0, memory_order_release);
        platform::poison(header->payload(), bytes - sizeof(Header));
        if (size_class >= kCachedClasses) {
            if (give(cell)) changed = cell.page;
        } else {
            // order: relaxed; what the record says of a span of ours is ours to change (K1).
            const std::uint32_t held = pages_[cell.page].held.load(memory_order_relaxed);
            const std::uint32_t slot = cache->slot_of(begin_ + cell.page * kPageBytes, held);
            if (slot != CellCache::kNoSlot) {
                cache->put(slot, cell.index);
            } else {
                changed = keep(*cache, size_class, cell);
            }
            if (!std::exchange(cache->has_asked[size_class], true)) asks = size_class;
        }
    }
    if (folds || changed != kNoPage || asks != kCachedClasses) finish_free(changed, asks);
    return true;
}

/// Keeps the cell of a span that the cache does not hold, and gives back first what keeps it from
/// that (K5). Returns as give_kept().
PageIndex BlockAllocator::keep(CellCache& cache, std::uint32_t size_class, Cell cell) {
    PageIndex changed = kNoPage;
    const PageIndex kept = cache.kept[size_class].on();
    if (kept != kNoPage && kept != cell.page) {
        changed = give_kept(cache, size_class);  // there is as much room now as the cell takes
    } else if (!cache.has_room_to_keep()) {
        changed = give_kept(cache, cache.most_kept());
    }
    if (cache.kept[size_class].on() == kNoPage) {
        cache.keep_first(size_class, cell.page, cell.index);
    } else {
        cache.keep(size_class, cell.index);
    }
    return changed;
}

/// Puts what the cache keeps of the class into its span's record (K5). Returns the span if it may
/// have to be put on another list, else kNoPage.
PageIndex BlockAllocator::give_kept(CellCache& cache, std::uint32_t size_class) {
    CellCache::Kept& kept = cache.kept[size_class];
    const PageIndex page = kept.on();
    if (page == kNoPage) return kNoPage;
    // order: relaxed; one thread only, or under the lock; before the read-modify-write that gives.
    kept.page.store(kNoPage, memory_order_relaxed);
    Tally::set(cache.kept_bytes, Tally::get(cache.kept_bytes) - cache.kept_bytes_of(size_class));
    return give(page, std::exchange(kept.cells, {})) ? page : kNoPage;
}

/// The class is used: its stack gets room, if that is within the share (K4). Under the lock.
void BlockAllocator::open_stack(CellCache& cache, std::uint32_t size_class) {
    cache.has_asked[size_class] = true;
    CellCache::Stack& stack = cache.stacks[size_class];
    const std::size_t room = stack_room(size_class, cache.stacked_max);
    if (stack.end != stack.begin || cached_bytes_ + room * stack.cell_bytes > cache_limit_) return;
    stack.end = stack.begin + room;
    cached_bytes_ += room * stack.cell_bytes;
}

/// All that is on the stacks and that is kept goes back to the spans. Under the lock.
void BlockAllocator::give_all(CellCache& cache) {
    for (std::uint32_t c = 0; c < kCachedClasses; ++c) {
        if (OURO_MUTANT(kept_lost)) break;
        const PageIndex changed = give_kept(cache, c);
        if (changed != kNoPage) note_span(changed);
    }
    for (CellCache::Stack& stack : cache.stacks) {
        if (OURO_MUTANT(stacked_lost)) break;
        while (stack.count() != 0) {
            Header** const top = stack.load_top() - 1;
            stack.set_top(top);
            const Cell cell = cell_of(*top);
            // order: relaxed; what the record says of a span of ours is ours to change (K1).
            const std::uint32_t held = pages_[cell.page].held.load(memory_order_relaxed);
            const std::uint32_t slot = cache.slot_of(begin_ + cell.page * kPageBytes, held);
            if (slot != CellCache::kNoSlot) {
                cache.put(slot, cell.index);
            } else if (give(cell)) {
                note_span(cell.page);
            }
        }
    }
}

void BlockAllocator::fail_foreign(const Header* header) {
    platform::fatal("free of a foreign address", header);
}

/// `changed`: the span whose list may have to change, or kNoPage. `asks`: a class whose stack is to
/// get room, if there is some (K4), or kCachedClasses.
void BlockAllocator::finish_free(PageIndex changed, std::uint32_t asks) {
    if (changed != kNoPage || asks != kCachedClasses) {
        lock_.lock();
        if (changed != kNoPage) note_span(changed);
        CellCache* cache = cache_of(platform::current_context());
        if (asks != kCachedClasses && cache != nullptr) open_stack(*cache, asks);
    } else if (!lock_.try_lock()) {
        return;  // figures are not worth waiting for
    }
    fold_own_use();
    lock_.unlock();
}

void BlockAllocator::fold() { finish_free(kNoPage, kCachedClasses); }

bool BlockAllocator::free_dead_cached(PageIndex page, const CellBits& cells) {
    PageIndex changed = kNoPage;
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
            changed = page;
        }
    }
    if (folds || changed != kNoPage) finish_free(changed, kCachedClasses);
    return true;
}

}  // namespace ouro
