// Replay: the same decisions give the same execution, bit for bit.
#include <gtest/gtest.h>

#include "tests/sim/program.h"

namespace ouro::testing {
namespace {

using port::sim::Decision;
using port::sim::Operation;
using port::sim::Schedule;

platform::atomic<std::uint32_t> g_shared[4];
platform::Mutex g_lock;

/// A number that depends on every step of an execution.
std::uint64_t g_digest = 0;

void digest(void*, const Operation& operation) {
    for (const std::uint64_t part :
         {std::uint64_t{operation.thread}, reinterpret_cast<std::uint64_t>(operation.at),
          operation.before, operation.after, std::uint64_t{operation.age}})
        g_digest = (g_digest ^ part) * 0x100'0000'01b3u;
}

void mix() {
    for (std::uint32_t i = 0; i < 6; ++i) {
        const std::uint32_t value = g_shared[i % 4].load(std::memory_order_relaxed);
        g_shared[(i + 1) % 4].store(value + i, std::memory_order_release);
        const platform::LockGuard guard(g_lock);
        g_shared[value % 4].fetch_add(1, std::memory_order_acq_rel);
    }
}
void reset() {
    for (auto& shared : g_shared) shared.store(0, std::memory_order_relaxed);
    new (&g_lock) platform::Mutex();
    g_digest = 0;
}
void interrupt(void*) { g_shared[0].fetch_add(7, std::memory_order_relaxed); }
void mix_with_interrupt() {
    engine().set_interrupt(&interrupt, nullptr);
    mix();
}

const Program kProgram{{mix_with_interrupt, mix, mix}, reset};

TEST(Replay, RepeatsRandomExecutionsBitForBit) {
    engine().observe({nullptr, &digest, nullptr, nullptr});
    std::set<std::uint64_t> different;
    for (std::uint64_t seed = 0; seed < 300; ++seed) {
        port::sim::RandomWalk walk(seed, 60, {60, 128});
        port::sim::PriorityChange priorities(seed, 4, 100, 0, {60, 128});
        port::sim::Strategy* strategies[] = {&walk, &priorities};
        run(kProgram, *strategies[seed % 2]);
        const std::uint64_t expected = g_digest;
        const Schedule schedule = engine().schedule();
        port::sim::Replay again(schedule);
        run(kProgram, again);
        ASSERT_EQ(g_digest, expected) << to_text(schedule);
        ASSERT_EQ(engine().schedule(), schedule);
        different.insert(expected);
    }
    EXPECT_GT(different.size(), 250u);
    engine().observe({});
}

TEST(Replay, FindsTheViolationAgain) {
    static std::uint64_t data = 0;
    static constexpr auto kTouch = [] { platform::plain_write(&data, sizeof data); };
    const Program racing{{kTouch, kTouch}};
    const Exploration found = explore(racing, 2, 0);
    ASSERT_NE(found.violation, nullptr);
    port::sim::Replay again(found.schedule);
    EXPECT_STREQ(run(racing, again).violation, found.violation);
}

TEST(Schedule, IsTextAndBack) {
    const Schedule schedule{{1, Decision::to_thread, 2, 37},
                            {2, Decision::old_store, 1, 51},
                            {0, Decision::interrupt, 0, 4}};
    EXPECT_EQ(to_text(schedule), "1:37>2,2:51~1,0:4!0");
    EXPECT_EQ(port::sim::from_text(to_text(schedule)), schedule);
    EXPECT_EQ(port::sim::from_text(port::sim::to_text(Schedule{})), Schedule{});
    for (const char* wrong : {"", "1", "1:", "1:2", "1:2?3", "1:2>", "9:2>1", "1:2>3,", "1:2>3 "})
        EXPECT_FALSE(port::sim::from_text(wrong)) << wrong;
}

}  // namespace
}  // namespace ouro::testing
