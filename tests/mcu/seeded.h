// Preemption drawn from a seed: after every switch the next slice's length is drawn, from a few
// instructions upward, and at its end a thread, or an interrupt instead. Under QEMU's -icount a
// seed is a schedule, bit for bit.
#pragma once

#include <cstdint>

namespace ouro::testing {

/// Starts the scheduler on this core. The caller becomes a thread of priority 1.
void start_seeded(std::uint32_t seed);
/// The same on all cores, with the seed of the command line. What runs on the others is started for
/// them (platform::ThreadSettings::core).
void start_everywhere();
/// Until it is called with null: a quarter of the slices' ends call handler(argument) in an
/// interrupt instead of switching. On the core that calls.
void interrupt_anywhere(void (*handler)(void*), void* argument);
/// Prints one line: switches, of them between different threads, interrupts, and a hash over all of
/// it: where each thread was left and who went on.
void print_schedule();
/// Switches from one thread to another so far, on all cores.
std::uint32_t switches();

}  // namespace ouro::testing
