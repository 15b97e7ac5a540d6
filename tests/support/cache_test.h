// For tests of what contexts keep at hand in the paged layout (heap/paged/cell_cache.h).
#pragma once

#include <cstddef>

#include "tests/support/heap_test.h"

namespace ouro::testing {

/// An object of so many bytes, without references.
template <std::size_t kBytes>
struct Payload {
    using ouro_leaf = void;
    std::byte bytes[kBytes];
};

/// No background thread; every context has a cache from its first object on.
inline ManagedHeapConfig with_caches(std::uint32_t percent = 20) {
    return changed(manual(), [percent](ManagedHeapConfig& c) {
        c.heap.cache_percent = percent;
        c.heap.cache_after = 0;
    });
}

/// The cache that the caller has in the heap; null: none.
inline CellCache* cache_of_caller(Heap& heap) {
    for (auto& place : platform::current_context().places) {
        auto* cache = static_cast<CellCache*>(place.load(platform::memory_order_relaxed));
        if (cache != nullptr && cache->blocks == &heap.blocks()) return cache;
    }
    return nullptr;
}

}  // namespace ouro::testing
