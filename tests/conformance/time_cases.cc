// Goal: the clock never goes back, for nobody, and moves on. Method: it is read by a crew and by
// interrupts that pass on the latest time that they have seen.
#include <cstdint>

#include "platform/atomic.h"
#include "platform/mutex.h"
#include "tests/conformance/crew.h"

namespace ouro::conformance {

namespace {

using platform::atomic;
using platform::clock_ns;
using platform::memory_order_acq_rel;
using platform::memory_order_relaxed;

void moves_on() {
    const std::uint64_t start = clock_ns();
    std::uint64_t before = start;
    while (before == start) {
        const std::uint64_t now = clock_ns();
        OURO_CONFORMS(now >= before, "the clock does not go back");
        before = now;
        platform::yield_thread();
    }
}

struct Latest {
    platform::Mutex mutex;
    std::uint64_t time = 0;
};

void compare(Latest& latest, unsigned) {
    for (unsigned i = 0, end = rig::repeats(300); i < end; ++i) {
        const platform::LockGuard guard(latest.mutex);
        const std::uint64_t now = clock_ns();
        OURO_CONFORMS(now >= latest.time, "the clock is the same for all threads");
        latest.time = now;
    }
}

void is_the_same_for_threads() {
    Latest latest;
    run_crew(latest, compare);
}

struct Shown {
    // The low halves: an interrupt cannot be held off while 64 bits are written.
    atomic<std::uint32_t> by_handler{0};
    atomic<std::uint32_t> by_thread{0};
};

bool is_not_before(std::uint32_t now, std::uint32_t then) {
    return static_cast<std::int32_t>(now - then) >= 0;
}

void is_the_same_for_interrupts() {
    const auto start = static_cast<std::uint32_t>(clock_ns());
    Shown shown;
    shown.by_handler.store(start, memory_order_relaxed);
    shown.by_thread.store(start, memory_order_relaxed);
    rig::interrupt_anywhere(
        [](void* all) {
            auto& seen = *static_cast<Shown*>(all);
            const auto now = static_cast<std::uint32_t>(clock_ns());
            OURO_CONFORMS(is_not_before(now, seen.by_thread.load(memory_order_relaxed)),
                          "a handler's clock is not behind the thread's");
            seen.by_handler.store(now, memory_order_relaxed);
        },
        &shown);
    for (unsigned i = 0, end = rig::repeats(1000); i < end; ++i) {
        const std::uint32_t handler = shown.by_handler.load(memory_order_relaxed);
        const auto now = static_cast<std::uint32_t>(clock_ns());
        OURO_CONFORMS(is_not_before(now, handler), "a thread's clock is not behind a handler's");
        shown.by_thread.store(now, memory_order_relaxed);
    }
    rig::interrupt_anywhere(nullptr, nullptr);
}

}  // namespace

const Case kTimeCases[] = {
    {"clock: moves on", moves_on},
    {"clock: is the same for threads", is_the_same_for_threads},
    {"clock: is the same for interrupts", is_the_same_for_interrupts},
    {nullptr, nullptr},
};

}  // namespace ouro::conformance
