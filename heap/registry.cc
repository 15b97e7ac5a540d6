#include "heap/registry.h"

#include "heap/heap.h"
#include "platform/annotate.h"

namespace ouro {

using platform::memory_order_acq_rel;
using platform::memory_order_acquire;
using platform::memory_order_release;

constinit Place g_heaps[kHeapsMax];

bool Heap::enter_registry() {
    for (Place& place : g_heaps) {
        Heap* expected = nullptr;
        // order: acq_rel; pairs with of(): the heap is complete before it can be found.
        if (!place.heap.compare_exchange(expected, this, memory_order_acq_rel,
                                         memory_order_acquire))
            continue;
        // order: release, all; pairs with of() and overlaps(): now it is found.
        place.shut_down.store(0, memory_order_release);
        place.begin.store(reinterpret_cast<std::uintptr_t>(region_.data()), memory_order_release);
        place.bytes.store(region_.size(), memory_order_release);
        number_ = static_cast<std::uint32_t>(&place - g_heaps);
        return true;
    }
    return false;
}

void Heap::shut_down() {
    life_.fetch_or(kShutDown, memory_order_release);  // order: pairs with is_shut_down()
    for (Place& place : g_heaps) {
        // order: acquire, release; pairs with create() and region_is_free().
        if (place.heap.load(memory_order_acquire) == this)
            place.shut_down.store(1, memory_order_release);
    }
    blocks_.stop_caching();
}

// Interned strings never end; handles to them must not outlive the region's use as this heap.
bool Heap::live_handles_possible() { return live_objects() > interned_.count(); }

/// An object of a heap that was shut down has ended.
void Heap::end_if_last() {
    if (!live_handles_possible()) unregister();
}

void Heap::unregister() {
    for (Place& place : g_heaps) {
        // order: acquire; pairs with create().
        if (place.heap.load(memory_order_acquire) != this) continue;
        // order: acq_rel; nobody finds the heap after this. One of several who saw its end does it.
        if (place.bytes.exchange(0, memory_order_acq_rel) == 0) continue;
        blocks_.abandon();
        place.heap.store(nullptr, memory_order_release);  // order: the place is another's
    }
}

// A heap that was shut down leaves its place when the last handle to its objects has gone, or the
// region with it.
bool Heap::region_is_free(std::span<std::byte> region) {
    for (Place& place : g_heaps) {
        if (!place.overlaps(region)) continue;
        Heap* heap = place.heap.load(memory_order_acquire);  // order: pairs with create()
        if (heap == nullptr) continue;
        // Memory that was taken back and comes to this caller anew has nothing of the heap in it. A
        // heap that lies beside it is not looked at: its memory may be nobody's.
        const auto start = reinterpret_cast<std::uintptr_t>(region.data());
        const std::uintptr_t at = reinterpret_cast<std::uintptr_t>(heap) - start;
        const bool visible = at < region.size() && region.size() - at >= sizeof(Heap);
        // order: acquire; pairs with shut_down().
        if (!visible && place.shut_down.load(memory_order_acquire) == 0) return false;
        if (!visible || !place.is_of(heap->region_)) {
            platform::unpoison(region.data(), region.size());
            // order: release, both; the place is another's.
            place.bytes.store(0, memory_order_release);
            place.heap.store(nullptr, memory_order_release);
            continue;
        }
        if (!heap->is_shut_down() || heap->live_handles_possible()) return false;
        heap->unregister();
    }
    return true;
}

Heap* Heap::of(const void* address) {
    const auto at = reinterpret_cast<std::uintptr_t>(address);
    for (Place& place : g_heaps) {
        // order: acquire, both; pairs with create(). The heap has the last word, should it change.
        const std::size_t bytes = place.bytes.load(memory_order_acquire);
        if (at - place.begin.load(memory_order_acquire) >= bytes) continue;
        Heap* heap = place.heap.load(memory_order_acquire);  // order: pairs with create()
        if (heap != nullptr && heap->blocks_.contains(address)) return heap;
    }
    return nullptr;
}

}  // namespace ouro
