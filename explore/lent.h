// Looks at borrowed objects, for the scenarios of guards.
#pragma once

#include "explore/world.h"

namespace ouro::explore {

/// Uses a borrowed object as a program would: it is whole, and nothing of its end has begun.
template <class T>
void look(const Borrowed<T>& borrowed) {
    if (!borrowed) return;
    world().operate();
    platform::plain_read(&borrowed->id, sizeof borrowed->id);
    const std::uint64_t id = borrowed->id;
    if (id == 0 || id >= kIdsMax) violated("a borrowed object was overwritten", borrowed.get());
    if (world().destructors[id] != 0 || world().finalizers[id] != 0)
        violated("the end of a borrowed object has begun", borrowed.get());
}

/// The same of one whose finalizer may have run and have made it reachable again.
inline void look_after_finalizer(const Borrowed<Finalized>& borrowed) {
    if (!borrowed) return;
    world().operate();
    platform::plain_read(&borrowed->id, sizeof borrowed->id);
    if (!world().heap->heap().is_object(borrowed.get()))
        violated("a borrowed object has ended", borrowed.get());
}

/// Without an open guard nothing is withheld, also before anybody collects.
inline void check_nothing_withheld() {
    if (world().heap->statistics().withheld_objects != 0)
        violated("an object is withheld though no guard is open", nullptr);
}

}  // namespace ouro::explore
