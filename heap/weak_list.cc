#include "heap/weak_list.h"

#include "heap/heap.h"
#include "heap/reference_count.h"
#include "platform/context.h"

namespace ouro {

using platform::memory_order_acquire;
using platform::memory_order_relaxed;
using platform::memory_order_release;

void WeakNode::attach(Heap& heap, void* object) {
    auto* anchor = static_cast<WeakAnchor*>(object);
    platform::LockGuard guard(heap.weak_lock());
    // order: relaxed; lists are read and written under the weak lock.
    auto* first = reinterpret_cast<WeakNode*>(anchor->first_.load(memory_order_relaxed));
    prev_ = nullptr;
    next_ = first;
    if (first != nullptr) first->prev_ = this;
    // order: relaxed; under the weak lock.
    anchor->first_.store(reinterpret_cast<std::uintptr_t>(this), memory_order_relaxed);
    // order: release; pairs with the acquire in upgrade() and target().
    target_.store(reinterpret_cast<std::uintptr_t>(object), memory_order_release);
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
    if (prev_ != nullptr) {
        prev_->next_ = next_;
    } else {
        // order: release; pairs with empty(), which does without the lock.
        anchor->first_.store(reinterpret_cast<std::uintptr_t>(next_), memory_order_release);
    }
    if (next_ != nullptr) next_->prev_ = prev_;
    next_ = prev_ = nullptr;
    // order: release; an upgrade() that still reads the old address checks it again.
    target_.store(0, memory_order_release);
}

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
        const WordValue word = header->load_word();
        // order: acquire; DESIGN rule 15: still there after the word was read, so it is its word.
        if (!OURO_MUTANT(upgrade_without_recheck) && target_.load(memory_order_acquire) != target)
            continue;
        switch (detail::try_upgrade(*heap, header, word)) {
            case detail::Upgrade::yes: return object;
            case detail::Upgrade::dead: return nullptr;
            case detail::Upgrade::again: break;
        }
    }
}

void WeakAnchor::cut_all(Heap& heap) {
    for (;;) {
        platform::LockGuard guard(heap.weak_lock());
        // order: relaxed; under the weak lock.
        auto* node = reinterpret_cast<WeakNode*>(first_.load(memory_order_relaxed));
        if (node == nullptr) return;
        first_.store(reinterpret_cast<std::uintptr_t>(node->next_),
                     memory_order_release);  // order: release; pairs with empty()
        if (node->next_ != nullptr) node->next_->prev_ = nullptr;
        node->next_ = nullptr;
        // order: release; pairs with upgrade(): null before the target's memory is given back.
        node->target_.store(0, memory_order_release);
    }
}

bool WeakAnchor::is_sound(const void* object) const {
    // order: relaxed; nobody changes the list.
    auto* node = reinterpret_cast<const WeakNode*>(first_.load(memory_order_relaxed));
    const WeakNode* before = nullptr;
    for (; node != nullptr; node = node->next_) {
        if (node->target() != object || node->prev_ != before) return false;
        before = node;
    }
    return true;
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
