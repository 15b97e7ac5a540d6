// Settings of the Cortex-M port, all with defaults. A firmware overrides them on the compiler's
// command line, for all its files (-D, or -include of a header of its own).
#pragma once

#include <cstdint>

/// Most threads that use Ouro at once, the one that runs main() on each core included. Costs 20
/// bytes of memory each.
#ifndef OURO_CORTEX_M_THREADS
#define OURO_CORTEX_M_THREADS 4
#endif

/// Most different interrupt priorities whose handlers use Ouro. Costs 20 bytes of memory each and
/// core.
#ifndef OURO_CORTEX_M_INTERRUPT_LEVELS
#define OURO_CORTEX_M_INTERRUPT_LEVELS 3
#endif

/// The most urgent priority, as the interrupt controller's registers hold it, whose handlers may
/// use Ouro. Those above it (smaller values) are never delayed, by nothing. Not 0 on cores with
/// BASEPRI; ARMv6-M has no such register and masks all.
#ifndef OURO_CORTEX_M_CEILING
#define OURO_CORTEX_M_CEILING 0x40
#endif

/// Cores that run this image and share memory.
#ifndef OURO_CORTEX_M_CORES
#define OURO_CORTEX_M_CORES 1
#endif

/// With more than one core: the address of a word that reads as the number of the core.
#ifndef OURO_CORTEX_M_CORE_ID_ADDRESS
#define OURO_CORTEX_M_CORE_ID_ADDRESS 0
#endif

/// 1: atomics by masked sections instead of exclusive accesses. The only way on ARMv6-M; elsewhere
/// for memories in which the self-test finds that exclusive accesses do not work.
#ifndef OURO_CORTEX_M_MASKED_ATOMICS
#if defined(__ARM_FEATURE_LDREX)
#define OURO_CORTEX_M_MASKED_ATOMICS 0
#else
#define OURO_CORTEX_M_MASKED_ATOMICS 1
#endif
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

namespace ouro::port {

inline constexpr unsigned kThreadsMax = OURO_CORTEX_M_THREADS;
inline constexpr unsigned kInterruptLevels = OURO_CORTEX_M_INTERRUPT_LEVELS;
inline constexpr unsigned kCeiling = OURO_CORTEX_M_CEILING;
inline constexpr unsigned kCores = OURO_CORTEX_M_CORES;

/// Has the core a register that masks interrupts up to a priority only?
#if defined(__ARM_ARCH_7M__) || defined(__ARM_ARCH_7EM__) || defined(__ARM_ARCH_8M_MAIN__) || \
    defined(__ARM_ARCH_8_1M_MAIN__)
inline constexpr bool kHasBasePriority = true;
#define OURO_CORTEX_M_MAINLINE 1
#else
inline constexpr bool kHasBasePriority = false;
#define OURO_CORTEX_M_MAINLINE 0
#endif

/// ARMv8-M checks the stack's limit itself.
#if defined(__ARM_ARCH_8M_MAIN__) || defined(__ARM_ARCH_8_1M_MAIN__)
#define OURO_CORTEX_M_STACK_LIMIT 1
#else
#define OURO_CORTEX_M_STACK_LIMIT 0
#endif

static_assert(kThreadsMax >= kCores && kThreadsMax <= 32);
static_assert(kInterruptLevels >= 1);
static_assert(!kHasBasePriority || (kCeiling > 0 && kCeiling < 256),
              "a BASEPRI of 0 masks nothing");
static_assert(kCores == 1 || OURO_CORTEX_M_CORE_ID_ADDRESS != 0, "which core is this?");
static_assert(kCores == 1 || OURO_CORTEX_M_OWN_CLOCK == 1, "SysTick is private to its core");
static_assert(kCores == 1 || OURO_CORTEX_M_MASKED_ATOMICS == 0,
              "masking interrupts does not keep another core out");

}  // namespace ouro::port
