// What a fork does to the collector: see heap/fork.cc.
#include "gc/collecting_scope.h"
#include "gc/collector.h"

namespace ouro {

using platform::memory_order_relaxed;

/// First round: the collections of all heaps are waited for, while all locks can still be had.
void Collector::before_fork_hook(void* self, bool lock) {
    auto& collector = *static_cast<Collector*>(self);
    if (lock) {
        collector.pass_lock_.lock();
        while (collector.step_pass(collector.config_.step_units)) {
        }
        collector.pass_.put_back_taken();
        collector.collection_lock_.lock();
        collector.pause_.before_fork();
        return;
    }
    collector.forking_in_collection_ = CollectingScope::is_here(collector.collecting_on_);
    if (!collector.forking_in_collection_) collector.enter_collection(true);
}

void Collector::after_fork_hook(void* self, bool in_child) {
    auto& collector = *static_cast<Collector*>(self);
    collector.pause_.after_fork(in_child);
    if (!collector.forking_in_collection_) {  // as leave_collection(), whose lock is held
        collector.batch_waits_ = !collector.stepping_ && !collector.batch_.empty();
        collector.collection_taken_ = collector.batch_waits_;
    }
    collector.collection_lock_.unlock();
    if (in_child) collector.pass_lock_.forget_waiters();
    collector.pass_lock_.unlock();
    if (in_child) {
        collector.thread_.forget();
        // order: relaxed, both; the child has one thread.
        collector.running_.store(0, memory_order_relaxed);
        collector.waiting_.store(0, memory_order_relaxed);
    }
}

}  // namespace ouro
