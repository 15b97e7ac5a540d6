// The calls of CMSIS-RTOS2, under the names that ports/kernel uses.
#pragma once

#include <cstddef>
#include <cstdint>

#include "platform/thread_settings.h"
#include "ports/cmsis_rtos2/kernel_headers.h"

/// Bytes of the kernel's control blocks. Known for RTX5 and for CMSIS-FreeRTOS; the documentation
/// of other kernels says them. 0: the kernel takes them from memory of its own.
#ifndef OURO_CMSIS_RTOS2_MUTEX_BYTES
#if defined(osRtxMutexCbSize)
#define OURO_CMSIS_RTOS2_MUTEX_BYTES osRtxMutexCbSize
#elif defined(configSUPPORT_STATIC_ALLOCATION)
#define OURO_CMSIS_RTOS2_MUTEX_BYTES sizeof(StaticSemaphore_t)
#else
#error "OURO_CMSIS_RTOS2_MUTEX_BYTES must say how large this kernel's control blocks are"
#endif
#endif
#ifndef OURO_CMSIS_RTOS2_SEMAPHORE_BYTES
#if defined(osRtxSemaphoreCbSize)
#define OURO_CMSIS_RTOS2_SEMAPHORE_BYTES osRtxSemaphoreCbSize
#elif defined(configSUPPORT_STATIC_ALLOCATION)
#define OURO_CMSIS_RTOS2_SEMAPHORE_BYTES sizeof(StaticSemaphore_t)
#else
#error "OURO_CMSIS_RTOS2_SEMAPHORE_BYTES must say how large this kernel's control blocks are"
#endif
#endif
#ifndef OURO_CMSIS_RTOS2_THREAD_BYTES
#if defined(osRtxThreadCbSize)
#define OURO_CMSIS_RTOS2_THREAD_BYTES osRtxThreadCbSize
#elif defined(configSUPPORT_STATIC_ALLOCATION)
#define OURO_CMSIS_RTOS2_THREAD_BYTES sizeof(StaticTask_t)
#else
#error "OURO_CMSIS_RTOS2_THREAD_BYTES must say how large this kernel's control blocks are"
#endif
#endif

/// Priority 0 of Ouro's threads; 1 is the next of CMSIS-RTOS2, and so on.
#ifndef OURO_CMSIS_RTOS2_LOWEST_PRIORITY
#define OURO_CMSIS_RTOS2_LOWEST_PRIORITY osPriorityLow
#endif

/// The least stack that a thread may have.
#ifndef OURO_CMSIS_RTOS2_STACK_BYTES_MIN
#define OURO_CMSIS_RTOS2_STACK_BYTES_MIN 256
#endif

#define OURO_KERNEL_CORES 1

// For ports/machine/arm_config.h: the interface does not say which handlers a kernel excludes.
#ifndef OURO_CORTEX_M_CEILING
#define OURO_CORTEX_M_CEILING 0
#endif

namespace ouro::port {

inline constexpr const char* kPortName = "cmsis_rtos2";

namespace kernel {

enum class State { not_started, running, suspended };

inline State state() {
    const osKernelState_t state = osKernelGetState();
    if (state == osKernelRunning) return State::running;
    const bool suspended = state == osKernelLocked || state == osKernelSuspended;
    return suspended ? State::suspended : State::not_started;
}

inline std::uintptr_t current_task() { return reinterpret_cast<std::uintptr_t>(osThreadGetId()); }

inline unsigned core() { return 0; }

// Off Cortex-M: the interface has no function for this.
inline unsigned interrupt_depth() { return 0; }

inline constexpr bool kRemembers = false;
inline void* remembered() { return nullptr; }
inline void remember(void* /*record*/) {}

/// Memory of a control block; none if the kernel has its own.
template <std::size_t kBytes>
struct Block {
    std::uint64_t words[(kBytes + 7) / 8];
    void* memory() { return words; }
    static constexpr std::uint32_t bytes() { return sizeof(words); }
};
template <>
struct Block<0> {
    static void* memory() { return nullptr; }
    static constexpr std::uint32_t bytes() { return 0; }
};

struct Lock {
    Block<OURO_CMSIS_RTOS2_MUTEX_BYTES> block;
    osMutexId_t id;
};
void create_lock(Lock& lock);
bool take_lock(Lock& lock, bool wait);
void give_lock(Lock& lock);

struct Signal {
    Block<OURO_CMSIS_RTOS2_SEMAPHORE_BYTES> block;
    osSemaphoreId_t id;
};
using Tick = std::uint32_t;
void create_signal(Signal& signal);
void give_signal(Signal& signal);
inline void give_signal_in_interrupt(Signal& signal) { give_signal(signal); }
void take_signal(Signal& signal, Tick ticks);

// While it is paused no thread switch takes place; nothing that waits is called then.
using Pause = std::int32_t;
inline Pause pause() { return osKernelLock(); }
inline void resume(Pause before) { osKernelRestoreLock(before); }

struct Task {
    Block<OURO_CMSIS_RTOS2_THREAD_BYTES> block;
    osThreadId_t id;
};
inline constexpr std::size_t kStackBytesMin = OURO_CMSIS_RTOS2_STACK_BYTES_MIN;
inline constexpr unsigned kPriorityMax = osPriorityRealtime7 - OURO_CMSIS_RTOS2_LOWEST_PRIORITY;
bool create_task(Task& task, const platform::ThreadSettings& settings, void (*function)(void*),
                 void* argument);
[[noreturn]] void end_task();

inline Tick ticks() { return osKernelGetTickCount(); }
inline std::uint32_t ticks_per_second() { return osKernelGetTickFreq(); }
inline void yield() { osThreadYield(); }
inline void sleep_one_tick() { osDelay(1); }
[[noreturn]] void stop();

}  // namespace kernel
}  // namespace ouro::port
