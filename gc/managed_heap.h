// ManagedHeap: the heap and its collector as one object. What most programs use.
#pragma once

#include <cstddef>
#include <span>
#include <utility>

#include "gc/collector.h"
#include "heap/make.h"

namespace ouro {

struct ManagedHeapConfig {
    HeapConfig heap;
    CollectorConfig collector;
};

/// Owns a Heap in a region of the caller's and a Collector in the same region.
///
/// The destructor shuts the heap down: it stops the background thread, runs the finalizers that
/// are due at exit (heap/finalizer.h), collects a last time, and leaves what is still referenced
/// alone (handles that outlive the heap may be destroyed later).
class ManagedHeap {
public:
    /// Makes the heap. Fails with region_too_small, too_many_heaps, busy (no thread to be had).
    static Result<ManagedHeap> create(std::span<std::byte> region,
                                      const ManagedHeapConfig& config = {});
    /// The same, stopping the program with the reason when it fails.
    explicit ManagedHeap(std::span<std::byte> region, const ManagedHeapConfig& config = {});
    ManagedHeap(ManagedHeap&& other) noexcept
        : heap_(std::exchange(other.heap_, nullptr)),
          collector_(std::exchange(other.collector_, nullptr)) {}
    ManagedHeap& operator=(ManagedHeap&&) = delete;
    ~ManagedHeap();

    /// Makes a T; without memory it stops the program (after HeapConfig::out_of_memory).
    template <class T, class... Args>
    Ref<T> make(Args&&... args) {
        return ouro::make<T>(*heap_, std::forward<Args>(args)...);
    }
    /// Makes a T or says why not.
    template <class T, class... Args>
    Result<Ref<T>> try_make(Args&&... args) {
        return ouro::try_make<T>(*heap_, std::forward<Args>(args)...);
    }

    Heap& heap() { return *heap_; }
    Collector& collector() { return *collector_; }
    Statistics statistics() { return heap_->statistics(); }
    CollectResult collect() { return collector_->collect(); }

private:
    ManagedHeap() = default;

    Heap* heap_ = nullptr;
    Collector* collector_ = nullptr;
};

}  // namespace ouro
