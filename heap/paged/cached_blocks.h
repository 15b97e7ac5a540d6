// Blocks made and freed with what is at hand in the calling context's cache. See cell_cache.h.
//
// For the few places that most objects pass when they are made and when they end, as a part of
// these: what a call would cost there is as much as the work.
#pragma once

#include "heap/paged/block_allocator.h"
#include "platform/compiler.h"
#include "platform/context.h"
#include "platform/mutant.h"

namespace ouro {

OURO_ALWAYS_INLINE Header* BlockAllocator::allocate_at_hand(std::size_t payload_bytes,
                                                            std::size_t own_bytes, TypeIndex type,
                                                            bool& folds) {
    const std::size_t bytes = cell_bytes_for(payload_bytes);
    platform::Context* const context = platform::known_context();
    if (OURO_UNLIKELY(bytes > kLargestCachedCell || context == nullptr)) return nullptr;
    const std::uint32_t size_class = kClassOfUnits[(bytes + 15) / 16];
    CellCache* early = OURO_MUTANT(cache_found_early) ? cache_of(*context) : nullptr;
    platform::LoadWindow window(*context);
    CellCache* cache = OURO_MUTANT(cache_found_early) ? early : cache_of(*context);
    if (OURO_UNLIKELY(cache == nullptr)) return nullptr;
    CellCache::Stack& stack = cache->stacks[size_class];
    Header** const top = stack.load_top();
    Header* header = nullptr;
    if (top != stack.begin) {
        header = top[-1];
        stack.set_top(top - 1);
    } else {
        header = cache->take_from_current(size_class);
        if (OURO_UNLIKELY(header == nullptr)) return nullptr;
    }
    folds = cache->tally.use(stack.cell_bytes, CellCache::kUnfoldedMax);
    begin_block(header, type);
    cache->count_made(type, own_bytes);
    return header;
}

/// Where the stack of the class is full (K5): end(), and then the cell is put elsewhere. False:
/// nothing was done, something that is kept is to be given back first.
template <class End>
OURO_ALWAYS_INLINE bool BlockAllocator::put_or_keep(CellCache& cache, const Header* header,
                                                    std::uint32_t size_class, End&& end) {
    const Head head = head_of(header);
    const std::uintptr_t begin = begin_ + head.page * kPageBytes;
    const std::uint64_t offset = reinterpret_cast<std::uintptr_t>(header) - begin;
    const std::uint64_t reciprocal = kSizeClassTable[size_class].reciprocal;
    const auto cell = static_cast<std::uint32_t>((offset * reciprocal) >> 32);
    // order: relaxed; what the record says of a span of ours is ours to change (K1).
    const std::uint32_t held = pages_[head.page].held.load(platform::memory_order_relaxed);
    const std::uint32_t slot = cache.slot_of(begin, held);
    if (slot == CellCache::kNoSlot) {
        if (!cache.may_keep(size_class, head.page)) return false;
        end();
        cache.keep(size_class, cell);
    } else {
        end();
        cache.put(slot, cell);
    }
    return true;
}

OURO_ALWAYS_INLINE bool BlockAllocator::free_at_hand(Header* header, WordValue dead, TypeIndex type,
                                                     std::size_t payload_bytes,
                                                     std::size_t own_bytes) {
    const std::size_t bytes = cell_bytes_for(payload_bytes);
    platform::Context* const context = platform::known_context();
    if (OURO_UNLIKELY(bytes > kLargestCachedCell || context == nullptr)) return false;
    std::uint32_t size_class = kClassOfUnits[(bytes + 15) / 16];
    if (OURO_UNLIKELY(has_misfits())) {
        size_class = head_of(header).layout.size_class;
        if (size_class >= kCachedClasses) return false;
    }
    platform::LoadWindow window(*context);
    CellCache* cache = cache_of(*context);
    if (OURO_UNLIKELY(cache == nullptr)) return false;
    CellCache::Stack& stack = cache->stacks[size_class];
    const std::uintptr_t used = Tally::get(cache->tally.used) - stack.cell_bytes;
    if (OURO_UNLIKELY(static_cast<std::ptrdiff_t>(used) < -CellCache::kUnfoldedMax)) return false;
    const auto end = [header, dead] {
        // order: release, both; who still looks (in a load window) finds the object dead, and who
        // finds the type gone finds the cell free. A fork's child finds no cell at hand before.
        header->store_word(dead, platform::memory_order_release);
        header->info.store(0, platform::memory_order_release);
    };
    Header** const top = stack.load_top();
    if (top != stack.end) {
        end();
        *top = header;
        stack.set_top(top + 1);
    } else if (!put_or_keep(*cache, header, size_class, end)) {
        return false;
    }
    Tally::set(cache->tally.used, used);
    cache->count_ended(type, own_bytes);  // the heap may end with it: nothing else behind it
    return true;
}

}  // namespace ouro
