// What the word of a Mutex says, for the scheduler.
#pragma once

#include <cstdint>

namespace ouro::port::lock {

inline constexpr std::uint32_t kHolder = 0xFF;    ///< the holder's mark (port.h)
inline constexpr std::uint32_t kAwaited = 0x100;  ///< somebody waits
/// Looks at a lock that is held before its waiter lets others run, with two cores.
inline constexpr unsigned kSpinsMax = 200;

}  // namespace ouro::port::lock
