// The machine below a kernel: Cortex-M as in every port on it, other machines by the compiler's
// builtins, and what they lack by the kernel's critical sections.
//
// Included after the port's kernel.h, which has defined OURO_KERNEL_CORES and, off Cortex-M and if
// the kernel has any, OURO_KERNEL_SECTIONS with kernel::enter_section() and leave_section().
#pragma once

#include <cstdint>

#include "ports/kernel/config.h"

#if defined(__ARM_ARCH_PROFILE) && __ARM_ARCH_PROFILE == 'M'

#include "ports/machine/arm.h"
#include "ports/machine/arm_interrupts.h"

namespace ouro::port {
inline constexpr unsigned kWordBits = 32;
}  // namespace ouro::port

#else

#if __GCC_ATOMIC_INT_LOCK_FREE == 2 && OURO_KERNEL_SECTION_ATOMICS == 0
#define OURO_KERNEL_HAS_ATOMICS 1
#else
#define OURO_KERNEL_HAS_ATOMICS 0
#endif
#if OURO_KERNEL_HAS_ATOMICS && __GCC_ATOMIC_LLONG_LOCK_FREE == 2 && OURO_KERNEL_WORDS_32 == 0
#define OURO_KERNEL_HAS_ATOMICS_64 1
#else
#define OURO_KERNEL_HAS_ATOMICS_64 0
#endif

namespace ouro::port {
inline constexpr unsigned kCores = OURO_KERNEL_CORES;
inline constexpr unsigned kInterruptLevels = OURO_KERNEL_INTERRUPT_LEVELS;
inline constexpr unsigned kWordBits = OURO_KERNEL_HAS_ATOMICS_64 ? 64 : 32;
}  // namespace ouro::port

#if OURO_KERNEL_HAS_ATOMICS == 0 || OURO_KERNEL_HAS_ATOMICS_64 == 0
#if !defined(OURO_KERNEL_SECTIONS)
#error "this machine lacks atomics, and this kernel has no critical sections to make them of"
#endif

namespace ouro::port {

/// No other task, handler or core is in one meanwhile.
class [[nodiscard]] MaskedSection {
public:
    MaskedSection() : before_(kernel::enter_section()) {}
    ~MaskedSection() { kernel::leave_section(before_); }
    MaskedSection(const MaskedSection&) = delete;
    MaskedSection& operator=(const MaskedSection&) = delete;

private:
    kernel::Section before_;
};

}  // namespace ouro::port
#endif

#if OURO_KERNEL_HAS_ATOMICS
#include "ports/machine/builtin_atomic.h"
#else
#include "ports/machine/masked_atomic.h"
#endif
#if OURO_KERNEL_HAS_ATOMICS_64 == 0
#include "ports/machine/masked_linked_word.h"
#else
namespace ouro::port {
inline void link_begins() {}
inline bool link_is_broken() { return false; }
}  // namespace ouro::port
#endif

#endif

#include "ports/machine/windows.h"
