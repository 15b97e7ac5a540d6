// The port for Zephyr, 3.5 and later. The hot half (atomics, windows) is the machine's, inline;
// calls of the kernel are in kernel.h and kernel.cc; everything else is what ports for kernels have
// in common. README.md says what a firmware has to supply.
#pragma once

#include "ports/zephyr/kernel.h"

// After the calls that it makes.
#include "ports/kernel/port.h"

namespace ouro::port::kernel {

/// Waits for the end of a thread.
void join_task(Task& task, const atomic<std::uint32_t>& ended);

}  // namespace ouro::port::kernel
