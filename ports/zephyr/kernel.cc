// The cold half of the calls of Zephyr.
#include "platform/port.h"

namespace ouro::port::kernel {

namespace {

void enter_thread(void* function, void* argument, void* /*unused*/) {
    reinterpret_cast<void (*)(void*)>(function)(argument);
}

}  // namespace

void take_signal(Signal& signal, Tick ticks) {
    constexpr Tick kMost = 0x3FFF'FFFF;  // for kernels whose timeouts have 32 bits
    k_sem_take(&signal.semaphore, K_TICKS(ticks < kMost ? ticks : kMost));
}

bool create_task(Task& task, const platform::ThreadSettings& settings, void (*function)(void*),
                 void* argument) {
    const int priority = K_LOWEST_APPLICATION_THREAD_PRIO - static_cast<int>(settings.priority);
    k_tid_t thread =
        k_thread_create(&task.thread, static_cast<k_thread_stack_t*>(settings.stack),
                        settings.stack_bytes, enter_thread, reinterpret_cast<void*>(function),
                        argument, nullptr, priority, OURO_ZEPHYR_THREAD_OPTIONS, K_FOREVER);
#if defined(CONFIG_SCHED_CPU_MASK)
    k_thread_cpu_pin(thread, static_cast<int>(settings.core));
#endif
    k_thread_start(thread);
    return true;
}

void end_task() {
    for (;;) k_thread_abort(k_current_get());
}

void join_task(Task& task, const atomic<std::uint32_t>& /*ended*/) {
    k_thread_join(&task.thread, K_FOREVER);
}

void stop() {
    for (;;) k_panic();
}

}  // namespace ouro::port::kernel
