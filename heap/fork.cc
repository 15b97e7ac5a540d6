// What a fork does to the heaps of a process.
#include "heap/heap.h"
#include "heap/registry.h"
#include "platform/context.h"

namespace ouro {

using platform::memory_order_acquire;

// The child has one thread. First the collections of all heaps are waited for, then every lock is
// taken, in the heap's order and with no pass under way, so the child finds consistent structures
// and can give the locks back. Threads of the parent that were in the middle of an operation leave
// what they held: a leak in the child (Heap::is_inherited), nothing worse.

void Heap::lock_all() {
    weak_lock_.lock();
    postponed_lock_.lock();
    interned_.lock().lock();
    blocks_.lock().lock();
    guards_.before_fork();
    signal_.wake().before_fork();
}

void Heap::unlock_all(bool in_child, bool others_are_gone) {
    signal_.wake().after_fork(in_child);
    if (others_are_gone) {
        // order: relaxed; one thread only.
        life_.fetch_or(kInherited, platform::memory_order_relaxed);
        blocks_.forget_other_contexts();
        guards_.forget_others(platform::current_context());
    }
    guards_.after_fork();
    blocks_.lock().unlock();
    interned_.lock().unlock();
    postponed_lock_.unlock();
    weak_lock_.unlock();
    if (in_child) candidates_.list_again(others_are_gone);
    if (hooks_.after_fork != nullptr) hooks_.after_fork(hooks_.self, in_child);
}

// The heaps that are locked around the fork; others may be made or end between the handlers.
static Heap* g_forking[kHeapsMax];
void Heap::before_fork() {
    BlockAllocator::ends_lock().lock();
    for (std::size_t i = 0; i < kHeapsMax; ++i) {
        g_forking[i] = g_heaps[i].heap.load(memory_order_acquire);  // order: pairs with create()
    }
    for (const bool lock : {false, true}) {
        for (Heap* heap : g_forking) {
            if (heap != nullptr && heap->hooks_.before_fork != nullptr)
                heap->hooks_.before_fork(heap->hooks_.self, lock);
        }
    }
    for (Heap* heap : g_forking) {
        if (heap != nullptr) heap->lock_all();
    }
}

void Heap::after_fork_in_parent() {
    for (Heap* heap : g_forking) {
        if (heap != nullptr) heap->unlock_all(false, false);
    }
    BlockAllocator::ends_lock().unlock();
}

void Heap::after_fork_in_child() {
    const bool others_are_gone = platform::forget_other_contexts();
    for (Heap* heap : g_forking) {
        if (heap != nullptr) heap->unlock_all(true, others_are_gone);
    }
    BlockAllocator::ends_lock().unlock();
}

}  // namespace ouro
