// The records of interrupt handlers on Cortex-M, by their priority: handlers of one priority never
// interrupt each other. Needs the port's core_id() and fatal().
#pragma once

#include <cstdint>

namespace ouro::platform {
struct Context;
}

namespace ouro::port {

/// The record of the handler that runs as this exception. Stops the program for handlers that may
/// not use Ouro. Time: O(kInterruptLevels).
platform::Context& interrupt_context(std::uint32_t exception);

#if !defined(OURO_PORT_ONE_WINDOW)
/// Is no handler inside a window? See is_closed(). Time: O(cores * kInterruptLevels).
bool interrupt_windows_closed();
#endif

/// Told once about every priority whose handlers use Ouro: the port may stop the program.
void check_interrupt_priority(std::uint32_t priority);

}  // namespace ouro::port
