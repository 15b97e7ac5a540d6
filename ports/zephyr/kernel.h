// The calls of Zephyr, under the names that ports/kernel uses.
#pragma once

#include <cstddef>
#include <cstdint>

#include "platform/thread_settings.h"
#include "ports/zephyr/kernel_headers.h"

#if !defined(CONFIG_MULTITHREADING)
#error "Ouro needs CONFIG_MULTITHREADING=y"
#endif

#if defined(CONFIG_SMP)
#define OURO_KERNEL_CORES CONFIG_MP_MAX_NUM_CPUS
#else
#define OURO_KERNEL_CORES 1
#endif

// For ports/machine/arm_config.h. Interrupts without latency lie above those that Zephyr masks; the
// most urgent level is the processor's faults'.
#ifndef OURO_CORTEX_M_CORES
#define OURO_CORTEX_M_CORES OURO_KERNEL_CORES
#endif
#if !defined(OURO_CORTEX_M_CEILING) && defined(NUM_IRQ_PRIO_BITS)
#if defined(CONFIG_ZERO_LATENCY_IRQS)
#define OURO_CORTEX_M_CEILING ((CONFIG_ZERO_LATENCY_LEVELS + 1) << (8 - NUM_IRQ_PRIO_BITS))
#else
#define OURO_CORTEX_M_CEILING (1 << (8 - NUM_IRQ_PRIO_BITS))
#endif
#endif

/// 1: a thread's record is found at once through its custom data (CONFIG_THREAD_CUSTOM_DATA), which
/// the application then leaves alone. 0: it is searched by the thread's identity.
#ifndef OURO_ZEPHYR_CUSTOM_DATA
#define OURO_ZEPHYR_CUSTOM_DATA 0
#endif

/// Options of k_thread_create() for Ouro's threads, such as K_FP_REGS if finalizers calculate.
#ifndef OURO_ZEPHYR_THREAD_OPTIONS
#define OURO_ZEPHYR_THREAD_OPTIONS 0
#endif

/// The least stack that a thread may have.
#ifndef OURO_ZEPHYR_STACK_BYTES_MIN
#define OURO_ZEPHYR_STACK_BYTES_MIN 256
#endif

namespace ouro::port {

inline constexpr const char* kPortName = "zephyr";

namespace kernel {

enum class State { not_started, running, suspended };

// A locked scheduler does not show: whoever waits then lets others run all the same.
inline State state() { return k_is_pre_kernel() ? State::not_started : State::running; }

inline std::uintptr_t current_task() { return reinterpret_cast<std::uintptr_t>(k_current_get()); }

#if OURO_KERNEL_CORES > 1
inline unsigned core() { return arch_curr_cpu()->id; }
#else
inline unsigned core() { return 0; }
#endif

// Off Cortex-M: as deep as Zephyr tells.
inline unsigned interrupt_depth() { return k_is_in_isr() ? 1 : 0; }

#if OURO_ZEPHYR_CUSTOM_DATA
#if !defined(CONFIG_THREAD_CUSTOM_DATA)
#error "OURO_ZEPHYR_CUSTOM_DATA needs CONFIG_THREAD_CUSTOM_DATA=y"
#endif
inline constexpr bool kRemembers = true;
inline void* remembered() { return k_thread_custom_data_get(); }
inline void remember(void* record) { k_thread_custom_data_set(record); }
#else
inline constexpr bool kRemembers = false;
inline void* remembered() { return nullptr; }
inline void remember(void* /*record*/) {}
#endif

struct Lock {
    k_mutex mutex;
};
inline void create_lock(Lock& lock) { k_mutex_init(&lock.mutex); }
inline bool take_lock(Lock& lock, bool wait) {
    return k_mutex_lock(&lock.mutex, wait ? K_FOREVER : K_NO_WAIT) == 0;
}
inline void give_lock(Lock& lock) { k_mutex_unlock(&lock.mutex); }

struct Signal {
    k_sem semaphore;
};
using Tick = std::uint64_t;
inline void create_signal(Signal& signal) { k_sem_init(&signal.semaphore, 0, 1); }
inline void give_signal(Signal& signal) { k_sem_give(&signal.semaphore); }
inline void give_signal_in_interrupt(Signal& signal) { k_sem_give(&signal.semaphore); }
void take_signal(Signal& signal, Tick ticks);

// While it is paused no other thread runs on this core; nothing that waits is called then.
struct Pause {};
inline Pause pause() {
    k_sched_lock();
    return {};
}
inline void resume(Pause) { k_sched_unlock(); }

struct Task {
    k_thread thread;
};
inline constexpr std::size_t kStackBytesMin = OURO_ZEPHYR_STACK_BYTES_MIN;
inline constexpr unsigned kPriorityMax = K_LOWEST_APPLICATION_THREAD_PRIO;
bool create_task(Task& task, const platform::ThreadSettings& settings, void (*function)(void*),
                 void* argument);
[[noreturn]] void end_task();

inline Tick ticks() { return static_cast<Tick>(k_uptime_ticks()); }
inline std::uint32_t ticks_per_second() { return CONFIG_SYS_CLOCK_TICKS_PER_SEC; }
inline void yield() { k_yield(); }
inline void sleep_one_tick() { k_sleep(K_TICKS(1)); }
[[noreturn]] void stop();

// For machines that lack atomics.
#define OURO_KERNEL_SECTIONS 1
using Section = unsigned;
inline Section enter_section() { return irq_lock(); }
inline void leave_section(Section before) { irq_unlock(before); }

}  // namespace kernel
}  // namespace ouro::port
