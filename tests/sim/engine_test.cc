// The engine: how many schedules there are, what waits, what is a violation.
#include <gtest/gtest.h>

#include <string>

#include "tests/sim/program.h"

namespace ouro::testing {
namespace {

using platform::memory_order_relaxed;

platform::atomic<std::uint32_t> g_first{0}, g_second{0};
platform::Mutex g_lock_a, g_lock_b;
platform::Event g_event;
std::uint64_t g_plain = 0;

template <unsigned kSteps>
void take_steps() {
    for (unsigned i = 0; i < kSteps; ++i) g_first.store(i, memory_order_relaxed);
}

std::string violation_of(const Exploration& exploration) {
    return exploration.violation == nullptr ? "" : exploration.violation;
}

// Two sequences of n and m steps can be merged in (n + m)! / (n! m!) ways.
TEST(Exhaustive, RunsEveryInterleavingOnce) {
    EXPECT_EQ(explore({{take_steps<1>, take_steps<1>}}, 100, 0).schedules, 2u);
    EXPECT_EQ(explore({{take_steps<2>, take_steps<2>}}, 100, 0).schedules, 6u);
    EXPECT_EQ(explore({{take_steps<3>, take_steps<2>}}, 100, 0).schedules, 10u);
    EXPECT_EQ(explore({{take_steps<4>, take_steps<5>}}, 100, 0).schedules, 126u);
    EXPECT_EQ(explore({{take_steps<6>, take_steps<6>}}, 100, 0).schedules, 924u);
}

TEST(Exhaustive, BoundsPreemptions) {
    EXPECT_EQ(explore({{take_steps<5>, take_steps<7>}}, 0, 0).schedules, 1u);
    EXPECT_EQ(explore({{take_steps<5>, take_steps<7>}}, 1, 0).schedules, 6u);
}

void load_first() { g_registers[0] = g_first.load(memory_order_relaxed); }
void store_twice() {
    g_first.store(1, memory_order_relaxed);
    g_first.store(2, memory_order_relaxed);
}

// Before the stores: 0; between them: 0 or 1; after them: 0, 1 or 2.
TEST(Exhaustive, CountsTheStoresThatALoadMayReturn) {
    const auto reset = [] { g_first.store(0, memory_order_relaxed); };
    EXPECT_EQ(explore({{load_first, store_twice}, reset}, 100, 1).schedules, 1u + 2 + 3);
    EXPECT_EQ(explore({{load_first, store_twice}, reset}, 100, 0).schedules, 3u);
}

void lock_a_then_b() {
    const platform::LockGuard a(g_lock_a);
    const platform::LockGuard b(g_lock_b);
}
void lock_b_then_a() {
    const platform::LockGuard b(g_lock_b);
    const platform::LockGuard a(g_lock_a);
}
void reset_locks() {
    new (&g_lock_a) platform::Mutex();
    new (&g_lock_b) platform::Mutex();
}

TEST(Engine, FindsADeadlock) {
    EXPECT_EQ(violation_of(explore({{lock_a_then_b, lock_b_then_a}, reset_locks}, 1, 0)),
              "deadlock: all threads wait");
    EXPECT_EQ(violation_of(explore({{lock_a_then_b, lock_a_then_b}, reset_locks}, 3, 0)), "");
}

void increment_plainly() {
    platform::plain_read(&g_plain, sizeof g_plain);
    platform::plain_write(&g_plain, sizeof g_plain);
}
void increment_under_lock() {
    const platform::LockGuard guard(g_lock_a);
    increment_plainly();
}

TEST(Engine, FindsARaceOfPlainAccesses) {
    EXPECT_NE(violation_of(explore({{increment_plainly, increment_plainly}}, 1, 0)), "");
    const Program locked{{increment_under_lock, increment_under_lock}, reset_locks};
    EXPECT_EQ(violation_of(explore(locked, 4, 0)), "");
}

void give_memory_back() { platform::poison(&g_plain, sizeof g_plain); }
void give_memory_back_and_use() {
    give_memory_back();
    increment_plainly();
}

TEST(Engine, FindsTheUseOfMemoryThatWasGivenBack) {
    EXPECT_EQ(violation_of(explore({{give_memory_back_and_use}}, 0, 0)),
              "access to memory that was given back");
    EXPECT_NE(violation_of(explore({{give_memory_back, increment_plainly}}, 1, 0)), "");
}

void wait_for_event() { g_registers[0] = g_event.wait(platform::kForever) ? 1 : 2; }
void wait_a_while() { g_registers[0] = g_event.wait(1000) ? 1 : 2; }
void set_event() { g_event.set(); }
void do_nothing() {}
void reset_event() { new (&g_event) platform::Event(); }

TEST(Engine, WakesWaitersAndLetsTimePass) {
    using Results = std::set<std::array<std::uint32_t, 4>>;
    EXPECT_EQ(results_of({{wait_for_event, set_event}, reset_event}), (Results{{1, 0, 0, 0}}));
    EXPECT_EQ(results_of({{wait_a_while, do_nothing}, reset_event}), (Results{{2, 0, 0, 0}}));
    EXPECT_EQ(results_of({{wait_a_while, set_event}, reset_event}),
              (Results{{1, 0, 0, 0}, {2, 0, 0, 0}}));
    EXPECT_EQ(violation_of(explore({{wait_for_event, do_nothing}, reset_event}, 1, 0)),
              "deadlock: all threads wait");
}

void spin_for_ever() {
    while (g_second.load(memory_order_relaxed) == 0) {
    }
}

TEST(Engine, EndsWhatDoesNotEnd) {
    EXPECT_EQ(violation_of(explore({{spin_for_ever}}, 0, 0)),
              "the execution does not come to an end");
}

// ---- interrupts

void interrupt(void*) {
    g_registers[0] = g_first.load(memory_order_relaxed);
    g_registers[1] = g_first.load(memory_order_relaxed);
}
void store_with_interrupt() {
    engine().set_interrupt(&interrupt, nullptr);
    for (std::uint32_t i = 1; i <= 3; ++i) g_first.store(i, memory_order_relaxed);
}

TEST(Engine, InterruptsAtEveryStepAndToTheEnd) {
    const Program program{{store_with_interrupt, take_steps<2>},
                          [] { g_first.store(0, memory_order_relaxed); }};
    for (const auto& result : results_of(program, 0, 0)) EXPECT_EQ(result[0], result[1]);
    const auto found = results_of({{store_with_interrupt}, program.reset}, 0, 0);
    EXPECT_EQ(found.size(), 3u);  // before the first, second, third store
}

// ---- strategies

// Lost update: a bug of depth 2, found when one thread is preempted between load and store.
void increment_badly() {
    const std::uint32_t value = g_first.load(memory_order_relaxed);
    g_first.store(value + 1, memory_order_relaxed);
}

TEST(PriorityChange, KeepsItsGuarantee) {
    const Program program{{increment_badly, increment_badly},
                          [] { g_first.store(0, memory_order_relaxed); }};
    constexpr unsigned kRuns = 4000;
    constexpr unsigned kSteps = 6;  // the start of the thread, the wait for it, four accesses
    unsigned lost = 0;
    for (unsigned seed = 0; seed < kRuns; ++seed) {
        port::sim::PriorityChange strategy(seed, 2, kSteps, 0, {});
        run(program, strategy);
        if (g_first.load(memory_order_relaxed) == 1) ++lost;
    }
    EXPECT_GE(lost, kRuns / (2 * kSteps));
}

}  // namespace
}  // namespace ouro::testing
