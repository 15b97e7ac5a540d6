// What masked linked words share.
#include "ports/cortex_m/port.h"

#if OURO_CORTEX_M_MASKED_ATOMICS

namespace ouro::port {

constinit std::uint32_t g_linked_writes = 0;

}  // namespace ouro::port

#endif
