// The heaps that there are: so that an object's heap is found by its address, and no memory becomes
// part of two of them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "heap/heap_config.h"
#include "platform/atomic.h"
#include "platform/context.h"

namespace ouro {

class Heap;

using platform::kHeapsMax;

/// A heap and its region, which is not looked at to find out that it is another's: its owner may
/// have taken it back while forgotten handles kept the heap in its place.
struct Place {
    platform::atomic<Heap*> heap{nullptr};
    platform::atomic<std::uintptr_t> begin{0};
    platform::atomic<std::size_t> bytes{0};
    platform::atomic<std::uint32_t> shut_down{0};  ///< 1: handles may be all that is left of it

    bool is_of(std::span<std::byte> region) const {
        // order: acquire, both; pairs with create().
        return reinterpret_cast<std::uintptr_t>(region.data()) ==
                   begin.load(platform::memory_order_acquire) &&
               region.size() == bytes.load(platform::memory_order_acquire);
    }
    bool overlaps(std::span<std::byte> region) const {
        // order: acquire, both; pairs with create().
        const std::uintptr_t start = begin.load(platform::memory_order_acquire);
        const auto other = reinterpret_cast<std::uintptr_t>(region.data());
        return other < start + bytes.load(platform::memory_order_acquire) &&
               start < other + region.size();
    }
};
extern constinit Place g_heaps[kHeapsMax];

}  // namespace ouro
