// Ticks of the kernel as nanoseconds.
#pragma once

#include <cstdint>
#include <limits>

#include "platform/port.h"

namespace ouro::port::ticks {

/// The longest wait that a kernel is asked for: long before the counter has gone half round, so
/// that who waits without limit looks at the clock in time (clock.cc).
inline constexpr std::uint64_t kWaitMax = std::numeric_limits<kernel::Tick>::max() / 4;

/// At least so many nanoseconds, as ticks of a counter that may go on at once; at most kWaitMax.
inline kernel::Tick to_wait(std::uint64_t ns) {
    constexpr std::uint64_t kSecond = 1'000'000'000;
    const std::uint64_t hz = kernel::ticks_per_second();
    const std::uint64_t seconds = ns / kSecond;
    if (seconds >= kWaitMax / hz) return static_cast<kernel::Tick>(kWaitMax);
    const std::uint64_t rest = (ns % kSecond * hz + kSecond - 1) / kSecond;
    const std::uint64_t wait = seconds * hz + rest + 1;
    return static_cast<kernel::Tick>(wait < kWaitMax ? wait : kWaitMax);
}

inline std::uint64_t to_ns(std::uint64_t count) {
    constexpr std::uint64_t kSecond = 1'000'000'000;
    const std::uint64_t hz = kernel::ticks_per_second();
    return count / hz * kSecond + count % hz * kSecond / hz;
}

}  // namespace ouro::port::ticks
