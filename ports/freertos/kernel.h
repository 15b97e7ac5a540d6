// The calls of FreeRTOS, under the names that ports/kernel uses. Only functions that its
// documentation describes; those ending in FromISR in interrupts, the others in tasks.
#pragma once

#include <cstddef>
#include <cstdint>

#include "platform/thread_settings.h"
#include "ports/freertos/kernel_headers.h"

#if configSUPPORT_STATIC_ALLOCATION != 1
#error "Ouro needs configSUPPORT_STATIC_ALLOCATION 1: its objects bring their own memory"
#endif
#if configUSE_MUTEXES != 1
#error "Ouro needs configUSE_MUTEXES 1: its locks have priority inheritance"
#endif
#if INCLUDE_vTaskSuspend != 1 || INCLUDE_vTaskDelete != 1 || INCLUDE_vTaskDelay != 1
#error "Ouro needs INCLUDE_vTaskSuspend, INCLUDE_vTaskDelete and INCLUDE_vTaskDelay 1"
#endif
#if INCLUDE_xTaskGetSchedulerState != 1 && configUSE_TIMERS != 1
#error "Ouro needs INCLUDE_xTaskGetSchedulerState 1"
#endif

#if !defined(configNUMBER_OF_CORES) || configNUMBER_OF_CORES == 1
#define OURO_KERNEL_CORES 1
#else
#define OURO_KERNEL_CORES configNUMBER_OF_CORES
#if INCLUDE_eTaskGetState != 1
#error "Ouro needs INCLUDE_eTaskGetState 1 on several cores: a task may only go when it has stopped"
#endif
#endif

// For ports/machine/arm_config.h.
#ifndef OURO_CORTEX_M_CORES
#define OURO_CORTEX_M_CORES OURO_KERNEL_CORES
#endif
#if !defined(OURO_CORTEX_M_CEILING) && defined(configMAX_SYSCALL_INTERRUPT_PRIORITY)
#define OURO_CORTEX_M_CEILING configMAX_SYSCALL_INTERRUPT_PRIORITY
#endif

/// The thread-local storage pointer in which a task's record is found at once. Without one of this
/// index (configNUM_THREAD_LOCAL_STORAGE_POINTERS) it is searched by the task's handle.
#ifndef OURO_FREERTOS_TLS_INDEX
#define OURO_FREERTOS_TLS_INDEX 0
#endif

namespace ouro::port {

inline constexpr const char* kPortName = "freertos";

inline bool is_in_interrupt();

namespace kernel {

enum class State { not_started, running, suspended };

inline State state() {
    const BaseType_t state = xTaskGetSchedulerState();
    if (state == taskSCHEDULER_RUNNING) return State::running;
    return state == taskSCHEDULER_SUSPENDED ? State::suspended : State::not_started;
}

inline std::uintptr_t current_task() {
    return reinterpret_cast<std::uintptr_t>(xTaskGetCurrentTaskHandle());
}

inline unsigned core() { return static_cast<unsigned>(portGET_CORE_ID()); }

// Off Cortex-M: FreeRTOS has no function for this on all its ports.
inline unsigned interrupt_depth() { return 0; }

#if configNUM_THREAD_LOCAL_STORAGE_POINTERS > OURO_FREERTOS_TLS_INDEX
inline constexpr bool kRemembers = true;
inline void* remembered() {
    return pvTaskGetThreadLocalStoragePointer(nullptr, OURO_FREERTOS_TLS_INDEX);
}
inline void remember(void* record) {
    vTaskSetThreadLocalStoragePointer(nullptr, OURO_FREERTOS_TLS_INDEX, record);
}
#else
inline constexpr bool kRemembers = false;
inline void* remembered() { return nullptr; }
inline void remember(void* /*record*/) {}
#endif

struct Lock {
    StaticSemaphore_t memory;
    SemaphoreHandle_t handle;
};
void create_lock(Lock& lock);
bool take_lock(Lock& lock, bool wait);
void give_lock(Lock& lock);

struct Signal {
    StaticSemaphore_t memory;
    SemaphoreHandle_t handle;
};
using Tick = TickType_t;
void create_signal(Signal& signal);
void give_signal(Signal& signal);
void give_signal_in_interrupt(Signal& signal);
void take_signal(Signal& signal, Tick ticks);

// While it is paused no task switch takes place; nothing that waits is called then.
struct Pause {};
inline Pause pause() {
    vTaskSuspendAll();
    return {};
}
inline void resume(Pause) { xTaskResumeAll(); }

struct Task {
    StaticTask_t memory;
    TaskHandle_t handle;
};
inline constexpr std::size_t kStackBytesMin =
    std::size_t{configMINIMAL_STACK_SIZE} * sizeof(StackType_t);
inline constexpr unsigned kPriorityMax = configMAX_PRIORITIES - 1;
bool create_task(Task& task, const platform::ThreadSettings& settings, void (*function)(void*),
                 void* argument);
[[noreturn]] void end_task();

Tick ticks();
inline std::uint32_t ticks_per_second() { return configTICK_RATE_HZ; }
inline void yield() { taskYIELD(); }
inline void sleep_one_tick() { vTaskDelay(1); }
[[noreturn]] void stop();

// For machines that lack atomics.
#define OURO_KERNEL_SECTIONS 1
using Section = UBaseType_t;
inline Section enter_section() {
    if (is_in_interrupt()) return taskENTER_CRITICAL_FROM_ISR();
    taskENTER_CRITICAL();
    return 0;
}
inline void leave_section(Section before) {
    if (is_in_interrupt()) {
        taskEXIT_CRITICAL_FROM_ISR(before);
    } else {
        taskEXIT_CRITICAL();
    }
}

}  // namespace kernel
}  // namespace ouro::port
