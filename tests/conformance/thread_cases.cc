// Goal: threads start, run, yield and end. Method: each alone, and a thread that needs another's
// progress.
#include <cstdint>

#include "platform/atomic.h"
#include "tests/conformance/crew.h"

namespace ouro::conformance {

namespace {

using platform::atomic;
using platform::memory_order_relaxed;
using platform::Thread;

void runs_and_is_joined() {
    int value = 0;
    Thread thread;
    OURO_CONFORMS(
        thread.start([](void* to) { *static_cast<int*>(to) = 7; }, &value, rig::settings(0)),
        "a thread with a stack of its own can be started");
    thread.join();
    OURO_CONFORMS(value == 7, "join waits for the end, and sees what the thread wrote");
    thread.join();
}

void never_started() {
    Thread thread;
    thread.join();
}

void may_be_started_again() {
    std::uint32_t runs = 0;
    Thread thread;
    for (unsigned i = 0; i < 3; ++i) {
        OURO_CONFORMS(thread.start([](void* count) { ++*static_cast<std::uint32_t*>(count); },
                                   &runs, rig::settings(0)),
                      "an ended thread may be started again");
        thread.join();
    }
    OURO_CONFORMS(runs == 3, "it runs each time");
}

void many_one_after_the_other() {
    std::uint32_t runs = 0;
    const unsigned end = rig::repeats(40);
    for (unsigned i = 0; i < end; ++i) {
        Thread thread;
        OURO_CONFORMS(thread.start([](void* count) { ++*static_cast<std::uint32_t*>(count); },
                                   &runs, rig::settings(i % kCrew)),
                      "ended threads leave nothing behind");
        thread.join();
    }
    OURO_CONFORMS(runs == end, "they all run");
}

struct Turns {
    atomic<std::uint32_t> next{0};
};

void take_turns(Turns& turns, unsigned number) {
    for (unsigned i = 0, end = rig::repeats(100); i < end; ++i) {
        while (turns.next.load(memory_order_relaxed) % (kCrew + 1) != number)
            platform::yield_thread();
        turns.next.fetch_add(1, memory_order_relaxed);
    }
}

void yield_lets_others_run() {
    Turns turns;
    run_crew(turns, take_turns);
    OURO_CONFORMS(turns.next.load(memory_order_relaxed) == rig::repeats(100) * (kCrew + 1),
                  "everybody had all turns");
}

}  // namespace

const Case kThreadCases[] = {
    {"thread: runs and is joined", runs_and_is_joined},
    {"thread: join of one that never started", never_started},
    {"thread: may be started again", may_be_started_again},
    {"thread: many one after the other", many_one_after_the_other},
    {"thread: yield lets others run", yield_lets_others_run},
    {nullptr, nullptr},
};

}  // namespace ouro::conformance
