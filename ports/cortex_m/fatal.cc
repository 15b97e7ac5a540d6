// The end of the program.
#include "ports/cortex_m/port.h"

/// Without a firmware's own: stops for a debugger, with interrupts masked for good. A debugger
/// shows `reason` as the first argument.
extern "C" [[gnu::weak]] void ouro_cortex_m_fatal(const char*, const void*) {
    asm volatile("cpsid i");
    for (;;) asm volatile("bkpt 0");
}

namespace ouro::port {

void fatal(const char* reason, const void* address) { ouro_cortex_m_fatal(reason, address); }

}  // namespace ouro::port
