// The shape of Zephyr's interface, as its documentation describes it: no more of it than the port
// uses, in our own words. Types have other sizes than the kernel's.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CONFIG_MULTITHREADING 1
#define CONFIG_NUM_PREEMPT_PRIORITIES 15
#define CONFIG_SYS_CLOCK_TICKS_PER_SEC 10000
#ifdef TEST_CORTEX_M
#define NUM_IRQ_PRIO_BITS 3
#endif

#ifdef __cplusplus
extern "C" {
#endif

struct k_thread {
    void* of_the_kernel[20];
};
struct k_mutex {
    void* of_the_kernel[5];
};
struct k_sem {
    void* of_the_kernel[4];
};
typedef struct k_thread* k_tid_t;
typedef struct {
    unsigned char byte;
} k_thread_stack_t;
typedef struct {
    int64_t ticks;
} k_timeout_t;
typedef void (*k_thread_entry_t)(void* first, void* second, void* third);

static inline k_timeout_t shape_timeout(int64_t ticks) {
    const k_timeout_t timeout = {ticks};
    return timeout;
}
#define K_NO_WAIT shape_timeout(0)
#define K_FOREVER shape_timeout(-1)
#define K_TICKS(ticks) shape_timeout((int64_t)(ticks))
#define K_LOWEST_APPLICATION_THREAD_PRIO (CONFIG_NUM_PREEMPT_PRIORITIES - 1)

bool k_is_pre_kernel(void);
bool k_is_in_isr(void);
k_tid_t k_current_get(void);
#ifdef CONFIG_THREAD_CUSTOM_DATA
void k_thread_custom_data_set(void* value);
void* k_thread_custom_data_get(void);
#endif
int k_mutex_init(struct k_mutex* mutex);
int k_mutex_lock(struct k_mutex* mutex, k_timeout_t timeout);
int k_mutex_unlock(struct k_mutex* mutex);
int k_sem_init(struct k_sem* semaphore, unsigned initial, unsigned most);
int k_sem_take(struct k_sem* semaphore, k_timeout_t timeout);
void k_sem_give(struct k_sem* semaphore);
void k_sched_lock(void);
void k_sched_unlock(void);
k_tid_t k_thread_create(struct k_thread* thread, k_thread_stack_t* stack, size_t stack_bytes,
                        k_thread_entry_t entry, void* first, void* second, void* third,
                        int priority, uint32_t options, k_timeout_t delay);
void k_thread_start(k_tid_t thread);
void k_thread_abort(k_tid_t thread);
int k_thread_join(struct k_thread* thread, k_timeout_t timeout);
int64_t k_uptime_ticks(void);
void k_yield(void);
int32_t k_sleep(k_timeout_t timeout);

// Macros of the kernel; the functions behind them are this shape's.
unsigned shape_lock_interrupts(void);
void shape_unlock_interrupts(unsigned key);
void shape_panic(void);
#define irq_lock() shape_lock_interrupts()
#define irq_unlock(key) shape_unlock_interrupts(key)
#define k_panic() shape_panic()

#ifdef __cplusplus
}
#endif
