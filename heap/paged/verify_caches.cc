// verify() of the caches of contexts: each is a cache, its slots hold what they say, and each cell
// that has no bit anywhere is there once.
#include "heap/paged/verify_blocks.h"
#include "platform/context.h"

namespace ouro {

using platform::memory_order_relaxed;

/// Is there a cache? It may be any address.
bool BlockAllocator::verify_cache(const CellCache* at, bool is_taken) const {
    if (!contains(at) || (reinterpret_cast<std::uintptr_t>(at) - begin_) % kPageBytes != 0)
        return false;
    const CellCache& cache = *at;
    const PageLayout layout = pages_[page_of(&cache)].load_layout();
    if (layout.kind != PageLayout::kCache || cache.pages != layout.pages) return false;
    if (cache.blocks != this || cache.types != types_->types_max()) return false;
    if ((cache.owner == nullptr) != is_taken) return false;
    if (is_taken) return true;
    if (reinterpret_cast<std::uintptr_t>(cache.owner) % alignof(platform::Context) != 0)
        return false;
    // order: relaxed; nobody else is there. Who says to be its owner has it in its place.
    return cache.owner->places[place()].load(memory_order_relaxed) == &cache;
}

/// Null iff it is a free cell of a span of the class, that has no bit. The pages are sound.
const char* BlockAllocator::verify_idle_cell(const Header* header, std::uint32_t size_class) const {
    const Cell cell = cell_of(header);
    if (cell.page == kNoPage || header_of_cell(cell) != header ||
        pages_[cell.page].load_layout().size_class != size_class || header->load_info().bits != 0)
        return "K5: what a cache has at hand";
    const CellBits free = free_cells(cell.page, holder_of(cell.page));
    return free.test(cell.index) ? "B3: a cell is free twice" : nullptr;
}

/// Does each of the stacks lie where it should, and end where it may?
bool BlockAllocator::are_stacks_sound(const CellCache& cache) const {
    if (is_caching_ && (cache.stacked_max != stacked_max() || cache.kept_max != kept_max()))
        return false;
    Header* const* room = cache.stack_cells;
    for (std::uint32_t c = 0; c < kCachedClasses; ++c) {
        const CellCache::Stack& stack = cache.stacks[c];
        Header* const* const end = room + stack_room(c, cache.stacked_max);
        if (stack.begin != room || (stack.end != room && stack.end != end) ||
            stack.load_top() < room || stack.load_top() > stack.end ||
            stack.cell_bytes != kSizeClassTable[c].cell_bytes)
            return false;
        room = end;
    }
    return true;
}

/// K5: what is on the stacks and what is kept. The pages have been found sound.
const char* BlockAllocator::verify_idle(const CellCache& cache, Met& met) const {
    std::size_t bytes = 0;
    for (std::uint32_t c = 0; c < kCachedClasses; ++c) {
        const CellCache::Stack& stack = cache.stacks[c];
        for (Header* const* at = stack.begin; at != stack.load_top(); ++at) {
            if (const char* broken = verify_idle_cell(*at, c)) return broken;
            bytes += stack.cell_bytes;
            met.at_hand.add(*at);
        }
    }
    std::size_t kept_bytes = 0;
    for (std::uint32_t c = 0; c < kCachedClasses; ++c) {
        const CellCache::Kept& kept = cache.kept[c];
        const PageIndex page = kept.on();
        if (kept.cells.any() != (page != kNoPage)) return "K5: what a cache keeps";
        if (page == kNoPage) continue;
        const bool is_span = page < page_count_ && cells_in(page) != 0;
        if (!is_span || pages_[page].load_layout().size_class != c) return "K5: what a cache keeps";
        CellBits rest = kept.cells;
        for (std::uint32_t cell = rest.take_first(); cell < kCellsMax; cell = rest.take_first()) {
            if (cell >= cells_in(page)) return "B3: a free cell behind the span";
            if (const char* broken = verify_idle_cell(header_of_cell({page, cell}), c))
                return broken;
            met.at_hand.add(header_of_cell({page, cell}));
        }
        kept_bytes += cache.kept_bytes_of(c);
    }
    if (kept_bytes != Tally::get(cache.kept_bytes) || kept_bytes > cache.kept_max)
        return "K5: what a cache keeps";
    met.used_bytes -= bytes + kept_bytes;
    return nullptr;
}

/// K3, and what for_each_cache() relies on.
const char* BlockAllocator::verify_caches(Met& met) const {
    for (const bool is_taken : {false, true}) {
        for (const CellCache* cache = is_taken ? taken_caches_ : caches_; cache != nullptr;
             cache = cache->next) {
            if (met.caches++ == page_count_ || !verify_cache(cache, is_taken))
                return "a cache, or the list of caches";
            if (!are_stacks_sound(*cache)) return "K5: a stack";
            met.cached_bytes += bytes_of_cache(*cache);
            if (!cache->are_rings_whole()) return "K3: the rings of slots";
            for (std::uint32_t i = 0; i < CellCache::kSlots; ++i) {
                const std::uintptr_t begin = cache->slots[i].begin;
                if (begin == 0) continue;
                if ((begin - begin_) % kPageBytes != 0 ||
                    (begin - begin_) / kPageBytes >= page_count_)
                    return "K3: the page of a slot";
                const PageInfo& record = record_at(begin);
                const PageLayout layout = record.load_layout();
                if (layout.kind != PageLayout::kSpan || layout.size_class != cache->class_of[i])
                    return "K3: the class of a slot";
                // order: relaxed; nobody else is there.
                if (record.held.load(memory_order_relaxed) != i + 1)
                    return "K3: the slot of a span";
                met.cached_bytes += std::size_t{layout.pages} * kPageBytes;
                ++met.slots;
            }
        }
    }
    return nullptr;
}

}  // namespace ouro
