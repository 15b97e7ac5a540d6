// Rule 16 for one field of garbage.
#pragma once

#include <cstddef>

#include "heap/heap.h"
#include "platform/compiler.h"
#include "platform/mutant.h"

namespace ouro {

/// Empties a field of an object that is condemned for certain. What it refers to inside the garbage
/// (is_inner(value)) goes silently, else it is let go by decrement; with `inner_only` it stays.
/// Returns the bytes that have ended with it, about.
/// Model: models/validation.pml
template <class IsInner>
OURO_ALWAYS_INLINE std::size_t drop_field(Heap& heap, FieldSlot& slot, bool inner_only,
                                          IsInner&& is_inner) {
    // order: acquire; pairs with the store. Nobody else can reach the field any more.
    const std::uintptr_t value = slot.load(platform::memory_order_acquire);
    if (!detail::is_object(value)) return 0;
    const bool inner = is_inner(value) && !OURO_MUTANT(inside_reference_released);
    if (inner_only && !inner) return 0;
    slot.store(0, platform::memory_order_relaxed);  // order: see above
    if (inner || OURO_MUTANT(outside_reference_lost)) return 0;
    return heap.release_quietly(detail::object_of(value));
}

}  // namespace ouro
