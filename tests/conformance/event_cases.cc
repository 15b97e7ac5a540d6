// Goal: no wake-up is lost, whoever sets the event and whenever. Method: a ball that two threads
// throw, sets by interrupts at any moment, sets before waits, waits that end by themselves.
#include <cstdint>

#include "platform/atomic.h"
#include "tests/conformance/crew.h"

namespace ouro::conformance {

namespace {

using platform::atomic;
using platform::Event;
using platform::kForever;
using platform::memory_order_relaxed;

void set_before_wait() {
    Event event;
    event.set();
    event.set();
    OURO_CONFORMS(event.wait(kForever), "an event that is set does not wait");
    OURO_CONFORMS(!event.wait(0), "a wait resets it, and sets before are one");
    event.set();
    OURO_CONFORMS(event.wait(1'000'000), "an event can be used again");
}

void wait_ends() {
    Event event;
    const std::uint64_t before = platform::clock_ns();
    OURO_CONFORMS(!event.wait(2'000'000), "a wait without a set ends by itself");
    OURO_CONFORMS(platform::clock_ns() >= before, "the clock goes on meanwhile");
    OURO_CONFORMS(!event.wait(0), "a wait of no time returns");
}

struct Ball {
    Event there;
    Event back;
    std::uint32_t value = 0;
};

void throw_ball(Ball& ball, unsigned number) {
    for (unsigned i = 1, end = rig::repeats(300); i <= end && number < 2; ++i) {
        if (number == 0) {
            ball.value = i;
            ball.there.set();
            OURO_CONFORMS(ball.back.wait(kForever), "a wait without limit ends by a set only");
        } else {
            OURO_CONFORMS(ball.there.wait(kForever), "a wait without limit ends by a set only");
            OURO_CONFORMS(ball.value == i, "what was written before a set is seen after the wait");
            ball.back.set();
        }
    }
}

void wakes_the_waiter() {
    Ball ball;
    run_crew(ball, throw_ball);
}

struct Tokens {
    Event event;
    atomic<std::uint32_t> made{0};
    atomic<std::uint32_t> enough{0};
    std::uint32_t seen = 0;
};

/// The usual pattern of a worker: wait, then take all there is. A lost wake-up leaves it waiting.
void consume(Tokens& tokens, unsigned number) {
    const unsigned end = rig::repeats(60);
    if (number == 1) {
        while (tokens.seen < end) {
            tokens.event.wait(kForever);
            tokens.seen = tokens.made.load(memory_order_relaxed);
        }
        tokens.enough.store(1, memory_order_relaxed);
    } else if (number == 0) {
        while (tokens.enough.load(memory_order_relaxed) == 0) platform::yield_thread();
    }
}

void is_set_by_interrupts() {
    Tokens tokens;
    const auto produce = [](void* all) {
        auto& shared = *static_cast<Tokens*>(all);
        shared.made.fetch_add(1, memory_order_relaxed);
        shared.event.set();
    };
    if (!rig::interrupt(0, produce, &tokens)) return;
    rig::interrupt_anywhere(produce, &tokens);
    run_crew(tokens, consume);
    rig::interrupt_anywhere(nullptr, nullptr);
}

}  // namespace

const Case kEventCases[] = {
    {"event: a set before the wait", set_before_wait},
    {"event: a wait ends by itself", wait_ends},
    {"event: wakes the waiter", wakes_the_waiter},
    {"event: is set by interrupts", is_set_by_interrupts},
    {nullptr, nullptr},
};

}  // namespace ouro::conformance
