// What a machine has to offer for the conformance suite: stacks, interrupts, patience. Each binary
// that runs the suite defines these.
#pragma once

#include "platform/thread.h"

namespace ouro::conformance {

/// Threads that a case may have besides the one that it runs on.
inline constexpr unsigned kCrew = 2;

namespace rig {

/// How the n-th thread of a case is made, n < kCrew.
platform::ThreadSettings settings(unsigned n);

/// How often a loop of a case goes round that is to meet others at bad moments, of `usual`.
unsigned repeats(unsigned usual);

/// Runs handler(argument) in an interrupt that preempts the caller, a thread or the handler of a
/// smaller `urgency` (0 or 1), and returns after it. False, without running it, on machines whose
/// programs do not see interrupts.
bool interrupt(unsigned urgency, void (*handler)(void*), void* argument);

/// From now until it is called with null, handler(argument) interrupts threads at moments of the
/// machine's choice. Nothing on machines whose programs do not see interrupts.
void interrupt_anywhere(void (*handler)(void*), void* argument);

/// Called between a load and a store that others are to come between, for the i-th time: nothing,
/// unless the machine's preemption is rare.
void between_two_steps(unsigned i);

/// `lost` updates of a counter were lost that is loaded and stored in two steps, in a case where
/// that must be possible. True if the case should try again.
bool wants_lost_updates(unsigned lost);

}  // namespace rig
}  // namespace ouro::conformance
