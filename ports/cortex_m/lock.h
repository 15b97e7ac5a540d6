// What the word of a Mutex says, for the scheduler.
#pragma once

#include <cstdint>

namespace ouro::port::lock {

inline constexpr std::uint32_t kHolder = 0xFF;     ///< place in the scheduler's table + 1
inline constexpr std::uint32_t kInterrupt = 0xFF;  ///< a handler holds it
inline constexpr std::uint32_t kAwaited = 0x100;   ///< somebody waits
/// Looks at a lock that is held before its waiter lets others run, with two cores.
inline constexpr unsigned kSpinsMax = 200;

}  // namespace ouro::port::lock
