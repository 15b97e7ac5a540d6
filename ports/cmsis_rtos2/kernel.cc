// The cold half of the calls of CMSIS-RTOS2.
#include "platform/port.h"

namespace ouro::port::kernel {

void create_lock(Lock& lock) {
    osMutexAttr_t attributes{};
    attributes.name = "ouro";
    attributes.attr_bits = osMutexPrioInherit;
    attributes.cb_mem = lock.block.memory();
    attributes.cb_size = lock.block.bytes();
    lock.id = osMutexNew(&attributes);
    if (lock.id == nullptr) fatal("the kernel makes no mutex", &lock);
}

bool take_lock(Lock& lock, bool wait) {
    return osMutexAcquire(lock.id, wait ? osWaitForever : 0) == osOK;
}

void give_lock(Lock& lock) {
    if (osMutexRelease(lock.id) != osOK) fatal("the kernel takes no mutex back", &lock);
}

void create_signal(Signal& signal) {
    osSemaphoreAttr_t attributes{};
    attributes.name = "ouro";
    attributes.cb_mem = signal.block.memory();
    attributes.cb_size = signal.block.bytes();
    signal.id = osSemaphoreNew(1, 0, &attributes);
    if (signal.id == nullptr) fatal("the kernel makes no semaphore", &signal);
}

// One that is given already is not given again: it wakes somebody anyway.
void give_signal(Signal& signal) { osSemaphoreRelease(signal.id); }

void take_signal(Signal& signal, Tick ticks) { osSemaphoreAcquire(signal.id, ticks); }

bool create_task(Task& task, const platform::ThreadSettings& settings, void (*function)(void*),
                 void* argument) {
    constexpr std::uintptr_t kAlign = 8;
    const auto low = (reinterpret_cast<std::uintptr_t>(settings.stack) + kAlign - 1) & -kAlign;
    const auto end = (reinterpret_cast<std::uintptr_t>(settings.stack) + settings.stack_bytes);
    osThreadAttr_t attributes{};
    attributes.name = "ouro";
    attributes.attr_bits = osThreadDetached;
    attributes.cb_mem = task.block.memory();
    attributes.cb_size = task.block.bytes();
    attributes.stack_mem = reinterpret_cast<void*>(low);
    attributes.stack_size = static_cast<std::uint32_t>((end & -kAlign) - low);
    attributes.priority =
        static_cast<osPriority_t>(OURO_CMSIS_RTOS2_LOWEST_PRIORITY + settings.priority);
    task.id = osThreadNew(function, argument, &attributes);
    return task.id != nullptr;
}

void end_task() {
    for (;;) osThreadSuspend(osThreadGetId());
}

// Not by osThreadJoin(), which some kernels lack: whoever joins terminates the thread when it does
// nothing any more, and then its memory is free.
void join_task(Task& task, const atomic<std::uint32_t>& ended) {
    // order: acquire; pairs with Thread::run().
    while (ended.load(std::memory_order_acquire) == 0) osDelay(1);
    if (osThreadTerminate(task.id) != osOK) fatal("the kernel does not end a thread", &task);
}

void stop() {
    for (;;) __builtin_trap();
}

}  // namespace ouro::port::kernel
