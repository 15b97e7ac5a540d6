// What guards (heap/guard.h) ask of a machine: a place that one context writes and others look at
// now and then, so that either a look finds what was written, or the writer reads afterwards what
// was true before the look.
//
// A port says how many guards a heap may have open at once (OURO_PORT_GUARDS, at most 32). Where it
// says nothing, there are none, and what is borrowed is counted.
#pragma once

#include <cstdint>

#include "platform/atomic.h"
#include "platform/mutant.h"

namespace ouro::platform {

#ifdef OURO_PORT_GUARDS
inline constexpr std::uint32_t kGuards = OURO_PORT_GUARDS;
#else
inline constexpr std::uint32_t kGuards = 0;
#endif
static_assert(kGuards <= 32, "a bit of a word for each");

#ifdef OURO_PORT_PUBLISH

/// Writes a place of the caller's. What it reads afterwards is read afterwards. Time: O(1).
using port::publish;
/// Before looks at places of others. Time: O(1), a system call perhaps.
using port::before_looks;

#else

inline void publish(atomic<std::uintptr_t>& place, std::uintptr_t value) {
    // order: acq_rel; pairs with the read-modify-write of whoever looks: of the two the later one
    // sees the earlier one, so either he sees the place or we see what was true before his look.
    place.exchange(value,
                   OURO_ORDER(memory_order_acq_rel, published_relaxed, memory_order_relaxed));
}
inline void before_looks() {}

#endif

}  // namespace ouro::platform
