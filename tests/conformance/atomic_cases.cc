// Goal: an atomic does what it says, and nothing is lost when threads and interrupts meet in it.
// Method: each operation alone; sums over a crew that is preempted anywhere; the same with a load
// and a store in two steps, which must lose.
#include <cstdint>

#include "platform/atomic.h"
#include "tests/conformance/crew.h"

namespace ouro::conformance {

namespace {

using platform::atomic;
using platform::memory_order_acq_rel;
using platform::memory_order_acquire;
using platform::memory_order_relaxed;
using platform::memory_order_release;

template <class T>
void operations_of() {
    static_assert(sizeof(atomic<T>) == sizeof(T));
    atomic<T> value(T{3});
    OURO_CONFORMS(value.load(memory_order_relaxed) == 3, "an atomic starts with its value");
    value.store(12, memory_order_release);
    OURO_CONFORMS(value.exchange(10, memory_order_acq_rel) == 12, "exchange returns the old");
    OURO_CONFORMS(value.fetch_add(5, memory_order_acq_rel) == 10, "fetch_add returns the old");
    OURO_CONFORMS(value.fetch_sub(3, memory_order_acq_rel) == 15, "fetch_sub returns the old");
    OURO_CONFORMS(value.fetch_or(0x30, memory_order_acq_rel) == 12, "fetch_or returns the old");
    OURO_CONFORMS(value.fetch_and(0x2c, memory_order_acq_rel) == 0x3c, "fetch_and returns the old");
    OURO_CONFORMS(value.load(memory_order_acquire) == 0x2c, "all of them have an effect");
    T expected = 1;
    OURO_CONFORMS(
        !value.compare_exchange(expected, 9, memory_order_acq_rel, memory_order_acquire) &&
            expected == 0x2c,
        "compare_exchange from another value fails and shows it");
    OURO_CONFORMS(value.compare_exchange(expected, 9, memory_order_acq_rel, memory_order_acquire) &&
                      value.load(memory_order_relaxed) == 9,
                  "compare_exchange from the value succeeds");
    value.store(0, memory_order_relaxed);
    value.fetch_sub(1, memory_order_relaxed);
    OURO_CONFORMS(value.load(memory_order_relaxed) == static_cast<T>(~T{0}), "arithmetic wraps");
}

void operations() {
    operations_of<std::uint8_t>();
    operations_of<std::uint16_t>();
    operations_of<std::uint32_t>();
    operations_of<std::uintptr_t>();
    int here = 0;
    atomic<int*> pointer;
    OURO_CONFORMS(pointer.exchange(&here, memory_order_acq_rel) == nullptr, "pointers too");
    int* expected = &here;
    OURO_CONFORMS(
        pointer.compare_exchange(expected, nullptr, memory_order_acq_rel, memory_order_acquire),
        "pointers too");
}

void masked_add() {
    atomic<std::uint32_t> value(0x0000'10F0u);
    OURO_CONFORMS(value.fetch_add_masked(0x100, 0xF0, 0x3, memory_order_acq_rel) == 0x10F0,
                  "fetch_add_masked returns the old");
    OURO_CONFORMS(value.load(memory_order_relaxed) == 0x1103, "it adds, then clears, then sets");
    value.fetch_add_masked(~0x7FFu, 0x1, 0, memory_order_relaxed);  // minus 2048
    OURO_CONFORMS(value.load(memory_order_relaxed) == 0x0902, "it adds negative numbers");
    value.fetch_add_masked(0, 0x900, 0x900, memory_order_relaxed);
    OURO_CONFORMS(value.load(memory_order_relaxed) == 0x0902, "what is set was cleared first");
    value.fetch_add_masked(0x700, 0, 0x4, memory_order_relaxed);
    OURO_CONFORMS(value.load(memory_order_relaxed) == 0x1006, "it may clear nothing");
    value.fetch_add_masked(0x10, 0x702, 0, memory_order_relaxed);
    OURO_CONFORMS(value.load(memory_order_relaxed) == 0x1014, "it may set nothing");
    value.fetch_add_masked(0xEE, 0, 0, memory_order_relaxed);
    OURO_CONFORMS(value.load(memory_order_relaxed) == 0x1102, "it may do neither");
    value.store(0x0902, memory_order_relaxed);
    volatile std::uint32_t add = 0xFFFF'FFFF, clear = 0x8000'0001, set = 0x4000'0000;
    value.fetch_add_masked(add, clear, set, memory_order_acquire);
    OURO_CONFORMS(value.load(memory_order_relaxed) == 0x4000'0900, "with all 32 bits");
}

struct Counters {
    atomic<std::uint32_t> sum{0};
    atomic<std::uint32_t> swapped{0};
    atomic<std::uint32_t> bits{0};
    atomic<std::uint32_t> masked{0};
    atomic<std::uint32_t> narrow_sum{0};
    atomic<std::uint8_t> narrow[4];
    atomic<std::uint32_t> handed{0};
    atomic<std::uint32_t> owned{0};
};

void count(Counters& counters, unsigned number) {
    const std::uint32_t own = 1u << number;
    std::uint32_t mine = 0;
    for (unsigned i = 0, end = rig::repeats(400); i < end; ++i) {
        counters.sum.fetch_add(3, memory_order_relaxed);
        counters.sum.fetch_sub(1, memory_order_acq_rel);
        std::uint32_t now = counters.swapped.load(memory_order_relaxed);
        while (!counters.swapped.compare_exchange(now, now + 1, memory_order_acq_rel,
                                                  memory_order_relaxed)) {
        }
        // Everybody's own bit: nobody else may set or clear it.
        OURO_CONFORMS((counters.bits.fetch_or(own, memory_order_acq_rel) & own) == 0,
                      "no bit is set by another");
        OURO_CONFORMS((counters.bits.fetch_and(~own, memory_order_acq_rel) & own) != 0,
                      "no bit is lost");
        counters.masked.fetch_add_masked(0x100, 0xFF, own, memory_order_acq_rel);
        counters.narrow[i % 4].fetch_add(1, memory_order_relaxed);
        // A token that is exchanged in and out is never doubled.
        mine += counters.handed.exchange(1, memory_order_acq_rel);
        mine += counters.handed.exchange(0, memory_order_acq_rel) - 1;
    }
    counters.owned.fetch_add(mine, memory_order_relaxed);
}

void no_update_is_lost() {
    Counters counters;
    run_crew(counters, count);
    const std::uint32_t all = rig::repeats(400) * (kCrew + 1);
    OURO_CONFORMS(counters.sum.load(memory_order_relaxed) == 2 * all, "no addition is lost");
    OURO_CONFORMS(counters.swapped.load(memory_order_relaxed) == all, "no swap is lost");
    OURO_CONFORMS(counters.bits.load(memory_order_relaxed) == 0, "all bits are cleared");
    OURO_CONFORMS(counters.masked.load(memory_order_relaxed) >> 8 == all,
                  "no masked addition is lost");
    for (unsigned cell = 0; cell < 4; ++cell) {
        const std::uint32_t times = (rig::repeats(400) + 3 - cell) / 4 * (kCrew + 1);
        OURO_CONFORMS(counters.narrow[cell].load(memory_order_relaxed) == (times & 0xFF),
                      "no addition to a byte is lost, neighbours or not");
    }
    const std::uint32_t left = counters.handed.load(memory_order_relaxed);
    OURO_CONFORMS(counters.owned.load(memory_order_relaxed) + left == 0, "no token is doubled");
}

struct Uncounted {
    atomic<std::uint32_t> two_steps{0};
    atomic<std::uint32_t> arrived{0};
};

void count_in_two_steps(Uncounted& uncounted, unsigned) {
    uncounted.arrived.fetch_add(1, memory_order_relaxed);
    while (uncounted.arrived.load(memory_order_relaxed) <= kCrew) platform::yield_thread();
    for (unsigned i = 0, end = rig::repeats(400); i < end; ++i) {
        const std::uint32_t now = uncounted.two_steps.load(memory_order_relaxed);
        rig::between_two_steps(i);
        uncounted.two_steps.store(now + 1, memory_order_relaxed);
    }
}

/// Proves that the machine preempts between two instructions: what no_update_is_lost relies on.
void updates_in_two_steps_are_lost() {
    unsigned lost = 0;
    do {
        Uncounted uncounted;
        run_crew(uncounted, count_in_two_steps);
        lost = rig::repeats(400) * (kCrew + 1) - uncounted.two_steps.load(memory_order_relaxed);
    } while (rig::wants_lost_updates(lost));
}

struct Interrupted {
    atomic<std::uint32_t> sum{0};
    atomic<std::uint32_t> masked{0};
    atomic<std::uint32_t> swapped{0};
    atomic<std::uint32_t> handled{0};
};

void add_everywhere(Interrupted& values) {
    values.sum.fetch_add(1, memory_order_relaxed);
    values.masked.fetch_add_masked(0x100, 0xFF, 0x5A, memory_order_relaxed);
    std::uint32_t now = values.swapped.load(memory_order_relaxed);
    while (!values.swapped.compare_exchange(now, now + 1, memory_order_acq_rel,
                                            memory_order_relaxed)) {
    }
}

void no_update_is_lost_to_interrupts() {
    Interrupted values;
    rig::interrupt_anywhere(
        [](void* all) {
            auto& seen = *static_cast<Interrupted*>(all);
            add_everywhere(seen);
            seen.handled.fetch_add(1, memory_order_relaxed);
        },
        &values);
    const unsigned end = rig::repeats(1000);
    for (unsigned i = 0; i < end; ++i) add_everywhere(values);
    rig::interrupt_anywhere(nullptr, nullptr);
    const std::uint32_t all = end + values.handled.load(memory_order_relaxed);
    OURO_CONFORMS(values.sum.load(memory_order_relaxed) == all, "no addition is lost");
    OURO_CONFORMS(values.swapped.load(memory_order_relaxed) == all, "no swap is lost");
    OURO_CONFORMS(values.masked.load(memory_order_relaxed) == (all << 8 | 0x5A),
                  "no masked addition is lost");
}

struct Message {
    std::uint32_t data[2] = {};
    atomic<std::uint32_t> published{0};
};

void publish(Message& message, unsigned number) {
    const unsigned last = rig::repeats(400);
    if (number > 1) return;
    for (unsigned i = 1; i <= last; ++i) {
        if (number == 0) {
            message.data[i % 2] = i;
            message.published.store(2 * i, memory_order_release);
            while (message.published.load(memory_order_acquire) != 2 * i + 1)
                platform::yield_thread();
        } else {
            while (message.published.load(memory_order_acquire) != 2 * i) platform::yield_thread();
            OURO_CONFORMS(message.data[i % 2] == i, "what was written before a release is seen");
            message.published.store(2 * i + 1, memory_order_release);
        }
    }
}

void a_release_publishes() {
    Message message;
    run_crew(message, publish);
}

}  // namespace

const Case kAtomicCases[] = {
    {"atomic: operations", operations},
    {"atomic: masked add", masked_add},
    {"atomic: no update is lost", no_update_is_lost},
    {"atomic: updates in two steps are lost", updates_in_two_steps_are_lost},
    {"atomic: no update is lost to interrupts", no_update_is_lost_to_interrupts},
    {"atomic: a release publishes", a_release_publishes},
    {nullptr, nullptr},
};

}  // namespace ouro::conformance
