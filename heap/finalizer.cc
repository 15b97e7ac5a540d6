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

void FinalizerList::link(Finalizer& finalizer) {
    finalizer.next_ = newest_;
    finalizer.place_ = &newest_;
    if (newest_ != nullptr) newest_->place_ = &finalizer.next_;
    newest_ = &finalizer;
}

void FinalizerList::unlink(Finalizer& finalizer) {
    if (at_ == &finalizer.next_) at_ = finalizer.place_;
    *finalizer.place_ = finalizer.next_;
    if (finalizer.next_ != nullptr) finalizer.next_->place_ = finalizer.place_;
}

bool FinalizerList::add(Heap& heap, const Ref<Finalizer>& finalizer) {
    Ref<Finalizer> own = finalizer;
    platform::LockGuard guard(heap.weak_lock());
    if (closed_) return false;
    link(*own);
    made_since_ = true;
    [[maybe_unused]] const std::uintptr_t owned = own.detach();
    return true;
}

Ref<Finalizer> FinalizerList::remove(Heap& heap, Finalizer& finalizer) {
    platform::LockGuard guard(heap.weak_lock());
    unlink(finalizer);
    return Ref<Finalizer>::adopt(reinterpret_cast<std::uintptr_t>(&finalizer));
}

/// Takes the next one out whose end nobody has decided, null when there is none. Those that it
/// passes, which others take out or which are not to run at exit, stay in their places.
Ref<Finalizer> FinalizerList::take_next(Heap& heap, bool only_at_exit) {
    for (;;) {
        platform::LockGuard guard(heap.weak_lock());
        if (made_since_) {  // chosen anew, from the newest on
            for (Finalizer* one = newest_; one != nullptr; one = one->next_)
                one->chosen_ = one->at_exit();
            at_ = &newest_;
            made_since_ = false;
        }
        Finalizer* next = *at_;
        if (next == nullptr) {
            closed_ = true;
            at_ = &newest_;
            return {};
        }
        if ((!only_at_exit || next->chosen_) && next->claim()) {
            unlink(*next);
            return Ref<Finalizer>::adopt(reinterpret_cast<std::uintptr_t>(next));
        }
        at_ = &next->next_;
    }
}

/// Ends, because no finalizer is found twice: it would have to know two places.
bool FinalizerList::is_sound(Heap& heap) const {
    Finalizer* const* place = &newest_;
    bool leads_somewhere = at_ == nullptr || at_ == place;
    for (Finalizer* at = newest_; at != nullptr; place = &at->next_, at = at->next_) {
        if (!heap.is_object(at)) return false;
        // order: relaxed; nobody else is there.
        const TypeInfo* type =
            heap.type_of(header_of(at))->info.load(platform::memory_order_relaxed);
        if (type != &detail::type_info_of<Finalizer> || at->place_ != place) return false;
        if (!at->function_check_.is_of(at->function_)) return false;
        leads_somewhere = leads_somewhere || at_ == &at->next_;
    }
    return leads_somewhere;
}

void FinalizerList::run_at_exit(Heap& heap) {
    {
        platform::LockGuard guard(heap.weak_lock());
        made_since_ = true;
    }
    while (const Ref<Finalizer> due = take_next(heap, true)) {
        const Ref<Object> argument = due->argument_.take();
        due->function_(argument);
    }
    while (const Ref<Finalizer> rest = take_next(heap, false)) {
        const Ref<Object> argument = rest->argument_.take();
    }
}

}  // namespace ouro
