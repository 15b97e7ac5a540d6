// Zephyr's interface on the fake kernel.
#include <cstdlib>

#include "ports/zephyr/kernel_headers.h"
#include "tests/kernels/fake/engine.h"

using namespace ouro;
using fake::Call;
using fake::From;

namespace {

/// What a thread begins with, until it is started.
struct Begin {
    fake::Task* task;
    k_thread_entry_t entry;
    void* first;
    void* second;
    void* third;
    std::uint32_t magic;
};
static_assert(sizeof(Begin) <= sizeof(k_thread));
constexpr std::uint32_t kMagic = 0x5E9A'0001;

Begin& begin_of(k_tid_t thread) {
    auto& begin = *reinterpret_cast<Begin*>(thread);
    if (begin.magic != kMagic) fake::fail("a thread is used that was never created");
    return begin;
}

void enter(void* self) {
    Begin begin = *static_cast<Begin*>(self);
    begin.entry(begin.first, begin.second, begin.third);
    const Call call("the end of a thread", From::task);
    fake::exit();
}

std::uint64_t as_wait(k_timeout_t timeout) {
    return timeout.ticks < 0 ? fake::kForever : static_cast<std::uint64_t>(timeout.ticks);
}

struct Waiting {
    Begin begin;
    void* stack;
    std::size_t stack_bytes;
    unsigned priority;
};
Waiting g_not_started[8];

}  // namespace

bool k_is_pre_kernel() { return !fake::is_running(); }
bool k_is_in_isr() { return fake::interrupt_depth() != 0; }
k_tid_t k_current_get() {
    const Call call("k_current_get", From::anywhere);
    if (!fake::is_running()) fake::fail("there is no current thread before the kernel runs");
    return reinterpret_cast<k_tid_t>(fake::current());
}
#ifdef CONFIG_THREAD_CUSTOM_DATA
void k_thread_custom_data_set(void* value) {
    const Call call("k_thread_custom_data_set", From::task);
    fake::storage(fake::current(), 0) = value;
}
void* k_thread_custom_data_get() {
    const Call call("k_thread_custom_data_get", From::task);
    return fake::storage(fake::current(), 0);
}
#endif

int k_mutex_init(k_mutex* mutex) {
    const Call call("k_mutex_init", From::task);
    fake::make(mutex, sizeof *mutex, true, 1);
    return 0;
}
int k_mutex_lock(k_mutex* mutex, k_timeout_t timeout) {
    const Call call("k_mutex_lock", From::task);
    return fake::take(mutex, as_wait(timeout)) ? 0 : -1;
}
int k_mutex_unlock(k_mutex* mutex) {
    const Call call("k_mutex_unlock", From::task);
    fake::give(mutex);
    return 0;
}
int k_sem_init(k_sem* semaphore, unsigned initial, unsigned most) {
    const Call call("k_sem_init", From::anywhere);
    if (most != 1) fake::fail("the fake has binary semaphores only");
    fake::make(semaphore, sizeof *semaphore, false, initial);
    return 0;
}
int k_sem_take(k_sem* semaphore, k_timeout_t timeout) {
    const Call call("k_sem_take", timeout.ticks == 0 ? From::anywhere : From::task);
    return fake::take(semaphore, as_wait(timeout)) ? 0 : -1;
}
void k_sem_give(k_sem* semaphore) {
    const Call call("k_sem_give", From::anywhere);
    fake::give(semaphore);
}
void k_sched_lock() {
    const Call call("k_sched_lock", From::task);
    fake::lock_scheduler();
}
void k_sched_unlock() {
    const Call call("k_sched_unlock", From::task);
    fake::unlock_scheduler();
}

k_tid_t k_thread_create(k_thread* thread, k_thread_stack_t* stack, size_t stack_bytes,
                        k_thread_entry_t entry, void* first, void* second, void* third,
                        int priority, uint32_t, k_timeout_t delay) {
    const Call call("k_thread_create", From::task);
    if (priority < 0 || priority > K_LOWEST_APPLICATION_THREAD_PRIO)
        fake::fail("a priority is not one of preemptible threads");
    if (delay.ticks >= 0) fake::fail("the fake starts threads by k_thread_start()");
    auto& begin = *reinterpret_cast<Begin*>(thread);
    begin = {nullptr, entry, first, second, third, kMagic};
    for (Waiting& waiting : g_not_started) {
        if (waiting.stack != nullptr) continue;
        begin.task = reinterpret_cast<fake::Task*>(&waiting);
        waiting.stack = stack;
        waiting.stack_bytes = stack_bytes;
        waiting.priority = static_cast<unsigned>(K_LOWEST_APPLICATION_THREAD_PRIO - priority);
        return thread;
    }
    fake::fail("too many threads wait for their start");
}
void k_thread_start(k_tid_t thread) {
    const Call call("k_thread_start", From::task);
    Begin& begin = begin_of(thread);
    auto& waiting = *reinterpret_cast<Waiting*>(begin.task);
    void* stack = waiting.stack;
    waiting.stack = nullptr;
    begin.task = fake::create(enter, thread, stack, waiting.stack_bytes, waiting.priority,
                              thread->of_the_kernel + 8, 12 * sizeof(void*));
}
void k_thread_abort(k_tid_t thread) {
    const Call call("k_thread_abort", From::task);
    if (reinterpret_cast<fake::Task*>(thread) != fake::current())
        fake::fail("the fake aborts the calling thread only");
    fake::exit();
}
int k_thread_join(k_thread* thread, k_timeout_t) {
    const Call call("k_thread_join", From::task);
    fake::join(begin_of(thread).task);
    return 0;
}

int64_t k_uptime_ticks() {
    const Call call("k_uptime_ticks", From::anywhere);
    return static_cast<int64_t>(fake::now());
}
void k_yield() {
    const Call call("k_yield", From::task);
    fake::yield();
}
int32_t k_sleep(k_timeout_t timeout) {
    const Call call("k_sleep", From::task);
    fake::delay(as_wait(timeout));
    return 0;
}

unsigned shape_lock_interrupts() { return fake::enter_section(); }
void shape_unlock_interrupts(unsigned key) { fake::leave_section(key); }
void shape_panic() { std::abort(); }
