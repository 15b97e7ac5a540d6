// What the scheduler needs to know of the processor's frames.
#pragma once

#include "platform/context.h"
#include "ports/cortex_m/port.h"

namespace ouro::port::switching {

/// EXC_RETURN says: no floating-point registers were stacked.
inline constexpr std::uint32_t kPlainFrame = 1u << 4;

/// What all of its values have above their lowest byte.
inline constexpr std::uint32_t kReturn = 0xFFFF'FF00;

/// Does the caller run on the process stack? In threads.
inline bool is_on_process_stack() {
    std::uint32_t control;
    asm volatile("mrs %0, control" : "=r"(control));
    return (control & 0b10) != 0;
}

/// The stack of the thread that goes on when the PendSV handler returns; null = not known.
inline void set_stack_limit([[maybe_unused]] const std::uint32_t* lowest) {
#if OURO_CORTEX_M_STACK_LIMIT
    asm volatile("msr psplim, %0" ::"r"(lowest));
#endif
}

/// A frame below `top` from which function(first, second) starts: what the processor restores, and
/// below it what switch.cc restores.
inline std::uint32_t* first_frame(std::uint32_t* top, std::uint32_t function, std::uint32_t first,
                                  std::uint32_t second) {
    constexpr unsigned kHardware = 8;  // r0-r3, r12, lr, pc, xpsr
    constexpr unsigned kSoftware = 8;  // r4-r11
    std::uint32_t* frame = top - kHardware;
    frame[0] = first;
    frame[1] = second;
    frame[2] = frame[3] = frame[4] = 0;
    frame[5] = 0xFFFF'FFFF;  // nobody to return to
    frame[6] = function & ~1u;
    frame[7] = 1u << 24;  // Thumb
    for (unsigned i = 1; i <= kSoftware; ++i) *(frame - i) = 0;
    return frame - kSoftware;
}

}  // namespace ouro::port::switching
