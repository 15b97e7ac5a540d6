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

}  // namespace ouro::testing
