// Goal: what the ports for kernels promise beyond the conformance suite. Method: locks before the
// scheduler, in handlers and under inversion of priorities; records given back; clocks that wrap;
// statics that several tasks use first.
#include <cstdint>

#include "platform/context.h"
#include "platform/interrupt.h"
#include "platform/mutex.h"
#include "tests/conformance/crew.h"
#include "tests/kernels/fake/engine.h"
#include "tests/kernels/rig.h"

namespace ouro::kernels {

namespace {

using conformance::Case;
using platform::atomic;
using platform::memory_order_acq_rel;
using platform::memory_order_acquire;
using platform::memory_order_relaxed;
using platform::memory_order_release;
using platform::Thread;

constinit platform::Mutex g_static_mutex;
constinit platform::Event g_static_event;
platform::Context* g_mains_context = nullptr;

/// In main(), before there is a task.
void use_before_the_scheduler() {
    OURO_CONFORMS(g_static_mutex.try_lock(), "a lock is free at first");
    OURO_CONFORMS(!g_static_mutex.try_lock(), "and then taken");
    g_static_mutex.unlock();
    g_static_mutex.lock();
    g_static_mutex.unlock();
    fake::interrupt(
        [](void*) {
            OURO_CONFORMS(g_static_mutex.try_lock(), "a handler gets a free lock");
            g_static_mutex.unlock();
            g_static_event.set();
        },
        nullptr);
    OURO_CONFORMS(g_static_event.wait(platform::kForever), "the event is set");
    OURO_CONFORMS(!g_static_event.wait(5'000'000), "no time passes yet");
    g_mains_context = &platform::current_context();
    const platform::LoadWindow window;
    OURO_CONFORMS(!platform::all_windows_closed(), "main's window is seen");
    platform::yield_thread();
}

void main_has_a_context_of_its_own() {
    OURO_CONFORMS(g_mains_context != nullptr, "main has one");
    OURO_CONFORMS(&platform::current_context() != g_mains_context, "a task has another");
    g_static_mutex.lock();
    g_static_mutex.unlock();
    g_static_event.set();
    OURO_CONFORMS(g_static_event.wait(0), "statics go on being used");
}

struct Held {
    platform::Mutex mutex;
    unsigned refused = 0;
    unsigned got = 0;
};

void try_in_handler(void* all) {
    auto& held = *static_cast<Held*>(all);
    if (held.mutex.try_lock()) {
        ++held.got;
        held.mutex.unlock();
    } else {
        ++held.refused;
    }
}

void handlers_try_locks() {
    Held held;
    fake::interrupt(try_in_handler, &held);
    OURO_CONFORMS(held.got == 1, "a handler gets a lock that nobody has used");
    held.mutex.lock();
    fake::interrupt(try_in_handler, &held);
    held.mutex.unlock();
    OURO_CONFORMS(held.refused == 1, "and none that a task holds");
    fake::interrupt_anywhere(try_in_handler, &held);
    while (held.got < 200) {
        held.mutex.lock();
        const unsigned before = held.got;
        for (volatile unsigned i = 0; i < 200;) i = i + 1;
        OURO_CONFORMS(held.got == before, "no handler is inside with a task");
        held.mutex.unlock();
    }
    fake::interrupt_anywhere(nullptr, nullptr);
}

struct Inversion {
    platform::Mutex mutex;
    platform::Event held;
    atomic<std::uint32_t> done{0};
    Thread low, middle;
};

/// The least urgent holds the lock, one of middle priority never waits, the most urgent waits for
/// the lock: without inheritance it waits for ever.
void a_holder_inherits() {
    Inversion shared;
    shared.low.start(
        [](void* all) {
            auto& inversion = *static_cast<Inversion*>(all);
            inversion.mutex.lock();
            inversion.held.set();
            for (volatile unsigned i = 0; i < 100'000;) i = i + 1;
            inversion.mutex.unlock();
        },
        &shared, {.stack = stack(0), .stack_bytes = kStackBytes, .priority = 0});
    shared.held.wait(platform::kForever);
    shared.middle.start(
        [](void* all) {
            auto& inversion = *static_cast<Inversion*>(all);
            while (inversion.done.load(memory_order_acquire) == 0) {
            }
        },
        &shared, {.stack = stack(1), .stack_bytes = kStackBytes, .priority = 2});
    shared.mutex.lock();
    shared.mutex.unlock();
    shared.done.store(1, memory_order_release);
    shared.low.join();
    shared.middle.join();
}

void yield_lets_less_urgent_threads_run() {
    atomic<std::uint32_t> ran{0};
    Thread thread;
    thread.start(
        [](void* to) { static_cast<atomic<std::uint32_t>*>(to)->store(1, memory_order_release); },
        &ran, {.stack = stack(0), .stack_bytes = kStackBytes, .priority = 0});
    while (ran.load(memory_order_acquire) == 0) platform::yield_thread();
    thread.join();
}

void records_are_given_back() {
    for (unsigned i = 0; i < 3 * OURO_KERNEL_TASKS; ++i) {
        Thread thread;
        OURO_CONFORMS(thread.start(
                          [](void*) {
                              platform::Context& own = platform::current_context();
                              OURO_CONFORMS(own.cascade_depth == 0, "a record begins at rest");
                              own.cascade_depth = 1;
                          },
                          nullptr, {.stack = stack(0), .stack_bytes = kStackBytes, .priority = 1}),
                      "the thread starts");
        thread.join();
    }
}

struct Ended {
    platform::Context* context = nullptr;
    atomic<std::uint32_t> looked{0};
    void* block[64] = {};
};

/// A task of the application, which is removed inside a window, and its record given back by hand.
void records_of_other_tasks_are_given_back() {
    Ended ended;
    fake::Task* task = nullptr;
    {
        const fake::Call call("create", fake::From::task);
        task = fake::create(
            [](void* all) {
                auto& shared = *static_cast<Ended*>(all);
                const platform::LoadWindow window;
                shared.context = &platform::current_context();
                shared.looked.store(1, memory_order_release);
                platform::Event never;
                never.wait(platform::kForever);
            },
            &ended, stack(0), kStackBytes, 1, ended.block, sizeof ended.block);
    }
    while (ended.looked.load(memory_order_acquire) == 0) platform::yield_thread();
    OURO_CONFORMS(!platform::all_windows_closed(), "its window is open");
    {
        const fake::Call call("remove", fake::From::task);
        fake::remove(task);
    }
    ouro_kernel_release_context(task);
    OURO_CONFORMS(platform::all_windows_closed(), "its record is at rest");
}

struct Woken {
    platform::Event event;
    std::uint64_t waited = 0;
    Thread waiter;
};

/// A wait without limit looks at the clock now and then, which is not what ends it.
void a_set_ends_a_wait_at_once() {
    Woken woken;
    for (unsigned i = 0; i < 20; ++i) {
        woken.waiter.start(
            [](void* all) {
                auto& shared = *static_cast<Woken*>(all);
                const std::uint64_t begun = platform::clock_ns();
                shared.event.wait(platform::kForever);
                shared.waited = platform::clock_ns() - begun;
            },
            &woken, {.stack = stack(0), .stack_bytes = kStackBytes, .priority = 1});
        platform::Event never;
        never.wait(5'000'000);
        if (i % 2 == 0) {
            woken.event.set();
        } else {
            fake::interrupt([](void* event) { static_cast<platform::Event*>(event)->set(); },
                            &woken.event);
        }
        woken.waiter.join();
        OURO_CONFORMS(woken.waited < 1'000'000'000, "a set ends the wait, from task and handler");
    }
}

struct First {
    platform::Mutex mutex;
    platform::Event event;
    unsigned inside = 0;
    atomic<std::uint32_t> arrived{0};
};

void use_first(First& first, unsigned) {
    first.arrived.fetch_add(1, memory_order_relaxed);
    while (first.arrived.load(memory_order_acquire) <= conformance::kCrew) platform::yield_thread();
    const platform::LockGuard guard(first.mutex);
    OURO_CONFORMS(++first.inside == 1, "one at a time, from the first use on");
    --first.inside;
    first.event.set();
}

void several_use_a_lock_first() {
    for (unsigned i = 0; i < 100; ++i) {
        First first;
        conformance::run_crew(first, use_first);
        OURO_CONFORMS(first.event.wait(platform::kForever), "the event is set");
    }
}

void the_clock_goes_on_when_ticks_wrap() {
    std::uint64_t before = platform::clock_ns();
    const std::uint64_t begun = before;
    platform::Event never;
    for (unsigned i = 0; i < 20; ++i) {
        never.wait(7'000'000'000);
        const std::uint64_t now = platform::clock_ns();
        OURO_CONFORMS(now - before >= 7'000'000'000 && now - before < 7'200'000'000,
                      "a wait takes as long as it says");
        before = now;
    }
    OURO_CONFORMS(before - begun >= 140'000'000'000, "over two rounds of 16 bits");
}

void threads_are_refused_without_stack() {
    Thread thread;
    const auto nothing = [](void*) {};
    OURO_CONFORMS(!thread.start(nothing, nullptr), "no stack");
    OURO_CONFORMS(!thread.start(nothing, nullptr, {.stack = stack(0), .stack_bytes = 64}),
                  "too small a stack");
    OURO_CONFORMS(
        !thread.start(nothing, nullptr, {.stack = stack(0), .stack_bytes = kStackBytes, .core = 1}),
        "there is one core");
}

constexpr Case kCases[] = {
    {"main has a context of its own", main_has_a_context_of_its_own},
    {"handlers try locks", handlers_try_locks},
    {"a holder inherits", a_holder_inherits},
    {"yield lets less urgent threads run", yield_lets_less_urgent_threads_run},
    {"records are given back", records_are_given_back},
    {"records of other tasks are given back", records_of_other_tasks_are_given_back},
    {"a set ends a wait at once", a_set_ends_a_wait_at_once},
    {"several use a lock first", several_use_a_lock_first},
    {"the clock goes on when ticks wrap", the_clock_goes_on_when_ticks_wrap},
    {"threads are refused without stack", threads_are_refused_without_stack},
};

}  // namespace
}  // namespace ouro::kernels

int main() {
    using namespace ouro;
    fake::set_first_tick(0xFFFF'0000);  // a counter of 32 bits wraps while the clock is tried
    kernels::use_before_the_scheduler();
    kernels::run_cases(3, 10, [](void (*visit)(const conformance::Case&)) {
        for (const conformance::Case& one : kernels::kCases) visit(one);
    });
    return 0;
}
