// The records of execution contexts, as the scheduler hands them out.
#pragma once

#include "ports/cortex_m/port.h"

namespace ouro::port {

/// The record of the thread at this place of the scheduler's table.
platform::Context& thread_context(unsigned index);

}  // namespace ouro::port
