// Marks for memory checkers: freed object memory is poisoned for AddressSanitizer and marked for
// Valgrind, so that a clean run means something; plain accesses to data that is handed between
// threads are named for the simulation. Empty in other builds.
#pragma once

#include <cstddef>

#include "platform/port.h"

namespace ouro::platform {

/// Bytes of inaccessible space that follow every object in checking builds, else 0.
inline constexpr std::size_t kRedzoneBytes = port::kRedzoneBytes;

/// Does anybody watch? If not, the calls below do nothing.
using port::is_watched;
/// Declares [address, address + bytes) unusable by anyone until unpoison().
using port::poison;
/// Declares it usable, with undefined content.
using port::unpoison;
/// Declares it usable, with the content that it has.
using port::reveal;
/// Says that [address, address + bytes) is read or written without atomics here, so that a port
/// that knows what happens before what can tell a race. Nothing in other ports.
using port::plain_read;
using port::plain_write;

}  // namespace ouro::platform
