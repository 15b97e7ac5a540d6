// The port for kernels with the interface CMSIS-RTOS2 (RTX5, CMSIS-FreeRTOS and others), version
// 2.1.3 and later. The hot half (atomics, windows) is the machine's, inline; calls of the kernel
// are in kernel.h and kernel.cc; everything else is what ports for kernels have in common.
// README.md says what a firmware has to supply.
#pragma once

#include "ports/cmsis_rtos2/kernel.h"
#include "ports/kernel/port.h"

namespace ouro::port::kernel {

/// Waits for the end of a thread that sets `ended` as the last thing it does, and removes it.
void join_task(Task& task, const atomic<std::uint32_t>& ended);

}  // namespace ouro::port::kernel
