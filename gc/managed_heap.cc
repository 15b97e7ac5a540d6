#include "gc/managed_heap.h"

#include <new>

namespace ouro {

Result<ManagedHeap> ManagedHeap::create(std::span<std::byte> region,
                                        const ManagedHeapConfig& config) {
    auto heap = Heap::create(region, config.heap, sizeof(Collector));
    if (!heap) return heap.error();
    ManagedHeap managed;
    managed.heap_ = *heap;
    managed.collector_ = new (managed.heap_->extra()) Collector(*managed.heap_, config.collector);
    if (config.collector.background && !managed.collector_->start()) return Error::busy;
    return managed;
}

ManagedHeap::ManagedHeap(std::span<std::byte> region, const ManagedHeapConfig& config)
    : ManagedHeap(create(region, config).value()) {}

/// What finalizers of the last collection drop goes too, within reason.
void ManagedHeap::collect_all(ShutdownReport& report) {
    report.complete = false;
    for (int round = 0; round < 16 && !report.complete; ++round) {
        const std::size_t before = statistics().live_objects;
        const CollectResult result = collector_->collect();
        report.collected += result.unreachable;
        report.uncollectable += result.uncollectable;
        report.complete =
            result.complete && result.unreachable == 0 && statistics().live_objects == before;
    }
}

ShutdownReport ManagedHeap::shut_down() {
    ShutdownReport report;
    if (!heap_->is_shut_down()) {
        collector_->stop();
        heap_->finalizers().run_at_exit(*heap_);
        collect_all(report);
        bool all_finalized = false;
        report.finalized = collector_->finalize_survivors(all_finalized);
        collect_all(report);
        report.complete = report.complete && all_finalized;
        heap_->shut_down();
    }
    report.live_objects = statistics().live_objects;
    report.live_bytes = statistics().live_bytes;
    return report;
}

ManagedHeap::~ManagedHeap() {
    if (heap_ == nullptr) return;
    shut_down();
    collector_->~Collector();
    heap_->destroy();
}

}  // namespace ouro
