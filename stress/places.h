// Where threads meet: shared handles, shared weak references, and queues from thread to thread.
//
// User code (finalizers) comes here too, from whatever a thread was doing when it let a reference
// go. So nothing is released while a lock of this file is held: what leaves a place is handed out
// first.
#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <vector>

#include "platform/bounded_queue.h"
#include "stress/objects.h"

namespace ouro::stress {

/// Handles that any thread may read and replace.
class HandleTable {
public:
    explicit HandleTable(std::size_t size) : slots_(size) {}

    std::size_t size() const { return slots_.size(); }
    Ref<Object> copy(std::size_t index) {
        std::lock_guard<std::mutex> lock(slots_[index].mutex);
        return slots_[index].handle;
    }
    /// Puts `handle` in; returns what was there.
    Ref<Object> exchange(std::size_t index, Ref<Object> handle) {
        std::lock_guard<std::mutex> lock(slots_[index].mutex);
        slots_[index].handle.swap(handle);
        return handle;
    }
    /// Calls visit(handle) for all. Nobody writes meanwhile.
    template <class V>
    void for_each(V&& visit) const {
        for (const Slot& slot : slots_) visit(slot.handle);
    }

private:
    struct Slot {
        std::mutex mutex;
        Ref<Object> handle;
    };
    std::vector<Slot> slots_;
};

/// A weak reference and what the model knows of it.
struct WeakRecord {
    Weak<Body> weak;
    Serial serial = 0;
    bool seen_dead = false;  ///< lock() has failed once: it must fail for ever
};

/// Weak references that any number of threads lock at once; assignment is exclusive.
class WeakTable {
public:
    explicit WeakTable(std::size_t size) : slots_(size) {}

    std::size_t size() const { return slots_.size(); }
    void assign(std::size_t index, const Ref<Body>& target) {
        std::unique_lock<std::shared_mutex> lock(slots_[index].mutex);
        slots_[index].record.weak = target;
        slots_[index].record.serial = target ? target->mark.serial() : 0;
    }
    /// Locks the reference; `serial` becomes that of the object it was made for.
    Ref<Body> lock(std::size_t index, Serial& serial) {
        std::shared_lock<std::shared_mutex> lock(slots_[index].mutex);
        serial = slots_[index].record.serial;
        return slots_[index].record.weak.lock();
    }
    /// Calls visit(record) for all. Nobody else is here meanwhile.
    template <class V>
    void for_each(V&& visit) {
        for (Slot& slot : slots_) visit(slot.record);
    }

private:
    struct Slot {
        std::shared_mutex mutex;
        WeakRecord record;
    };
    std::vector<Slot> slots_;
};

/// A bounded lock-free queue of handles for every ordered pair of threads.
class Mail {
public:
    explicit Mail(unsigned threads) : threads_(threads), queues_(threads * threads) {}

    /// Sends the handle, unless the queue is full. True iff it was sent; else `handle` is as
    /// before.
    bool send(unsigned from, unsigned to, Ref<Object>& handle) {
        if (!queue(from, to).push(handle.bits())) return false;
        (void)handle.detach();
        return true;
    }
    Ref<Object> receive(unsigned from, unsigned to) {
        std::uintptr_t bits = 0;
        return queue(from, to).pop(bits) ? Ref<Object>::adopt(bits) : Ref<Object>();
    }
    /// Calls visit(bits) for every handle under way. Nobody sends or receives meanwhile.
    template <class V>
    void for_each(V&& visit) {
        for (Queue& queue : queues_) {
            std::vector<std::uintptr_t> handles;
            for (std::uintptr_t bits = 0; queue.pop(bits);) handles.push_back(bits);
            for (const std::uintptr_t bits : handles) {
                visit(bits);
                queue.push(bits);
            }
        }
    }
    /// Drops everything under way.
    void clear() {
        for (Queue& queue : queues_) {
            std::uintptr_t bits = 0;
            while (queue.pop(bits)) Ref<Object>::adopt(bits).reset();
        }
    }

private:
    using Queue = platform::BoundedQueue<std::uintptr_t, 15>;
    Queue& queue(unsigned from, unsigned to) { return queues_[from * threads_ + to]; }

    unsigned threads_;
    std::vector<Queue> queues_;
};

}  // namespace ouro::stress
