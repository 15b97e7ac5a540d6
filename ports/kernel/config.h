// Settings of the ports for kernels, all with defaults. A firmware overrides them on the compiler's
// command line, for all its files (-D, or -include of a header of its own). On Cortex-M also those
// of ports/machine/arm_config.h.
#pragma once

/// Most tasks that use Ouro at once. Costs 20 bytes of memory each on machines of 32 bits.
#ifndef OURO_KERNEL_TASKS
#define OURO_KERNEL_TASKS 8
#endif

/// Off Cortex-M: how deep handlers that use Ouro nest on a core.
#ifndef OURO_KERNEL_INTERRUPT_LEVELS
#define OURO_KERNEL_INTERRUPT_LEVELS 3
#endif

/// Every so many calls of yield_thread() a task sleeps for a tick, so that less urgent ones run
/// too; in between only those that are as urgent.
#ifndef OURO_KERNEL_YIELDS_PER_SLEEP
#define OURO_KERNEL_YIELDS_PER_SLEEP 8
#endif

/// 1: machine words as on machines without 64-bit atomics. Off Cortex-M; for tests.
#ifndef OURO_KERNEL_WORDS_32
#define OURO_KERNEL_WORDS_32 0
#endif

/// 1: atomics by the kernel's critical sections even where the machine has better. Off Cortex-M;
/// for memories in which the self-test finds that the machine's do not work, and for tests.
#ifndef OURO_KERNEL_SECTION_ATOMICS
#define OURO_KERNEL_SECTION_ATOMICS 0
#endif
