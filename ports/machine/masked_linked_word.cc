// What masked linked words share.
#include "platform/port.h"

#if defined(OURO_PORT_MASKED_LINKED_WORD)

namespace ouro::port {

constinit std::uint32_t g_linked_writes = 0;

}  // namespace ouro::port

#endif
