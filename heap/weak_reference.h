// WeakReference: a weak reference that is itself a managed object, as Python's are.
#pragma once

#include "heap/make.h"
#include "heap/weak.h"

namespace ouro {

/// Refers to an object without counting, can be referred to itself, and may call back when the
/// object has died. It is tracked: a collection that finds it unreachable counts it.
///
/// The callback runs once, after the target has died and before anything that the target refers to
/// is let go: by count on the releasing thread, after the target's finalizer; by collection before
/// the finalizers of the garbage (or in drain()). Callbacks of one target run the newest first.
/// It does not run when the weak reference goes first, or is garbage of the same collection.
/// `self` is held meanwhile; no query counts that reference.
///
/// Derive from it (first, publicly) to add data for the callback; fields are declared as always.
/// Semantics: Python's weakref.ref (docs/semantics.md).
class WeakReference {
public:
    using Callback = WeakCallback;
    using ouro_leaf = void;
    static constexpr const char* ouro_name = "WeakReference";

    /// To `target`, which derives from WeaklyReferable. A null target is dead from the start.
    template <class T>
    explicit WeakReference(const Ref<T>& target, Callback callback = nullptr) : node_(callback) {
        static_assert(std::is_base_of_v<WeaklyReferable, T>,
                      "WeakReference: derive T from ouro::WeaklyReferable (first, publicly)");
        attach(static_cast<WeaklyReferable*>(target.get()));
    }
    /// To an object of any type. Dead from the start if the type is not weakly referable.
    explicit WeakReference(const Ref<Object>& target, Callback callback = nullptr)
        : node_(callback) {
        attach(detail::weakly_referable(target));
    }
    WeakReference(const WeakReference&) = delete;
    WeakReference& operator=(const WeakReference&) = delete;
    ~WeakReference() { node_.detach(); }

    /// A counted reference to the target, or null when it is dead. Threads: any.
    Ref<Object> lock() const {
        return Ref<Object>::adopt(reinterpret_cast<std::uintptr_t>(node_.upgrade()));
    }
    /// Is the target dead? Counts nothing and runs no user code. Threads: any.
    bool expired() const { return node_.is_dead(); }

protected:
    /// Where the target is, null once it is dead. Not null: it may be dying.
    const void* address() const { return node_.target(); }

private:
    template <class T>
    friend Result<Ref<WeakReference>> try_weak_reference(const Ref<T>& target);

    void attach(WeaklyReferable* target) {
        if (target == nullptr) return;
        Heap* heap = Heap::of(target);
        if (heap != nullptr) node_.attach(*heap, target);
    }

    ObjectWeakNode node_;  // first: the heap finds the object by its node
};

/// The weak reference object without callback that is shared by all who ask for one for this
/// target. Fails like try_make; with wrong_type when the target is null.
template <class T>
Result<Ref<WeakReference>> try_weak_reference(const Ref<T>& target) {
    static_assert(std::is_base_of_v<WeaklyReferable, T>,
                  "weak_reference: derive T from ouro::WeaklyReferable (first, publicly)");
    Heap* heap = target ? Heap::of(target.get()) : nullptr;
    if (heap == nullptr) return Error::wrong_type;
    const WeaklyReferable* anchor = target.get();
    for (;;) {
        void* shared = anchor->shared_reference(*heap);
        if (shared != nullptr)
            return Ref<WeakReference>::adopt(reinterpret_cast<std::uintptr_t>(shared));
        auto made = try_make<WeakReference>(*heap, target);
        if (!made) return made.error();
        if ((*made)->node_.share(*heap)) return made;
    }
}

/// How many weak references of any kind there are to the object; 0 for null, immediates and types
/// that are not weakly referable. Time: O(them), under the weak lock. Threads: any.
std::uint32_t weak_count(const Ref<Object>& target);

}  // namespace ouro
