// Settings of the Cortex-M port besides those of the processor (ports/machine/arm_config.h), all
// with defaults. A firmware overrides them on the compiler's command line, for all its files (-D,
// or -include of a header of its own).
#pragma once

#include "ports/machine/arm_config.h"

/// Most threads that use Ouro at once, the one that runs main() on each core included. Costs 8
/// bytes of memory each.
#ifndef OURO_CORTEX_M_THREADS
#define OURO_CORTEX_M_THREADS 4
#endif

/// Frequency of SysTick, the port's clock. Ignored if OURO_CORTEX_M_OWN_CLOCK is 1.
#ifndef OURO_CORTEX_M_SYSTICK_HZ
#define OURO_CORTEX_M_SYSTICK_HZ 16000000
#endif

/// Length of a time slice of the port's scheduler, and how exact the ends of timed waits are.
#ifndef OURO_CORTEX_M_SLICE_MICROSECONDS
#define OURO_CORTEX_M_SLICE_MICROSECONDS 1000
#endif

/// 1: the firmware defines `std::uint64_t ouro::port::clock_ns()` itself, by a timer that all cores
/// can read. Needed with more than one core, whose SysTicks are private.
#ifndef OURO_CORTEX_M_OWN_CLOCK
#define OURO_CORTEX_M_OWN_CLOCK 0
#endif

/// With more than one core: the address of a word that reads as the number of the core.
#ifndef OURO_CORTEX_M_CORE_ID_ADDRESS
#define OURO_CORTEX_M_CORE_ID_ADDRESS 0
#endif

#if OURO_CORTEX_M_CORES == 1
#define OURO_PORT_ONE_WINDOW 1  // ports/machine/windows.h
#endif

namespace ouro::port {

inline constexpr unsigned kThreadsMax = OURO_CORTEX_M_THREADS;

static_assert(kThreadsMax >= kCores && kThreadsMax <= 32);
static_assert(kCores == 1 || OURO_CORTEX_M_CORE_ID_ADDRESS != 0, "which core is this?");
static_assert(kCores == 1 || OURO_CORTEX_M_OWN_CLOCK == 1, "SysTick is private to its core");

}  // namespace ouro::port
