// Settings of ports on Cortex-M that are about the processor, all with defaults, and what the
// compiler says about it. A firmware overrides them on the compiler's command line, for all its
// files (-D, or -include of a header of its own); a port for a kernel derives some of them from the
// kernel's own configuration before it includes this.
#pragma once

#include <cstdint>

/// Tells what is compiled for every port that this machine is a Cortex-M.
#define OURO_CORTEX_M 1

/// Most different interrupt priorities whose handlers use Ouro. Costs 12 bytes of memory each and
/// core, with a kernel 16.
#ifndef OURO_CORTEX_M_INTERRUPT_LEVELS
#define OURO_CORTEX_M_INTERRUPT_LEVELS 3
#endif

/// The most urgent priority, as the interrupt controller's registers hold it, whose handlers may
/// use Ouro. Those above it (smaller values) are never delayed, by nothing. ARMv6-M has no register
/// for it and masks all. 0: none is refused, which masked atomics on cores with BASEPRI exclude.
#ifndef OURO_CORTEX_M_CEILING
#define OURO_CORTEX_M_CEILING 0x40
#endif

/// Cores that run this image and share memory.
#ifndef OURO_CORTEX_M_CORES
#define OURO_CORTEX_M_CORES 1
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

namespace ouro::port {

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

static_assert(kInterruptLevels >= 1);
static_assert(kCeiling < 256);
static_assert(!kHasBasePriority || OURO_CORTEX_M_MASKED_ATOMICS == 0 || kCeiling > 0,
              "a BASEPRI of 0 masks nothing");
static_assert(kCores == 1 || OURO_CORTEX_M_MASKED_ATOMICS == 0,
              "masking interrupts does not keep another core out");

}  // namespace ouro::port
