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

/// What the end of a heap has done.
struct ShutdownReport {
    std::size_t collected = 0;      ///< objects that the last collections found unreachable
    std::size_t uncollectable = 0;  ///< of these, kept because of legacy finalizers
    std::size_t finalized = 0;      ///< finalizers of objects that were still referenced
    std::size_t live_objects = 0;   ///< that live beyond the end: held by handles, frozen, kept
    std::size_t live_bytes = 0;     ///< their payload
    bool complete = true;           ///< false: finalizers kept making objects to the last
};

/// Owns a Heap in a region of the caller's and a Collector in the same region.
///
/// The destructor shuts the heap down (see shut_down()). Handles that outlive the heap may be
/// destroyed later.
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

    /// Ends the heap's work: stops the background thread, runs the finalizers that are due at exit
    /// (heap/finalizer.h), collects, runs the finalizers of all objects that are still referenced,
    /// each as ever at most once, and collects what that has set free. From then on nothing can be
    /// made. A second call does nothing but report. No other thread uses the heap meanwhile.
    ShutdownReport shut_down();

    /// The two that it consists of, and what is asked of them most often.
    Heap& heap() { return *heap_; }
    Collector& collector() { return *collector_; }
    Statistics statistics() { return heap_->statistics(); }
    CollectResult collect() { return collector_->collect(); }

private:
    ManagedHeap() = default;
    void collect_all(ShutdownReport& report);

    Heap* heap_ = nullptr;
    Collector* collector_ = nullptr;
};

}  // namespace ouro
