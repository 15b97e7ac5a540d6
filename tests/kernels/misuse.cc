// Goal: what is not allowed ends with a sentence that says so: the port's for misuses of Ouro, the
// fake kernel's for calls that a real one forbids. Method: the number on the command line chooses
// one; the test knows the sentence. Only those of the fake show that the other tests can fail.
#include <cstdint>
#include <cstdlib>

#include "platform/context.h"
#include "platform/mutex.h"
#include "platform/thread.h"
#include "tests/kernels/fake/engine.h"
#include "tests/kernels/rig.h"

namespace ouro::kernels {

namespace {

using conformance::Case;
using fake::Call;
using fake::From;
using platform::Thread;

constinit platform::Mutex g_mutex;
constinit platform::Event g_event;
void* g_object[8];

void in_interrupt(void (*handler)(void*)) { fake::interrupt(handler, nullptr); }

void lock_in_interrupt() {
    in_interrupt([](void*) { g_mutex.lock(); });
}
void wait_in_interrupt() {
    in_interrupt([](void*) { g_event.wait(1000); });
}
void start_in_interrupt() {
    in_interrupt([](void*) {
        Thread thread;
        thread.start([](void*) {}, nullptr);
    });
}
void join_in_interrupt() {
    in_interrupt([](void*) { Thread().join(); });
}
void lock_twice() {
    g_mutex.lock();
    g_mutex.lock();
}
void run(void (*function)(void*), unsigned priority = 1) {
    Thread thread;
    thread.start(function, nullptr,
                 {.stack = stack(0), .stack_bytes = kStackBytes, .priority = priority});
    thread.join();
}
void unlock_of_another() {
    g_mutex.lock();
    run([](void*) { g_mutex.unlock(); });
}
void too_urgent() {
    run([](void*) {}, 1000);
}
/// Each nested handler uses Ouro.
void nest(void*) {
    platform::current_context();
    in_interrupt(nest);
}
void nested_too_deep() { in_interrupt(nest); }
void too_many_tasks() {
    static Thread threads[OURO_KERNEL_TASKS];
    alignas(16) static unsigned char stacks[OURO_KERNEL_TASKS][kStackBytes];
    for (unsigned i = 0; i < OURO_KERNEL_TASKS; ++i) {
        threads[i].start(
            [](void*) { platform::current_context(), g_event.wait(platform::kForever); }, nullptr,
            {.stack = stacks[i], .stack_bytes = kStackBytes, .priority = 5});
    }
    platform::current_context();
}

// Of the fake kernel.

void wait_in_paused_scheduler() {
    const Call call("pause", From::task);
    fake::lock_scheduler();
    fake::delay(1);
}
void take_in_interrupt() {
    in_interrupt([](void*) { const Call call("take", From::task); });
}
void give_a_mutex_in_interrupt() {
    fake::make(g_object, sizeof g_object, true, 1);
    fake::take(g_object, 0);
    in_interrupt([](void*) { fake::give(g_object); });
}
void give_a_mutex_of_another() {
    fake::make(g_object, sizeof g_object, true, 1);
    fake::give(g_object);
}
void take_a_mutex_twice() {
    fake::make(g_object, sizeof g_object, true, 1);
    fake::take(g_object, 0);
    fake::take(g_object, 0);
}
void object_never_created() { fake::take(g_object, 0); }
void call_of_interrupts_in_task() { const Call call("give", From::interrupt); }
void stack_overflow() {
    run([](void*) {
        for (unsigned i = 0; i < 64; ++i) stack(0)[i] = 0;
        g_event.wait(1);
    });
}
void task_returns() {
    const Call call("create", From::task);
    fake::create([](void*) {}, nullptr, stack(0), kStackBytes, 7, g_object, sizeof g_object);
}
void stack_in_use() {
    const Call call("create", From::task);
    static void* other[8];
    const auto nothing = [](void*) {};
    fake::create(nothing, nullptr, stack(0), kStackBytes, 0, g_object, sizeof g_object);
    fake::create(nothing, nullptr, stack(0), kStackBytes, 0, other, sizeof other);
}
void removed_while_it_runs() {
    const Call call("remove", From::task);
    fake::remove(fake::current());
}
void all_wait() {
    const Call call("take", From::task);
    fake::make(g_object, sizeof g_object, false, 0);
    fake::take(g_object, fake::kForever);
}

constexpr Case kCases[] = {
    {"a lock is taken in an interrupt", lock_in_interrupt},
    {"an event is waited for in an interrupt", wait_in_interrupt},
    {"a thread is started in an interrupt", start_in_interrupt},
    {"a thread is joined in an interrupt", join_in_interrupt},
    {"a lock is taken twice", lock_twice},
    {"a lock is given back by another", unlock_of_another},
    {"a thread's priority is more urgent than the kernel has", too_urgent},
    {"more nested handlers use Ouro than OURO_KERNEL_INTERRUPT_LEVELS", nested_too_deep},
    {"more tasks use Ouro than OURO_KERNEL_TASKS", too_many_tasks},
    {"somebody waits while the scheduler is suspended", wait_in_paused_scheduler},
    {"take is called in an interrupt", take_in_interrupt},
    {"a mutex is given in an interrupt", give_a_mutex_in_interrupt},
    {"a mutex is given by a task that has not taken it", give_a_mutex_of_another},
    {"a mutex is taken twice", take_a_mutex_twice},
    {"an object is used that was never created", object_never_created},
    {"give is called outside of interrupts", call_of_interrupts_in_task},
    {"a task's stack is too small", stack_overflow},
    {"a task's function has returned", task_returns},
    {"a stack is used that is a living task's", stack_in_use},
    {"a task is removed while it runs: its memory is not free then", removed_while_it_runs},
    {"all tasks wait for ever", all_wait},
};

unsigned g_number = 0;

}  // namespace
}  // namespace ouro::kernels

int main(int, char** arguments) {
    using namespace ouro;
    kernels::g_number = static_cast<unsigned>(std::atoi(arguments[1]));
    if (kernels::g_number >= sizeof kernels::kCases / sizeof kernels::kCases[0]) return 77;
    kernels::run_cases(4, 1, [](void (*visit)(const conformance::Case&)) {
        visit(kernels::kCases[kernels::g_number]);
        // The fake notices some mistakes when somebody else is to run.
        platform::Event never;
        never.wait(1'000'000);
    });
    return 0;
}
