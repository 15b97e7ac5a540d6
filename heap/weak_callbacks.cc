// Callbacks of weak reference objects: run where the target ends, or put off.
#include "heap/heap.h"
#include "heap/weak_list.h"

namespace ouro {

using platform::memory_order_acq_rel;
using platform::memory_order_release;

/// True iff that was the last reference to the weak reference, which has ended. It may be another
/// heap's object.
bool Heap::run_callback(ObjectWeakNode& node) {
    Heap& its_heap = *of(&node);
    const WeakCallback callback = node.take_callback();
    if (callback != nullptr) callback(*reinterpret_cast<WeakReference*>(&node));
    const bool last = its_heap.drop_held(header_of(&node));
    if (last) its_heap.end_object(&node);
    return last;
}

void Heap::cut_weak_references(void* object, bool callbacks_now) {
    auto* anchor = static_cast<WeakAnchor*>(object);
    if (anchor->empty()) return;
    if (!callbacks_now) {
        anchor->cut_all(*this, waiting_callbacks_);
        platform::LockGuard guard(weak_lock_);
        // order: release; a hint, pairs with has_postponed().
        if (!waiting_callbacks_.empty()) callbacks_wait_.store(1, memory_order_release);
        return;
    }
    DueCallbacks due;
    anchor->cut_all(*this, due);
    while (ObjectWeakNode* node = due.take()) run_callback(*node);
}

std::uint32_t Heap::run_waiting_callbacks(std::uint32_t limit, std::size_t& ended) {
    std::uint32_t run = 0;
    while (run < limit) {
        ObjectWeakNode* node = nullptr;
        {
            platform::LockGuard guard(weak_lock_);
            node = waiting_callbacks_.take();
            // order: release; as in cut_weak_references().
            if (node == nullptr) callbacks_wait_.store(0, memory_order_release);
        }
        if (node == nullptr) break;
        Header* header = header_of(node);
        announce_legacy_user_code(header);
        // One that a collection has called is not set aside any more (gc.freeze), as in CPython.
        // order: acq_rel; one of several writers, all by read-modify-write while it is frozen.
        if (header->load_info().frozen())
            header->info.fetch_and(~InfoValue::kFrozen, memory_order_acq_rel);
        if (run_callback(*node)) ++ended;
        ++run;
    }
    return run;
}

}  // namespace ouro
