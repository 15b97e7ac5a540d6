// Threads, events and time: the cold half of a port, linked, never inlined.
#pragma once

#include <cstdint>

#include "platform/port.h"

namespace ouro::platform {

/// A joinable thread. start() fails iff the machine has none to give. join() waits for its end.
using Thread = port::Thread;

/// Wakes one waiter. set() from any context; wait(ns) returns true when it was set (and resets it),
/// false after ns nanoseconds; kForever waits without limit.
using Event = port::Event;

inline constexpr std::uint64_t kForever = ~std::uint64_t{0};

/// Monotonic nanoseconds since some fixed moment. Never fails, never goes back.
using port::clock_ns;

/// Lets other ready threads run.
using port::yield_thread;

/// Registers (once, later calls do nothing) what runs around fork(): `before` and `in_parent` in
/// the forking thread, `in_child` in the child's only thread. Nothing on machines without fork().
using port::on_fork;

}  // namespace ouro::platform
