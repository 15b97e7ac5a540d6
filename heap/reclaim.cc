// The end of an object whose count has reached 0, and of all that only it kept alive.
//
// Order for one object (CPython's): finalizer; if that made new references it lives on; weak
// references are cut; callbacks; the C++ destructor, which still finds its fields set; the fields
// are let go, each child's end in turn, depth first; the memory goes back, before the end of the
// last child.
#include "heap/cascade.h"
#include "heap/give_back.h"
#include "heap/heap.h"
#include "heap/nesting.h"
#include "platform/context.h"
#include "platform/interrupt.h"
#include "platform/mutant.h"

namespace ouro {

using platform::memory_order_relaxed;

void Heap::end_object(void* object) { end_object(object, config_.cascade_objects_max); }

bool Heap::end_as_memory(void* object) {
    if (platform::is_in_interrupt() && !OURO_MUTANT(ended_in_interrupt)) return false;
    Header* header = header_of(object);
    TypeTable::Entry* type = type_of(header);
    // order: relaxed; written once, found through find()'s acquire.
    if (type == nullptr || !type->info.load(memory_order_relaxed)->ends_as_memory()) return false;
    if (OURO_UNLIKELY(guards_.are_open()) && !OURO_MUTANT(guard_not_asked)) return false;  // U1
    if (OURO_UNLIKELY(guards_.ended() != 0)) return false;  // they end behind it
    give_back(header, *type, true);
    return true;
}

std::uint32_t Heap::end_object(void* object, std::uint32_t limit) {
    platform::Context& context = platform::current_context();
    // A handler ends nothing: whoever it has interrupted may hold the locks that an end takes.
    const bool in_interrupt = platform::is_in_interrupt() && !OURO_MUTANT(ended_in_interrupt);
    const bool too_deep = nests_too_deep();
    if (OURO_UNLIKELY(too_deep || in_interrupt)) {
        const bool sees_to_it = too_deep && count_put_off(context);
        postpone_end(object);
        if (!sees_to_it) signal_.wake().set();
        return 0;
    }
    const Nested nested(context);
    Cascade cascade(*this, true, limit);
    cascade.end(object);
    if (OURO_UNLIKELY(cascade.may_end_withheld()) && nested.is_outermost()) cascade.end_withheld();
    return cascade.ended();
}

/// verify(): as many as there are headers would be a chain that leads back.
bool Heap::is_chain_sound() {
    Header* chain = postponed_.load(memory_order_relaxed);  // order: nobody changes anything
    return Cascade(*this, false, 0).is_sound(chain, region_.size() / sizeof(Header));
}

bool Heap::end_plain(void* object, std::size_t& freed) {
    Cascade cascade(*this, false, 0);
    cascade.end(object);
    freed = cascade.freed();
    return !cascade.has_put_off();
}

std::uint32_t Heap::end_withheld(bool allow_user_code, std::uint32_t limit) {
    if (guards_.count() == 0) return 0;
    if (nests_too_deep()) {
        guards_.look();
        if (guards_.ended() != 0)
            signal_.wake().set();  // or by the outermost release of this context
        return 0;
    }
    const Nested nested(platform::current_context());
    Cascade cascade(*this, allow_user_code, limit);
    // What only they kept alive is withheld in its turn, while a guard is open.
    do {
        guards_.look();
    } while (cascade.end_withheld());
    return cascade.ended();
}

std::uint32_t Heap::run_postponed(bool allow_user_code, std::uint32_t limit) {
    Cascade cascade(*this, allow_user_code, limit);
    if (!cascade.take_chain()) return 0;
    const Nested nested(platform::current_context());
    cascade.resume();
    return cascade.ended();
}

}  // namespace ouro
