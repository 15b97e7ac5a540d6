// Blocks made and freed in the calling context's cache, without the lock. See cell_cache.h.
//
// For the few places that most objects pass when they are made and when they end, as a part of
// these: what a call would cost there is as much as the work.
#pragma once

#include "heap/paged/block_allocator.h"
#include "platform/annotate.h"
#include "platform/compiler.h"
#include "platform/context.h"
#include "platform/fatal.h"
#include "platform/mutant.h"

namespace ouro {

OURO_ALWAYS_INLINE Header* BlockAllocator::allocate_cached(std::size_t payload_bytes,
                                                           TypeIndex type) {
    const std::size_t bytes = cell_bytes_for(payload_bytes);
    if (bytes > kLargestCachedCell || place_ == kNoPlace) return nullptr;
    const std::uint32_t size_class = kClassOfUnits[(bytes + 15) / 16];
    Header* header = nullptr;
    bool folds = false;
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
        begin_block(header, type);
        folds = cache->count_made(type, payload_bytes, kSizeClassTable[size_class].cell_bytes);
    }
    if (OURO_UNLIKELY(folds)) finish_free(kNoPage);
    platform::unpoison(header->payload(), payload_bytes);
    return header;
}

OURO_ALWAYS_INLINE bool BlockAllocator::free_cached(Header* header, std::size_t payload_bytes,
                                                    bool by_count) {
    if (place_ == kNoPlace) return false;
    PageIndex changed = kNoPage;
    bool folds = false;
    {
        platform::Context& context = platform::current_context();
        platform::LoadWindow window(context);
        CellCache* cache = CellCache::of(context, *this, place_);
        if (cache == nullptr) return false;
        if (OURO_UNLIKELY(!contains(header))) fail_foreign(header);
        PageIndex page = page_of(header);
        const PageInfo* record = &pages_[page];
        PageLayout layout = record->load_layout();
        if (OURO_UNLIKELY(layout.kind == PageLayout::kSpanTail)) {
            page -= layout.pages;
            record = &pages_[page];
            layout = record->load_layout();
        }
        if (OURO_UNLIKELY(layout.kind != PageLayout::kSpan)) fail_foreign(header);
        if (OURO_UNLIKELY(layout.size_class == kLargeClass)) return false;
        const SizeClass& size = kSizeClassTable[layout.size_class];
        const std::uint64_t offset =
            reinterpret_cast<std::uintptr_t>(header) - begin_ - page * kPageBytes;
        const auto cell = static_cast<std::uint32_t>((offset * size.reciprocal) >> 32);
        folds = cache->count_ended(header->load_info().type(), payload_bytes, size.cell_bytes,
                                   by_count);
        // order: release; who finds the type gone finds the cell free.
        header->info.store(0, platform::memory_order_release);
        platform::poison(header->payload(), size.cell_bytes - sizeof(Header));
        // order: relaxed; what the record says of a span of ours is ours to change (K1).
        const std::uint32_t held = record->held.load(platform::memory_order_relaxed);
        const std::uint32_t slot = cache->slot_of(page, held);
        if (OURO_LIKELY(slot != CellCache::kNoSlot)) {
            cache->put(slot, cell);
        } else if (size.cell_bytes > kLargestCachedCell ||
                   !cache->keep(page, cell, size.cell_bytes)) {
            changed = give_or_keep(*cache, {page, cell}, size.cell_bytes);
        }
    }
    if (OURO_UNLIKELY(folds || changed != kNoPage)) finish_free(changed);
    return true;
}

}  // namespace ouro
