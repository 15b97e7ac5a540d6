// What happens when references move through a field: DESIGN rules 4 to 7 and 15, untyped.
#pragma once

#include <cstddef>
#include <cstdint>

#include "heap/fields.h"

namespace ouro::detail {

/// A counted copy of what the field holds; 0 for null, immediates as they are.
/// Time: one atomic compare-and-swap, again for every change that hits the same moment; lock-free.
std::uintptr_t load_counted(const FieldSlot& slot);

/// Puts a counted reference, which the field then owns, into the field; lets the old one go.
void store_owned(FieldSlot& slot, std::uintptr_t value);

/// Puts a counted reference into the field and hands out the old one, counted, its word touched.
std::uintptr_t exchange_owned(FieldSlot& slot, std::uintptr_t value);

/// Is the field part of the object at `value`? Then moving that reference in literally would
/// withdraw it from under the writer (DESIGN rule 7).
bool is_inside(const FieldSlot& slot, std::uintptr_t value);

}  // namespace ouro::detail
