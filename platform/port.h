// The one door to the machine: selects the port that the build names and checks its hot half.
//
// OURO_PORT_HEADER is defined by the build (target ouro_<port>), for example
// "ports/desktop/port.h". heap/ and gc/ include platform/ headers only; no file outside ports/ asks
// which machine this is.
#pragma once

#ifndef OURO_PORT_HEADER
#error \
    "OURO_PORT_HEADER must name a port header, e.g. -DOURO_PORT_HEADER='\"ports/desktop/port.h\"'"
#endif
#include OURO_PORT_HEADER

#include "platform/port_concept.h"

namespace ouro::platform {

static_assert(PortAtomic<port::atomic<std::uint32_t>, std::uint32_t>,
              "the port's atomic<uint32_t> lacks an operation (see platform/port_concept.h)");
static_assert(PortAtomic<port::atomic<std::uintptr_t>, std::uintptr_t>,
              "the port's atomic<uintptr_t> lacks an operation (see platform/port_concept.h)");
static_assert(PortMaskedAdd<port::atomic<std::uint32_t>, std::uint32_t>,
              "the port's atomic<uint32_t> lacks fetch_add_masked (see platform/port_concept.h)");
static_assert(PortMutex<port::Mutex>, "the port's Mutex lacks an operation");
static_assert(PortEvent<port::Event>, "the port's Event lacks an operation");
static_assert(PortThread<port::Thread>, "the port's Thread lacks an operation");

}  // namespace ouro::platform
