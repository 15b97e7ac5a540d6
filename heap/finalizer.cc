#include "heap/finalizer.h"

namespace ouro {

// ---- one

/// Decides the end for this context, if nobody has: then `argument` is what the function gets.
bool Finalizer::end(Ref<Object>& argument) {
    if (!claim()) return false;
    argument = argument_.take();
    Heap& heap = *Heap::of(this);
    heap.finalizers().remove(heap, *this);  // the caller holds the finalizer
    return true;
}

Ref<Object> Finalizer::call() {
    Ref<Object> argument;
    return end(argument) ? function_(argument) : Ref<Object>();
}

void Finalizer::target_died(WeakReference& self) { static_cast<Finalizer&>(self).call(); }

Finalizer::Registration Finalizer::peek() const {
    Registration registration{lock(), function_, argument_.load()};
    // Alive after the argument was read: nobody had taken it.
    if (!registration.target || !alive()) return {};
    return registration;
}

Finalizer::Registration Finalizer::detach() {
    Registration registration = peek();
    if (!registration || !end(registration.argument)) return {};
    return registration;
}

Result<Ref<Finalizer>> try_finalize(const Ref<Object>& target, Finalizer::Function function,
                                    const Ref<Object>& argument) {
    if (!target || function == nullptr) return Error::wrong_type;
    if (detail::weakly_referable(target) == nullptr) return Error::not_supported;
    Heap& heap = *Heap::of(target.get());
    auto made = try_make<Finalizer>(heap, target, function, argument);
    if (made && !heap.finalizers().add(heap, *made)) return Error::shut_down;
    return made;
}

// ---- the list

void FinalizerList::link(Finalizer*& head, Finalizer& finalizer) {
    finalizer.next_ = head;
    finalizer.place_ = &head;
    if (head != nullptr) head->place_ = &finalizer.next_;
    head = &finalizer;
}

void FinalizerList::unlink(Finalizer& finalizer) {
    *finalizer.place_ = finalizer.next_;
    if (finalizer.next_ != nullptr) finalizer.next_->place_ = finalizer.place_;
}

bool FinalizerList::add(Heap& heap, const Ref<Finalizer>& finalizer) {
    Ref<Finalizer> own = finalizer;
    platform::LockGuard guard(heap.weak_lock());
    if (closed_) return false;
    link(newest_, *own);
    made_since_ = true;
    [[maybe_unused]] const std::uintptr_t owned = own.detach();
    return true;
}

Ref<Finalizer> FinalizerList::remove(Heap& heap, Finalizer& finalizer) {
    platform::LockGuard guard(heap.weak_lock());
    unlink(finalizer);
    return Ref<Finalizer>::adopt(reinterpret_cast<std::uintptr_t>(&finalizer));
}

/// At exit: puts those that were passed back in their places and chooses anew. Under the weak lock.
void FinalizerList::reconsider() {
    while (Finalizer* last = passed_) {
        unlink(*last);
        link(newest_, *last);
    }
    for (Finalizer* at = newest_; at != nullptr; at = at->next_) at->chosen_ = at->at_exit();
    made_since_ = false;
}

/// Takes the first out whose end nobody has decided, null when there is none. Those that it passes,
/// which others take out or which are not to run at exit, stand on `passed` afterwards.
Ref<Finalizer> FinalizerList::take(Heap& heap, Finalizer*& from, Finalizer*& passed,
                                   bool only_at_exit) {
    for (;;) {
        platform::LockGuard guard(heap.weak_lock());
        if (only_at_exit && made_since_) reconsider();
        Finalizer* first = from;
        if (first == nullptr) {
            closed_ = true;
            return {};
        }
        unlink(*first);
        if ((!only_at_exit || first->chosen_) && first->claim())
            return Ref<Finalizer>::adopt(reinterpret_cast<std::uintptr_t>(first));
        link(passed, *first);
    }
}

/// Ends, because no finalizer is found twice: it would have to know two places.
bool FinalizerList::is_sound(Heap& heap, Finalizer* const& from) {
    Finalizer* const* place = &from;
    for (Finalizer* at = from; at != nullptr; place = &at->next_, at = at->next_) {
        if (!heap.is_object(at)) return false;
        // order: relaxed; nobody else is there.
        const TypeInfo* type =
            heap.type_of(header_of(at))->info.load(platform::memory_order_relaxed);
        if (type != &detail::type_info_of<Finalizer> || at->place_ != place) return false;
        if (!at->function_check_.is_of(at->function_)) return false;
    }
    return true;
}

void FinalizerList::run_at_exit(Heap& heap) {
    {
        platform::LockGuard guard(heap.weak_lock());
        made_since_ = true;
    }
    while (const Ref<Finalizer> due = take(heap, newest_, passed_, true)) {
        const Ref<Object> argument = due->argument_.take();
        due->function_(argument);
    }
    while (const Ref<Finalizer> rest = take(heap, passed_, newest_, false)) {
        const Ref<Object> argument = rest->argument_.take();
    }
}

}  // namespace ouro
