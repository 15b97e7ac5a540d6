// SysTick: the scheduler's slices and, unless the firmware has a better one, the clock.
#pragma once

#include <cstdint>

#include "ports/cortex_m/config.h"

namespace ouro::port::tick {

inline constexpr std::uint32_t kLongest = 0xFF'FFFF;
inline constexpr std::uint32_t kSlice = static_cast<std::uint32_t>(
    std::uint64_t{OURO_CORTEX_M_SYSTICK_HZ} * OURO_CORTEX_M_SLICE_MICROSECONDS / 1'000'000);
static_assert(kSlice > 0 && kSlice <= kLongest);

/// Starts counting, in slices of so many ticks.
void start(std::uint32_t ticks);
/// Begins a slice of so many ticks anew. In the PendSV handler.
void restart(std::uint32_t ticks);

}  // namespace ouro::port::tick
