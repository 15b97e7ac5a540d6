#include "gc/managed_heap.h"

#include <new>

namespace ouro {

namespace {
std::size_t round_up(std::size_t bytes) { return (bytes + 63) & ~std::size_t{63}; }
}  // namespace

Result<ManagedHeap> ManagedHeap::create(std::span<std::byte> region,
                                        const ManagedHeapConfig& config) {
    const std::size_t tables = round_up(Collector::bytes_needed(region.size()));
    auto heap = Heap::create(region, config.heap, tables + sizeof(Collector));
    if (!heap) return heap.error();
    ManagedHeap managed;
    managed.heap_ = *heap;
    void* memory = static_cast<std::byte*>(managed.heap_->extra()) + tables;
    managed.collector_ = new (memory) Collector(*managed.heap_, config.collector, region.size());
    if (config.collector.background && !managed.collector_->start()) return Error::busy;
    return managed;
}

ManagedHeap::ManagedHeap(std::span<std::byte> region, const ManagedHeapConfig& config)
    : ManagedHeap(create(region, config).value()) {}

ManagedHeap::~ManagedHeap() {
    if (heap_ == nullptr) return;
    collector_->stop();
    heap_->finalizers().run_at_exit(*heap_);
    // What finalizers of the last collection drop goes too, within reason.
    for (int round = 0; round < 16; ++round) {
        const std::size_t before = statistics().live_objects;
        if (collector_->collect().unreachable == 0 && statistics().live_objects == before) break;
    }
    collector_->~Collector();
    heap_->destroy();
}

}  // namespace ouro
