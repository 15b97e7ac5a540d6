// FreeRTOS's interface on the fake kernel.
#include <cstdlib>

#include "ports/freertos/kernel_headers.h"
#include "tests/kernels/fake/engine.h"

using namespace ouro;
using fake::Call;
using fake::From;

namespace {

std::uint64_t as_wait(TickType_t ticks) { return ticks == portMAX_DELAY ? fake::kForever : ticks; }

fake::Task* as_task(TaskHandle_t handle) {
    return handle == nullptr ? fake::current() : fake::checked(handle);
}

unsigned g_section = 0;
bool g_must_yield = false;

}  // namespace

TaskHandle_t xTaskCreateStatic(TaskFunction_t function, const char*, uint32_t stack_words,
                               void* argument, UBaseType_t priority, StackType_t* stack,
                               StaticTask_t* memory) {
    const Call call("xTaskCreateStatic", From::task);
    if (priority >= configMAX_PRIORITIES) fake::fail("a priority is not below the maximum");
    if (reinterpret_cast<std::uintptr_t>(stack) % portBYTE_ALIGNMENT != 0)
        fake::fail("a stack is not aligned");
    if (stack_words < configMINIMAL_STACK_SIZE) fake::fail("a stack is below the minimum");
    return reinterpret_cast<TaskHandle_t>(
        fake::create(function, argument, stack, stack_words * sizeof(StackType_t),
                     static_cast<unsigned>(priority), memory, sizeof *memory));
}

void vTaskDelete(TaskHandle_t task) {
    const Call call("vTaskDelete", From::task);
    fake::remove(as_task(task));
}
void vTaskSuspend(TaskHandle_t task) {
    const Call call("vTaskSuspend", From::task);
    fake::suspend(as_task(task));
}
void vTaskDelay(TickType_t ticks) {
    const Call call("vTaskDelay", From::task);
    fake::delay(ticks);
}
void vTaskStartScheduler() { fake::start(); }
void vTaskEndScheduler() { fake::stop(); }
void vTaskSuspendAll() {
    const Call call("vTaskSuspendAll", From::task);
    fake::lock_scheduler();
}
BaseType_t xTaskResumeAll() {
    const Call call("xTaskResumeAll", From::task);
    fake::unlock_scheduler();
    return pdFALSE;
}
BaseType_t xTaskGetSchedulerState() {
    const Call call("xTaskGetSchedulerState", From::task);
    if (!fake::is_running()) return taskSCHEDULER_NOT_STARTED;
    return fake::is_scheduler_locked() ? taskSCHEDULER_SUSPENDED : taskSCHEDULER_RUNNING;
}
TaskHandle_t xTaskGetCurrentTaskHandle() {
    const Call call("xTaskGetCurrentTaskHandle", From::task);
    if (!fake::is_running()) fake::fail("there is no current task before the scheduler runs");
    return reinterpret_cast<TaskHandle_t>(fake::current());
}
TickType_t xTaskGetTickCount() {
    const Call call("xTaskGetTickCount", From::task);
    return static_cast<TickType_t>(fake::now());
}
TickType_t xTaskGetTickCountFromISR() {
    const Call call("xTaskGetTickCountFromISR", From::interrupt);
    return static_cast<TickType_t>(fake::now());
}
#if configNUM_THREAD_LOCAL_STORAGE_POINTERS > 0
void vTaskSetThreadLocalStoragePointer(TaskHandle_t task, BaseType_t index, void* value) {
    const Call call("vTaskSetThreadLocalStoragePointer", From::task);
    fake::storage(as_task(task), static_cast<unsigned>(index)) = value;
}
void* pvTaskGetThreadLocalStoragePointer(TaskHandle_t task, BaseType_t index) {
    const Call call("pvTaskGetThreadLocalStoragePointer", From::task);
    return fake::storage(as_task(task), static_cast<unsigned>(index));
}
#endif

void shape_yield() {
    const Call call("taskYIELD", From::task);
    fake::yield();
}
void shape_enter_critical() {
    if (fake::interrupt_depth() != 0) fake::fail("taskENTER_CRITICAL is called in an interrupt");
    g_section = fake::enter_section();
}
void shape_exit_critical() { fake::leave_section(0); }
UBaseType_t shape_enter_critical_from_interrupt() {
    if (fake::interrupt_depth() == 0)
        fake::fail("taskENTER_CRITICAL_FROM_ISR is called outside of interrupts");
    return fake::enter_section();
}
void shape_exit_critical_from_interrupt(UBaseType_t before) {
    fake::leave_section(static_cast<unsigned>(before));
}
void shape_disable_interrupts() { std::abort(); }
void shape_yield_from_interrupt(BaseType_t) {
    const Call call("portYIELD_FROM_ISR", From::interrupt);
    g_must_yield = false;
}

SemaphoreHandle_t xSemaphoreCreateMutexStatic(StaticSemaphore_t* memory) {
    const Call call("xSemaphoreCreateMutexStatic", From::task);
    fake::make(memory, sizeof *memory, true, 1);
    return reinterpret_cast<SemaphoreHandle_t>(memory);
}
SemaphoreHandle_t xSemaphoreCreateBinaryStatic(StaticSemaphore_t* memory) {
    const Call call("xSemaphoreCreateBinaryStatic", From::task);
    fake::make(memory, sizeof *memory, false, 0);
    return reinterpret_cast<SemaphoreHandle_t>(memory);
}
BaseType_t xSemaphoreTake(SemaphoreHandle_t semaphore, TickType_t ticks) {
    const Call call("xSemaphoreTake", From::task);
    return fake::take(semaphore, as_wait(ticks)) ? pdTRUE : pdFALSE;
}
BaseType_t xSemaphoreGive(SemaphoreHandle_t semaphore) {
    const Call call("xSemaphoreGive", From::task);
    return fake::give(semaphore) ? pdTRUE : pdFALSE;
}
BaseType_t xSemaphoreGiveFromISR(SemaphoreHandle_t semaphore, BaseType_t* more_urgent) {
    const Call call("xSemaphoreGiveFromISR", From::interrupt);
    *more_urgent = fake::give(semaphore) ? pdTRUE : pdFALSE;
    return *more_urgent;
}
