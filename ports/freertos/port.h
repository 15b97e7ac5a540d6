// The port for FreeRTOS, V10 and later: its tasks, mutexes, semaphores and ticks. The hot half
// (atomics, windows) is the machine's, inline; calls of the kernel are in kernel.h and kernel.cc;
// everything else is what ports for kernels have in common. README.md says what a firmware has to
// supply.
#pragma once

#include "ports/freertos/kernel.h"
#include "ports/kernel/port.h"

namespace ouro::port::kernel {

/// Waits for the end of a task that sets `ended` as the last thing it does, and removes it.
void join_task(Task& task, const atomic<std::uint32_t>& ended);

}  // namespace ouro::port::kernel
