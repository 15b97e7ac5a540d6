// CMSIS-RTOS2's interface on the fake kernel.
#include "ports/cmsis_rtos2/kernel_headers.h"
#include "tests/kernels/fake/engine.h"

using namespace ouro;
using fake::Call;
using fake::From;

namespace {

std::uint64_t as_wait(uint32_t ticks) { return ticks == osWaitForever ? fake::kForever : ticks; }

}  // namespace

osKernelState_t osKernelGetState() {
    const Call call("osKernelGetState", From::anywhere);
    if (!fake::is_running()) return osKernelReady;
    return fake::is_scheduler_locked() ? osKernelLocked : osKernelRunning;
}
int32_t osKernelLock() {
    const Call call("osKernelLock", From::task);
    const bool before = fake::is_scheduler_locked();
    if (!before) fake::lock_scheduler();
    return before ? 1 : 0;
}
int32_t osKernelRestoreLock(int32_t lock) {
    const Call call("osKernelRestoreLock", From::task);
    if (lock == 0) fake::unlock_scheduler();
    return lock;
}
uint32_t osKernelGetTickCount() {
    const Call call("osKernelGetTickCount", From::anywhere);
    return static_cast<uint32_t>(fake::now());
}
uint32_t osKernelGetTickFreq() { return 1000; }

osThreadId_t osThreadNew(osThreadFunc_t function, void* argument,
                         const osThreadAttr_t* attributes) {
    const Call call("osThreadNew", From::task);
    if (reinterpret_cast<std::uintptr_t>(attributes->stack_mem) % 8 != 0)
        fake::fail("a stack is not aligned");
    if (attributes->cb_size < osRtxThreadCbSize) fake::fail("a control block is too small");
    if (attributes->priority < osPriorityLow || attributes->priority > osPriorityRealtime7)
        fake::fail("a priority is not one of the interface's");
    return fake::create(function, argument, attributes->stack_mem, attributes->stack_size,
                        static_cast<unsigned>(attributes->priority - osPriorityLow),
                        attributes->cb_mem, attributes->cb_size);
}
osThreadId_t osThreadGetId() {
    const Call call("osThreadGetId", From::anywhere);
    return fake::current();
}
osStatus_t osThreadYield() {
    const Call call("osThreadYield", From::task);
    fake::yield();
    return osOK;
}
osStatus_t osThreadSuspend(osThreadId_t thread) {
    const Call call("osThreadSuspend", From::task);
    fake::suspend(fake::checked(thread));
    return osOK;
}
osStatus_t osThreadTerminate(osThreadId_t thread) {
    const Call call("osThreadTerminate", From::task);
    fake::remove(fake::checked(thread));
    return osOK;
}
osStatus_t osDelay(uint32_t ticks) {
    const Call call("osDelay", From::task);
    fake::delay(ticks);
    return osOK;
}

osMutexId_t osMutexNew(const osMutexAttr_t* attributes) {
    const Call call("osMutexNew", From::task);
    if (attributes->attr_bits != osMutexPrioInherit) fake::fail("a mutex without inheritance");
    if (attributes->cb_size < osRtxMutexCbSize) fake::fail("a control block is too small");
    fake::make(attributes->cb_mem, attributes->cb_size, true, 1);
    return attributes->cb_mem;
}
osStatus_t osMutexAcquire(osMutexId_t mutex, uint32_t timeout) {
    const Call call("osMutexAcquire", From::task);
    return fake::take(mutex, as_wait(timeout)) ? osOK : osErrorTimeout;
}
osStatus_t osMutexRelease(osMutexId_t mutex) {
    const Call call("osMutexRelease", From::task);
    fake::give(mutex);
    return osOK;
}

osSemaphoreId_t osSemaphoreNew(uint32_t most, uint32_t initial,
                               const osSemaphoreAttr_t* attributes) {
    const Call call("osSemaphoreNew", From::task);
    if (most != 1) fake::fail("the fake has binary semaphores only");
    fake::make(attributes->cb_mem, attributes->cb_size, false, initial);
    return attributes->cb_mem;
}
osStatus_t osSemaphoreAcquire(osSemaphoreId_t semaphore, uint32_t timeout) {
    const Call call("osSemaphoreAcquire", timeout == 0 ? From::anywhere : From::task);
    return fake::take(semaphore, as_wait(timeout)) ? osOK : osErrorTimeout;
}
osStatus_t osSemaphoreRelease(osSemaphoreId_t semaphore) {
    const Call call("osSemaphoreRelease", From::anywhere);
    return fake::give(semaphore) ? osOK : osErrorResource;
}
