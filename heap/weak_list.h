// Weak references: a list per object, anchored in the object, cut when the object dies.
//
// A weak node holds its target's address and stands on the target's list. Creating, copying and
// destroying one is a list operation under the heap's weak lock; no memory is allocated and nothing
// can fail. Upgrading takes no lock: it reads the address, the count word, the address again, and
// swaps the word (DESIGN rules 14 and 15). The address is nulled before the target's memory is
// given back, so an address that is still there after the word was read belongs to that word.
//
// Types opt in by deriving (first, publicly) from WeaklyReferable: one pointer per object.
#pragma once

#include <cstdint>
#include <utility>

#include "heap/code_check.h"
#include "platform/atomic.h"

namespace ouro {

class Heap;
class WeakAnchor;
class ObjectWeakNode;
class WeakNode;
class WeakReference;

/// Called once when the target of a weak reference object has died; see WeakReference.
using WeakCallback = void (*)(WeakReference& self);

/// Weak reference objects whose callbacks are due, in the order in which they are to run. Each is
/// held by the heap (counted, and shown by no query) until its callback has run.
class DueCallbacks {
public:
    bool empty() const { return first_ == nullptr; }
    void add(WeakNode& node);
    ObjectWeakNode* take();
    /// verify(): is each an object, which need not be of this heap, and held until it has called?
    /// Nobody changes the list meanwhile.
    bool is_sound() const;

private:
    WeakNode* first_ = nullptr;
    WeakNode* last_ = nullptr;
};

/// One weak reference: what Weak<T> and WeakReference are made of.
class WeakNode {
public:
    WeakNode() = default;
    WeakNode(const WeakNode&) = delete;
    WeakNode& operator=(const WeakNode&) = delete;

    /// Stands on the list of `object`, to which the caller holds a counted reference and whose type
    /// is weakly referable. The node is on no list. Time: O(1).
    void attach(Heap& heap, void* object);
    /// The same for the target of `other`, if it has one. Neither may change meanwhile but by the
    /// target's death. The node is on no list. Time: O(1). Takes no reference.
    void attach_beside(const WeakNode& other);
    /// Is the target dead, or was there none? Time: O(1). Threads: any. ISR: yes.
    bool is_dead() const;
    /// From now on weak_reference() gives out this node's object, unless there is such a one
    /// already that lives: then false. The node is attached.
    bool share(Heap& heap);
    /// Leaves the list, if it is on one. Time: O(1). Threads: the node's owner.
    void detach();
    /// A counted reference to the target, or null when it is dead. Time: O(1) and one retry for
    /// every count change of the target that hits the same moment. Threads: any. ISR: yes.
    void* upgrade() const;
    /// The target's address, or null; the target may be dying.
    const void* target() const {
        // order: acquire; pairs with the release in cut(); only a hint without upgrade().
        return reinterpret_cast<const void*>(target_.load(platform::memory_order_acquire));
    }

protected:
    /// Whose node it is: a Weak<T>'s, a weak reference object's, or that of the object that all
    /// share who ask for one without callback, which stands first on its list.
    enum class Kind : std::uint8_t { handle, object, shared };
    WeakNode(Kind kind, CodeCheck callback) : kind_(kind), callback_check_(callback) {}

private:
    friend class WeakAnchor;
    friend class DueCallbacks;

    WeakCallback callback() const;
    bool is_sound(bool may_be_shared) const;
    bool hold();
    bool object_is_dead(Heap& heap);
    void put_behind_shared(WeakAnchor& anchor);
    void insert(WeakAnchor& anchor);
    void remove(WeakAnchor& anchor);

    platform::atomic<std::uintptr_t> target_{0};
    WeakNode* next_ = nullptr;
    WeakNode* prev_ = nullptr;
    Kind kind_ = Kind::handle;

protected:
    CodeCheck callback_check_;  ///< where padding would be
};

/// The node that a weak reference object starts with.
class ObjectWeakNode : public WeakNode {
public:
    explicit ObjectWeakNode(WeakCallback on_death)
        : WeakNode(Kind::object, CodeCheck(on_death)), callback_(on_death) {}

    WeakCallback callback() const { return callback_; }
    /// Has the target died, and the callback not run yet?
    bool waits() const { return target() == nullptr && callback_ != nullptr; }
    /// The callback, which is forgotten.
    WeakCallback take_callback() {
        callback_check_ = {};
        return std::exchange(callback_, nullptr);
    }

private:
    WeakCallback callback_;
};

/// The head of an object's list. First base class of weakly referable types.
class WeakAnchor {
public:
    /// Cuts every weak reference to the object: from now on they are dead for good. The object's
    /// count is 0 and final, or the collector has committed that it is garbage. Weak reference
    /// objects that have a callback and are not garbage themselves are added to `due`, the newest
    /// first. Time: O(list), one short lock per node.
    void cut_all(Heap& heap, DueCallbacks& due);
    /// Does any node have a callback? Time: O(list), under the weak lock.
    bool has_callback(Heap& heap) const;
    /// The weak reference object without callback that is shared by all who ask for one, with
    /// a counted reference for the caller, or null when there is none. Time: O(1).
    void* shared_reference(Heap& heap) const;
    /// Number of weak references to the object.
    std::uint32_t count(Heap& heap) const;
    /// Is every node of the list about `object`, and does each know the one before it? Nobody
    /// changes the list meanwhile. Ends at the first node of which that is not so: no node is found
    /// twice. A node may lie anywhere, so an address that is damaged is followed.
    bool is_sound(const void* object) const;
    bool empty() const {
        // order: acquire; pairs with detach(), whose last write to the object's memory is this
        // word. Attaching needs no more: who attached held a counted reference.
        return first_.load(platform::memory_order_acquire) == 0;
    }

private:
    friend class WeakNode;

    platform::atomic<std::uintptr_t> first_{0};  ///< newest node; written under the weak lock
};

/// Derive from this (first, publicly) to make a type the target of weak references.
class WeaklyReferable : public WeakAnchor {};

}  // namespace ouro
