// Where the caller runs: in a thread or in an interrupt, and on which core.
#pragma once

#include "platform/port.h"

namespace ouro::platform {

/// True inside an interrupt handler, where nothing may wait. Always false on machines that hide
/// their interrupts. Time: O(1), a few instructions.
using port::is_in_interrupt;

/// The number of the core that runs the caller, from 0. On machines whose threads move, a hint that
/// may be out of date when it is returned; 0 where the port does not know. Time: O(1). ISR: yes.
using port::core_id;

}  // namespace ouro::platform
