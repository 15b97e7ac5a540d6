// Weak<T>: a reference that does not keep its object alive.
#pragma once

#include <type_traits>
#include <utility>

#include "heap/heap.h"
#include "heap/ref.h"
#include "heap/weak_list.h"

namespace ouro {

namespace detail {
/// The anchor of the object's weak references; null when its type is not weakly referable.
WeaklyReferable* weakly_referable(const Ref<Object>& target);
}  // namespace detail

/// Refers to a managed T without counting. Dead for good from the moment the object's reclaim is
/// certain: by count after its finalizer (if that did not resurrect it), by the collector before
/// any finalizer of the cycle.
///
/// T derives from WeaklyReferable. Creating, copying, moving and destroying take the heap's weak
/// lock for a few instructions, allocate nothing and touch no count. lock() may be called by any
/// number of threads at once; assigning to one Weak from two threads needs the user's own lock,
/// like an int.
template <class T>
class Weak {
public:
    Weak() = default;
    explicit Weak(const Ref<T>& target) { attach(target); }
    Weak(const Weak& other) { node_.attach_beside(other.node_); }
    Weak(Weak&& other) noexcept {
        node_.attach_beside(other.node_);
        other.node_.detach();
    }
    Weak& operator=(const Weak& other) {
        if (this == &other) return *this;
        node_.detach();
        node_.attach_beside(other.node_);
        return *this;
    }
    Weak& operator=(Weak&& other) noexcept {
        if (this == &other) return *this;
        *this = static_cast<const Weak&>(other);
        other.node_.detach();
        return *this;
    }
    Weak& operator=(const Ref<T>& target) {
        node_.detach();
        attach(target);
        return *this;
    }
    ~Weak() { node_.detach(); }

    /// A counted reference to the object, or null when it is dead. Time: see WeakNode::upgrade().
    Ref<T> lock() const { return Ref<T>::adopt(reinterpret_cast<std::uintptr_t>(node_.upgrade())); }
    /// Has the object died? False may be outdated by the time it is returned. Takes no reference,
    /// and so ends nothing. Time: O(1). ISR: yes.
    bool expired() const { return node_.is_dead(); }
    void reset() { node_.detach(); }

private:
    void attach(const Ref<T>& target) {
        static_assert(std::is_base_of_v<WeaklyReferable, T>,
                      "Weak<T>: derive T from ouro::WeaklyReferable (first, publicly)");
        if (!target) return;
        WeakAnchor* anchor = target.get();
        OURO_ASSERT(static_cast<void*>(anchor) == static_cast<void*>(target.get()),
                    "WeaklyReferable must be the first base class");
        Heap* heap = Heap::of(target.get());
        if (heap != nullptr) node_.attach(*heap, target.get());
    }

    WeakNode node_;
};

}  // namespace ouro
