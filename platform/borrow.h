// What guards (heap/guard.h) ask of a machine: a place that one context writes and others look at
// now and then, so that either a look finds what was written, or the writer reads afterwards what
// was true before the look.
//
// A port that has guards says how many a heap may have open at once (OURO_PORT_GUARDS, at most 32).
// On the others what is borrowed is counted.
#pragma once

#include <cstdint>

#include "platform/atomic.h"

namespace ouro::platform {

#ifdef OURO_PORT_GUARDS

inline constexpr std::uint32_t kGuards = OURO_PORT_GUARDS;

/// Writes a place of the caller's. Reads after it are done after it. Time: O(1).
using port::publish;
/// Before looks at the places of others. Time: O(1), a system call perhaps.
using port::before_looks;

#else

inline constexpr std::uint32_t kGuards = 0;

inline void before_looks() {}

#endif

static_assert(kGuards <= 32, "a bit of a word for each");

}  // namespace ouro::platform
