#include "platform/port.h"

namespace ouro::port {

#if defined(OURO_PORT_ONE_WINDOW)
constinit atomic<std::uint32_t> g_open_windows{0};
#endif

}  // namespace ouro::port
