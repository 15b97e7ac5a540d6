#include "heap/weak_list.h"

#include "heap/heap.h"
#include "heap/reference_count.h"
#include "platform/context.h"
#include "platform/mutant.h"

namespace ouro {

using platform::memory_order_acquire;
using platform::memory_order_relaxed;
using platform::memory_order_release;

void WeakNode::attach(Heap& heap, void* object) {
    auto* anchor = static_cast<WeakAnchor*>(object);
    platform::LockGuard guard(heap.weak_lock());
    put_behind_shared(*anchor);
    // order: release; pairs with the acquire in upgrade() and target().
    target_.store(reinterpret_cast<std::uintptr_t>(object), memory_order_release);
}

void WeakNode::attach_beside(const WeakNode& other) {
    const void* object = other.target();
    Heap* heap = object != nullptr ? Heap::of(object) : nullptr;
    if (heap == nullptr) return;
    platform::LockGuard guard(heap->weak_lock());
    // order: relaxed; under the weak lock. The target may have died since we looked; while a node
    // is on its list it has not been given back, and who cuts the list takes new nodes off it too.
    if (other.target_.load(memory_order_relaxed) == 0) return;
    auto* anchor = static_cast<WeakAnchor*>(const_cast<void*>(object));
    put_behind_shared(*anchor);
    // order: release; pairs with the acquire in upgrade() and target().
    target_.store(reinterpret_cast<std::uintptr_t>(object), memory_order_release);
}

/// The object that all share who ask for one without callback stands first. Under the weak lock.
void WeakNode::put_behind_shared(WeakAnchor& anchor) {
    // order: relaxed; lists are read and written under the weak lock.
    auto* first = reinterpret_cast<WeakNode*>(anchor.first_.load(memory_order_relaxed));
    prev_ = first != nullptr && first->kind_ == Kind::shared ? first : nullptr;
    insert(anchor);
}

/// Puts the node behind prev_, or first. Under the weak lock.
void WeakNode::insert(WeakAnchor& anchor) {
    // order: relaxed, both; lists are read and written under the weak lock.
    next_ = prev_ != nullptr
                ? prev_->next_
                : reinterpret_cast<WeakNode*>(anchor.first_.load(memory_order_relaxed));
    if (next_ != nullptr) next_->prev_ = this;
    if (prev_ != nullptr) {
        prev_->next_ = this;
    } else {
        // order: relaxed; as above.
        anchor.first_.store(reinterpret_cast<std::uintptr_t>(this), memory_order_relaxed);
    }
}

/// Takes the node out of its list. Under the weak lock.
void WeakNode::remove(WeakAnchor& anchor) {
    if (prev_ != nullptr) {
        prev_->next_ = next_;
    } else {
        // order: release; pairs with empty(), which does without the lock.
        anchor.first_.store(reinterpret_cast<std::uintptr_t>(next_), memory_order_release);
    }
    if (next_ != nullptr) next_->prev_ = prev_;
    next_ = prev_ = nullptr;
}

bool WeakNode::share(Heap& heap) {
    platform::LockGuard guard(heap.weak_lock());
    // order: relaxed, both; under the weak lock. Null: the target died meanwhile.
    auto* anchor = reinterpret_cast<WeakAnchor*>(target_.load(memory_order_relaxed));
    if (anchor == nullptr) return true;
    auto* first = reinterpret_cast<WeakNode*>(anchor->first_.load(memory_order_relaxed));
    if (first == this && kind_ == Kind::shared) return true;
    if (first->kind_ == Kind::shared) {
        if (!first->object_is_dead(heap)) return false;
        first->kind_ = Kind::object;  // its place is ours; it only waits for its own end
    }
    remove(*anchor);
    kind_ = Kind::shared;
    insert(*anchor);
    return true;
}

void WeakNode::detach() {
    const void* object = target();
    if (object == nullptr) return;
    Heap* heap = Heap::of(object);
    if (heap == nullptr) return;  // the heap is gone, and the target with it
    platform::LockGuard guard(heap->weak_lock());
    // order: relaxed; under the weak lock. The target may have died since we looked.
    if (target_.load(memory_order_relaxed) == 0) return;
    auto* anchor = static_cast<WeakAnchor*>(const_cast<void*>(object));
    remove(*anchor);
    // order: release; an upgrade() that still reads the old address checks it again.
    target_.store(0, memory_order_release);
}

// Model: models/weak_upgrade.pml
void* WeakNode::upgrade() const {
    platform::LoadWindow window;
    for (;;) {
        // order: acquire; pairs with attach().
        const std::uintptr_t target = target_.load(memory_order_acquire);
        if (target == 0) return nullptr;
        void* object = reinterpret_cast<void*>(target);
        Heap* heap = Heap::of(object);
        if (heap == nullptr) return nullptr;
        Header* header = header_of(object);
        LinkedWord look(header);
        // order: acquire; DESIGN rule 15: still there after the word was read, so it is its word.
        if (!OURO_MUTANT(upgrade_without_recheck) && target_.load(memory_order_acquire) != target)
            continue;
        switch (detail::try_upgrade(*heap, header, look)) {
            case detail::Upgrade::yes: return object;
            case detail::Upgrade::dead: return nullptr;
            case detail::Upgrade::again: break;
        }
    }
}

// As upgrade(), without the last step: nothing is counted, and a pass under way goes on.
bool WeakNode::is_dead() const {
    platform::LoadWindow window;
    for (;;) {
        // order: acquire; pairs with attach().
        const std::uintptr_t target = target_.load(memory_order_acquire);
        if (target == 0) return true;
        Heap* heap = Heap::of(reinterpret_cast<void*>(target));
        if (heap == nullptr) return true;
        Header* header = header_of(reinterpret_cast<void*>(target));
        const detail::Fate fate = detail::fate_of(*heap, header);
        // order: acquire; DESIGN rule 15: still there after the word was read, so it is its word.
        if (target_.load(memory_order_acquire) != target) continue;
        if (fate != detail::Fate::again) return fate == detail::Fate::dead;
    }
}

/// Is the weak reference object itself dead, or garbage for certain? Under the weak lock.
bool WeakNode::object_is_dead(Heap& heap) {
    for (;;) {
        const detail::Fate fate = detail::fate_of(heap, header_of(this));
        if (fate != detail::Fate::again) return fate == detail::Fate::dead;
    }
}

void DueCallbacks::add(WeakNode& node) {
    node.next_ = nullptr;
    (last_ == nullptr ? first_ : last_->next_) = &node;
    last_ = &node;
}

ObjectWeakNode* DueCallbacks::take() {
    auto* node = static_cast<ObjectWeakNode*>(first_);
    if (node == nullptr) return nullptr;
    first_ = node->next_;
    if (first_ == nullptr) last_ = nullptr;
    node->next_ = nullptr;
    return node;
}

WeakCallback WeakNode::callback() const {
    return kind_ == Kind::handle ? nullptr : static_cast<const ObjectWeakNode*>(this)->callback();
}

/// Its heap, which need not be the target's, holds the weak reference object until its callback has
/// run. False: it is dead, or garbage itself, and does not call back.
bool WeakNode::hold() {
    Heap* heap = Heap::of(this);
    Header* header = header_of(this);
    while (heap != nullptr) {
        LinkedWord look(header);
        switch (detail::try_upgrade(*heap, header, look)) {
            case detail::Upgrade::yes: detail::mark_held(header); return true;
            case detail::Upgrade::dead: return false;
            case detail::Upgrade::again: break;
        }
    }
    return false;
}

void WeakAnchor::cut_all(Heap& heap, DueCallbacks& due) {
    for (;;) {
        platform::LockGuard guard(heap.weak_lock());
        // order: relaxed; under the weak lock.
        auto* node = reinterpret_cast<WeakNode*>(first_.load(memory_order_relaxed));
        if (node == nullptr) return;
        first_.store(reinterpret_cast<std::uintptr_t>(node->next_),
                     memory_order_release);  // order: release; pairs with empty()
        if (node->next_ != nullptr) node->next_->prev_ = nullptr;
        node->next_ = nullptr;
        const bool calls_back = node->callback() != nullptr && node->hold();
        // From here on a node that is not held may be gone: its owner needs no lock to find it off
        // the list (detach()).
        // order: release; pairs with upgrade(): null before the target's memory is given back, and
        // with detach(): all that was done to the node comes before.
        node->target_.store(
            0, OURO_ORDER(memory_order_release, weak_cut_relaxed, memory_order_relaxed));
        if (calls_back) due.add(*node);
    }
}

bool WeakAnchor::has_callback(Heap& heap) const {
    platform::LockGuard guard(heap.weak_lock());
    // order: relaxed; under the weak lock.
    auto* node = reinterpret_cast<const WeakNode*>(first_.load(memory_order_relaxed));
    while (node != nullptr && node->callback() == nullptr) node = node->next_;
    return node != nullptr;
}

void* WeakAnchor::shared_reference(Heap& heap) const {
    platform::LockGuard guard(heap.weak_lock());
    // order: relaxed; under the weak lock.
    auto* node = reinterpret_cast<WeakNode*>(first_.load(memory_order_relaxed));
    if (node == nullptr || node->kind_ != WeakNode::Kind::shared) return nullptr;
    Header* header = header_of(node);
    for (;;) {
        LinkedWord look(header);
        switch (detail::try_upgrade(heap, header, look)) {
            case detail::Upgrade::yes: return node;
            case detail::Upgrade::dead: return nullptr;
            case detail::Upgrade::again: break;
        }
    }
}

/// Of a node in its place: its kind, and the callback that it would call.
bool WeakNode::is_sound(bool may_be_shared) const {
    if (kind_ > (may_be_shared ? Kind::shared : Kind::object)) return false;
    return callback_check_.is_of(callback());
}

bool WeakAnchor::is_sound(const void* object) const {
    // order: relaxed; nobody changes the list.
    auto* node = reinterpret_cast<const WeakNode*>(first_.load(memory_order_relaxed));
    const WeakNode* before = nullptr;
    for (; node != nullptr; node = node->next_) {
        if (reinterpret_cast<std::uintptr_t>(node) % alignof(WeakNode) != 0) return false;
        if (node->target() != object || node->prev_ != before) return false;
        if (!node->is_sound(before == nullptr)) return false;
        before = node;
    }
    return true;
}

// Ends: in a list that leads back, some node is met again at a distance from a mark that doubles.
bool DueCallbacks::is_sound() const {
    const WeakNode* last = nullptr;
    const WeakNode* mark = nullptr;
    std::size_t steps = 0, distance = 1;
    for (const WeakNode* node = first_; node != nullptr; node = node->next_) {
        Heap* heap = Heap::of(node);
        if (node == mark || heap == nullptr || !heap->is_object(node)) return false;
        if (node->kind_ == WeakNode::Kind::handle || !node->is_sound(true)) return false;
        if (!static_cast<const ObjectWeakNode*>(node)->waits()) return false;
        if (!header_of(node)->load_word().has(WordValue::kHeld)) return false;
        last = node;
        if (++steps == distance) mark = node, distance *= 2, steps = 0;
    }
    return last == last_;
}

std::uint32_t WeakAnchor::count(Heap& heap) const {
    platform::LockGuard guard(heap.weak_lock());
    std::uint32_t count = 0;
    // order: relaxed; under the weak lock.
    auto* node = reinterpret_cast<const WeakNode*>(first_.load(memory_order_relaxed));
    for (; node != nullptr; node = node->next_) ++count;
    return count;
}

}  // namespace ouro
