#include "tools/drop_activity.h"

namespace ouro::tools {

using platform::memory_order_acq_rel;
using platform::memory_order_acquire;
using platform::memory_order_relaxed;

// order: acq_rel on running_, so that its values are a history that all threads agree on; the rest
// are figures, read when the threads have been joined, or hints for pacing.

void DropActivity::enter() {
    const std::uint32_t now = running_.fetch_add(1, memory_order_acq_rel) + 1;
    std::uint32_t most = running_max_.load(memory_order_relaxed);
    while (now > most) {  // ends: `most` rises at every turn
        if (running_max_.compare_exchange(most, now, memory_order_relaxed, memory_order_relaxed)) {
            return;
        }
    }
}

void DropActivity::leave() { running_.fetch_sub(1, memory_order_acq_rel); }

std::uint32_t DropActivity::threads_at_once() const {
    return running_max_.load(memory_order_relaxed);
}

void DropActivity::watch(ManagedHeap& heap) {
    heap_ = &heap;
    [[maybe_unused]] const bool added =
        heap.collector().add_callback(&DropActivity::announced, this);
}

bool DropActivity::collector_is_due() {
    return heap_ != nullptr &&
           (heap_->heap().signal().pages() > 0 || heap_->collector().collecting());
}

std::uint32_t DropActivity::passes_during_drops() const {
    return passes_during_drops_.load(memory_order_relaxed);
}

void DropActivity::announced(void* self, const CollectInfo& info) {
    if (info.phase != CollectPhase::start || !info.automatic) return;
    auto* activity = static_cast<DropActivity*>(self);
    if (activity->running_.load(memory_order_acquire) > 0) {
        activity->passes_during_drops_.fetch_add(1, memory_order_relaxed);
    }
}

}  // namespace ouro::tools
