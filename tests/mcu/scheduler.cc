// Goal: the port's scheduler does what scheduler.h says beyond the conformance suite: priorities,
// inheritance through locks, registers that survive switches, refusals. Under the seed's schedule.
#include <cstdint>

#include "platform/atomic.h"
#include "platform/context.h"
#include "platform/mutex.h"
#include "platform/self_test.h"
#include "platform/thread.h"
#include "ports/cortex_m/boards/board.h"
#include "ports/cortex_m/scheduler.h"
#include "ports/machine/arm_masked_section.h"
#include "tests/conformance/suite.h"
#include "tests/mcu/seeded.h"

namespace ouro {

namespace {

using platform::atomic;
using platform::Event;
using platform::memory_order_relaxed;
using platform::Mutex;
using platform::Thread;

constexpr unsigned kThreads = 3;
constexpr std::size_t kStackBytes = 1024;
[[gnu::section(".noinit")]] alignas(8) unsigned char g_stacks[kThreads][kStackBytes];

platform::ThreadSettings settings(unsigned n, unsigned priority) {
    return {.stack = g_stacks[n], .stack_bytes = kStackBytes, .priority = priority};
}

void must_start(Thread& thread, void (*body)(void*), void* argument, unsigned n,
                unsigned priority) {
    OURO_CONFORMS(thread.start(body, argument, settings(n, priority)), "the thread starts");
}

// ---- priority inheritance

struct Inversion {
    Mutex mutex, outer;
    Thread low, middle, high;
    atomic<std::uint32_t> high_done{0};
    atomic<std::uint32_t> middle_gave_up{0};
    bool chained = false;  ///< high waits for a lock whose holder waits for another
};

void high(void* all) {
    auto& shared = *static_cast<Inversion*>(all);
    const platform::LockGuard guard(shared.mutex);
    shared.high_done.store(1, memory_order_relaxed);
}

// Never waits and is more urgent than the holder of the lock: without inheritance the holder does
// not run before it is through.
void middle(void* all) {
    auto& shared = *static_cast<Inversion*>(all);
    must_start(shared.high, high, all, 2, 4);
    for (unsigned i = 0; shared.high_done.load(memory_order_relaxed) == 0; ++i) {
        if (i == 50'000) {
            shared.middle_gave_up.store(1, memory_order_relaxed);
            return;
        }
    }
}

void low(void* all) {
    auto& shared = *static_cast<Inversion*>(all);
    shared.mutex.lock();
    must_start(shared.middle, middle, all, 1, 3);
    for (unsigned i = 0; i < 1000; ++i) asm volatile("nop");
    shared.mutex.unlock();
}

void a_holder_inherits() {
    Inversion shared;
    must_start(shared.low, low, &shared, 0, 2);
    shared.low.join();
    shared.middle.join();
    shared.high.join();
    OURO_CONFORMS(shared.middle_gave_up.load(memory_order_relaxed) == 0,
                  "a lock's holder runs in the place of the most urgent thread waiting for it");
    OURO_CONFORMS(shared.high_done.load(memory_order_relaxed) == 1, "which then gets the lock");
}

// The same over two locks: high waits for `mutex`, whose holder waits for `outer`, which main
// holds. Main is the least urgent of all.
void holder_of_the_first(void* all) {
    auto& shared = *static_cast<Inversion*>(all);
    shared.mutex.lock();
    shared.outer.lock();
    shared.outer.unlock();
    shared.mutex.unlock();
}

void inheritance_goes_through_locks() {
    Inversion shared;
    shared.outer.lock();
    must_start(shared.low, holder_of_the_first, &shared, 0, 2);
    must_start(shared.middle, middle, &shared, 1, 3);
    for (unsigned i = 0; i < 1000; ++i) asm volatile("nop");
    OURO_CONFORMS(shared.high_done.load(memory_order_relaxed) == 0, "main holds the lock");
    OURO_CONFORMS(shared.middle_gave_up.load(memory_order_relaxed) == 0, "main runs meanwhile");
    shared.outer.unlock();
    shared.low.join();
    shared.middle.join();
    shared.high.join();
    OURO_CONFORMS(shared.high_done.load(memory_order_relaxed) == 1, "it gets the lock");
}

// ---- priorities

struct Urgent {
    Thread thread;
    Event event;
    std::uint32_t runs = 0;
};

void wait_and_count(void* all) {
    auto& urgent = *static_cast<Urgent*>(all);
    for (unsigned i = 0; i < 50; ++i) {
        urgent.event.wait(platform::kForever);
        *const_cast<volatile std::uint32_t*>(&urgent.runs) = urgent.runs + 1;
    }
}

void the_most_urgent_runs_at_once() {
    Urgent urgent;
    must_start(urgent.thread, wait_and_count, &urgent, 0, 5);
    for (unsigned i = 0; i < 50; ++i) {
        OURO_CONFORMS(*const_cast<volatile std::uint32_t*>(&urgent.runs) == i, "it waits");
        urgent.event.set();
        OURO_CONFORMS(*const_cast<volatile std::uint32_t*>(&urgent.runs) == i + 1,
                      "a more urgent thread has run when set() returns");
    }
    urgent.thread.join();
}

struct Handed {
    Mutex mutex;
    Thread thread;
    atomic<std::uint32_t> got{0};
};

void an_awaited_lock_is_handed_on_at_once() {
    Handed handed;
    handed.mutex.lock();
    must_start(
        handed.thread,
        [](void* all) {
            auto& shared = *static_cast<Handed*>(all);
            const platform::LockGuard guard(shared.mutex);
            shared.got.store(1, memory_order_relaxed);
        },
        &handed, 0, 5);
    OURO_CONFORMS(handed.got.load(memory_order_relaxed) == 0, "the lock is held");
    handed.mutex.unlock();
    OURO_CONFORMS(handed.got.load(memory_order_relaxed) == 1,
                  "a more urgent thread has had the lock when unlock() returns");
    handed.thread.join();
}

struct Equal {
    Thread thread;
    atomic<std::uint32_t> stop{0};
    atomic<std::uint32_t> runs{0};
};

void equals_share() {
    Equal equal;
    must_start(
        equal.thread,
        [](void* all) {
            auto& shared = *static_cast<Equal*>(all);
            while (shared.stop.load(memory_order_relaxed) == 0)
                shared.runs.fetch_add(1, memory_order_relaxed);
        },
        &equal, 0, 1);
    while (equal.runs.load(memory_order_relaxed) < 1000) {
    }
    equal.stop.store(1, memory_order_relaxed);
    equal.thread.join();
}

// ---- registers

/// Keeps values in registers that the processor does not stack, over a stretch that is preempted.
template <unsigned kKey>
bool registers_survive() {
    std::uint32_t key = kKey, rounds = 500, difference;
    asm volatile(
        ".syntax unified\n\t"
        "mov r4, %[key]\n\tmov r5, %[key]\n\t"
        "adds r5, #1\n\tmov r8, r5\n\t"
        "adds r5, #1\n\tmov r9, r5\n\t"
        "adds r5, #1\n\tmov r10, r5\n\t"
        "adds r5, #1\n\tmov r11, r5\n\t"
        "1:\n\tsubs %[rounds], #1\n\tbne 1b\n\t"
        "subs r5, #4\n\teors r4, r5\n\t"
        "eors r5, %[key]\n\torrs r4, r5\n\t"
        "adds %[key], #1\n\tmov r5, r8\n\teors r5, %[key]\n\torrs r4, r5\n\t"
        "adds %[key], #1\n\tmov r5, r9\n\teors r5, %[key]\n\torrs r4, r5\n\t"
        "adds %[key], #1\n\tmov r5, r10\n\teors r5, %[key]\n\torrs r4, r5\n\t"
        "adds %[key], #1\n\tmov r5, r11\n\teors r5, %[key]\n\torrs r4, r5\n\t"
        "mov %[difference], r4"
        : [key] "+l"(key), [rounds] "+l"(rounds), [difference] "=l"(difference)
        :
        : "r4", "r5", "r8", "r9", "r10", "r11", "cc");
    return difference == 0;
}

#if OURO_BOARD_HAS_FLOATS
template <unsigned kKey>
bool floats_survive() {
    constexpr auto k = static_cast<float>(kKey);
    register float a asm("s1") = k + 1;
    register float b asm("s15") = k + 15;
    register float c asm("s16") = k + 16;
    register float d asm("s31") = k + 31;
    std::uint32_t rounds = 500;
    asm volatile("1:\n\tsubs %0, #1\n\tbne 1b"
                 : "+l"(rounds), "+t"(a), "+t"(b), "+t"(c), "+t"(d)
                 :
                 : "cc");
    return a == k + 1 && b == k + 15 && c == k + 16 && d == k + 31;
}
#else
template <unsigned kKey>
bool floats_survive() {
    return true;
}
#endif

template <unsigned kKey>
void use_registers(void*) {
    for (unsigned i = 0; i < 40; ++i) {
        OURO_CONFORMS(registers_survive<kKey>(), "registers survive switches");
        // One of the threads uses no floating point for a while, so that frames differ.
        if (kKey != 0x2000 || i > 20)
            OURO_CONFORMS(floats_survive<kKey>(), "floating-point registers survive switches");
    }
}

void registers_survive_switches() {
    Thread threads[2];
    must_start(threads[0], use_registers<0x1000>, nullptr, 0, 1);
    must_start(threads[1], use_registers<0x2000>, nullptr, 1, 1);
    use_registers<0x3000>(nullptr);
    for (Thread& thread : threads) thread.join();
}

// ---- refusals and figures

void what_cannot_be_started_is_refused() {
    Thread thread;
    const auto nothing = [](void*) {};
    OURO_CONFORMS(!thread.start(nothing, nullptr), "no stack, no thread");
    OURO_CONFORMS(!thread.start(nothing, nullptr,
                                {.stack = g_stacks[0], .stack_bytes = Thread::kStackBytesMin - 1}),
                  "a stack that is too small is refused");
    OURO_CONFORMS(
        !thread.start(nothing, nullptr,
                      {.stack = g_stacks[0], .stack_bytes = kStackBytes, .core = port::kCores}),
        "a core that does not exist is refused");
    const unsigned before = port::scheduler::thread_count();
    Event stop[port::kThreadsMax];
    Thread threads[port::kThreadsMax];
    const auto wait = [](void* event) { static_cast<Event*>(event)->wait(platform::kForever); };
    unsigned started = 0;
    // The places are taken one after the other; three stacks are enough for boards of one core.
    while (started < kThreads && threads[started].start(wait, &stop[started], settings(started, 1)))
        ++started;
    OURO_CONFORMS(started == kThreads, "there is room for so many");
    OURO_CONFORMS(port::scheduler::thread_count() == before + started, "they are counted");
    OURO_CONFORMS(!threads[0].start(wait, &stop[0], settings(0, 1)),
                  "a thread that runs is not started again");
    if (port::kThreadsMax == kThreads + 1)
        OURO_CONFORMS(!thread.start(nothing, nullptr, settings(0, 1)), "more are refused");
    for (unsigned i = 0; i < started; ++i) {
        stop[i].set();
        threads[i].join();
    }
    OURO_CONFORMS(port::scheduler::thread_count() == before, "and go again");
}

void the_unused_stack_is_known() {
    Thread thread;
    must_start(thread, [](void*) {}, nullptr, 0, 1);
    thread.join();
    const std::size_t little = thread.stack_bytes_unused();
    must_start(
        thread,
        [](void*) {
            volatile unsigned char much[400];
            for (unsigned i = 0; i < sizeof much; ++i) much[i] = 1;
        },
        nullptr, 0, 1);
    thread.join();
    OURO_CONFORMS(little > kStackBytes / 2 && little < kStackBytes, "little was used");
    OURO_CONFORMS(thread.stack_bytes_unused() + 300 <= little, "much was used");
}

// A slice that ends while its interrupt is masked counts at once.
void the_clock_goes_on_while_masked() {
    for (unsigned i = 0; i < 2000; ++i) {
        const std::uint64_t before = platform::clock_ns();
        std::uint64_t inside;
        {
            const port::MaskedSection section;
            inside = platform::clock_ns();
        }
        const std::uint64_t after = platform::clock_ns();
        OURO_CONFORMS(before <= inside && inside <= after, "the clock does not go back");
    }
}

void waits_before_the_start() {
    Event event;
    event.set();
    OURO_CONFORMS(event.wait(platform::kForever), "a set event does not wait");
    board::set_interrupt(0, 0x80, [](void* all) { static_cast<Event*>(all)->set(); }, &event);
    board::trigger(0);
    OURO_CONFORMS(event.wait(platform::kForever), "handlers may set it");
    Mutex mutex;
    mutex.lock();
    OURO_CONFORMS(!mutex.try_lock(), "a lock is a lock");
    mutex.unlock();
    Thread thread;
    OURO_CONFORMS(!thread.start([](void*) {}, nullptr, settings(0, 1)),
                  "no threads without a scheduler");
    OURO_CONFORMS(platform::all_windows_closed(), "no windows are open");
}

void handlers_may_try_locks() {
    Mutex mutex;
    struct Tried {
        Mutex* mutex;
        bool got;
    } tried{&mutex, false};
    const auto try_it = [](void* all) {
        auto& how = *static_cast<Tried*>(all);
        how.got = how.mutex->try_lock();
        if (how.got) how.mutex->unlock();
    };
    board::set_interrupt(0, 0x80, try_it, &tried);
    board::trigger(0);
    OURO_CONFORMS(tried.got, "a handler gets a free lock");
    mutex.lock();
    board::trigger(0);
    OURO_CONFORMS(!tried.got, "but not one that is held");
    mutex.unlock();
}

void the_self_test_refuses_read_only_memory() {
    static constexpr std::uint32_t kConstant[2] = {0x1234'5678, 0x9ABC'DEF0};
    auto* rom = const_cast<std::uint32_t*>(kConstant);
    OURO_CONFORMS(platform::atomics_work_in(rom, sizeof kConstant) != board::kRomIsReadOnly,
                  "memory that keeps no value is refused");
    OURO_CONFORMS(*const_cast<volatile std::uint32_t*>(rom) == 0x1234'5678, "content is kept");
}

constexpr conformance::Case kCases[] = {
    {"a lock's holder inherits", a_holder_inherits},
    {"inheritance goes through locks", inheritance_goes_through_locks},
    {"the most urgent runs at once", the_most_urgent_runs_at_once},
    {"an awaited lock is handed on at once", an_awaited_lock_is_handed_on_at_once},
    {"equals share", equals_share},
    {"registers survive switches", registers_survive_switches},
    {"what cannot be started is refused", what_cannot_be_started_is_refused},
    {"the unused stack is known", the_unused_stack_is_known},
    {"handlers may try locks", handlers_may_try_locks},
    {"the self-test refuses read-only memory", the_self_test_refuses_read_only_memory},
    {"the clock goes on while masked", the_clock_goes_on_while_masked},
};

}  // namespace
}  // namespace ouro

int main() {
    using namespace ouro;
    waits_before_the_start();
    testing::start_seeded(board::argument(1));
    for (const conformance::Case& one : kCases) {
        one.run();
        board::print("scheduler: ");
        board::print(one.name);
        board::print("\n");
    }
    testing::print_schedule();
    return 0;
}
