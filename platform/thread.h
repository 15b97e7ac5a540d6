// Threads, events and time: the cold half of a port, linked, never inlined.
#pragma once

#include <cstdint>

#include "platform/port.h"
#include "platform/thread_settings.h"

namespace ouro::platform {

/// A joinable thread. start(function, argument, settings) fails iff the machine has none to give,
/// or needs a stack and the settings name none. join() waits for its end. May be started again
/// after join(). Not from interrupts.
using Thread = port::Thread;

/// Wakes one waiter. set() from any context, interrupts included; wait(ns), from threads only,
/// returns true when it was set (and resets it), false after ns nanoseconds; kForever waits without
/// limit.
using Event = port::Event;

inline constexpr std::uint64_t kForever = ~std::uint64_t{0};

/// Monotonic nanoseconds since some fixed moment, the same for all contexts. Never fails, never
/// goes back. ISR: yes.
using port::clock_ns;

/// Lets other ready threads run. Nothing in interrupts.
using port::yield_thread;

/// Registers (once, later calls do nothing) what runs around fork(): `before` and `in_parent` in
/// the forking thread, `in_child` in the child's only thread. Nothing on machines without fork().
using port::on_fork;

}  // namespace ouro::platform
