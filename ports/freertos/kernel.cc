// The cold half of the calls of FreeRTOS.
#include <limits>

#include "platform/port.h"

namespace ouro::port::kernel {

void create_lock(Lock& lock) { lock.handle = xSemaphoreCreateMutexStatic(&lock.memory); }

bool take_lock(Lock& lock, bool wait) {
    return xSemaphoreTake(lock.handle, wait ? portMAX_DELAY : 0) == pdTRUE;
}

void give_lock(Lock& lock) { xSemaphoreGive(lock.handle); }

void create_signal(Signal& signal) { signal.handle = xSemaphoreCreateBinaryStatic(&signal.memory); }

// Neither gives one that is given already: it wakes somebody anyway.
void give_signal(Signal& signal) { xSemaphoreGive(signal.handle); }

void give_signal_in_interrupt(Signal& signal) {
    BaseType_t more_urgent = pdFALSE;
    xSemaphoreGiveFromISR(signal.handle, &more_urgent);
    portYIELD_FROM_ISR(more_urgent);
}

void take_signal(Signal& signal, Tick ticks) { xSemaphoreTake(signal.handle, ticks); }

bool create_task(Task& task, const platform::ThreadSettings& settings, void (*function)(void*),
                 void* argument) {
    constexpr std::uintptr_t kAlign = portBYTE_ALIGNMENT;
    const auto low = (reinterpret_cast<std::uintptr_t>(settings.stack) + kAlign - 1) & -kAlign;
    const auto end = reinterpret_cast<std::uintptr_t>(settings.stack) + settings.stack_bytes;
    std::size_t depth = (end - low) / sizeof(StackType_t);
    constexpr std::size_t kDepthMax = std::numeric_limits<configSTACK_DEPTH_TYPE>::max();
    if (depth > kDepthMax) depth = kDepthMax;
    auto* stack = reinterpret_cast<StackType_t*>(low);
    const auto words = static_cast<configSTACK_DEPTH_TYPE>(depth);
#if OURO_KERNEL_CORES > 1 && configUSE_CORE_AFFINITY == 1
    task.handle =
        xTaskCreateStaticAffinitySet(function, "ouro", words, argument, settings.priority, stack,
                                     &task.memory, UBaseType_t{1} << settings.core);
#else
    task.handle = xTaskCreateStatic(function, "ouro", words, argument, settings.priority, stack,
                                    &task.memory);
#endif
    return task.handle != nullptr;
}

void end_task() {
    for (;;) vTaskSuspend(nullptr);
}

// A task that deletes itself is in the kernel's lists until the idle task has run, and its memory
// with it. So whoever joins deletes it, when it runs no more: then it is gone at once.
void join_task(Task& task, const atomic<std::uint32_t>& ended) {
    // order: acquire; pairs with Thread::run().
    while (ended.load(std::memory_order_acquire) == 0) vTaskDelay(1);
#if OURO_KERNEL_CORES > 1
    while (eTaskGetState(task.handle) != eSuspended) vTaskDelay(1);
#endif
    vTaskDelete(task.handle);
}

Tick ticks() { return is_in_interrupt() ? xTaskGetTickCountFromISR() : xTaskGetTickCount(); }

void stop() {
    taskDISABLE_INTERRUPTS();
    for (;;) {
    }
}

}  // namespace ouro::port::kernel
