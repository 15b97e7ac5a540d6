// Goal: a suspended thread stands still from its step on until nobody else can go on, or others
// wait for it; an interrupt comes at its step, once. Method: the strategies alone, asked as the
// engine would ask them; the options that they print, read back (explore/hostile.h).
#include "explore/hostile.h"

#include <gtest/gtest.h>

namespace ouro::explore {
namespace {

using port::sim::ClockKind;
using port::sim::Turn;

/// Goes on with whoever is the obvious choice.
class Obvious : public port::sim::Strategy {
public:
    unsigned thread(const Turn& turn) override { return turn.fallback; }
    unsigned store(unsigned, std::uint32_t, unsigned) override { return 0; }
    bool interrupt(unsigned, std::uint32_t) override { return false; }
};

Turn turn(unsigned current, std::uint32_t step, std::uint32_t runnable) {
    return {current, step, 0, runnable, 0, current, false};
}

TEST(Suspension, leaves_a_thread_alone_until_its_step) {
    Obvious base;
    Suspension suspension(base, 1, 5);
    EXPECT_EQ(suspension.thread(turn(1, 4, 0b111)), 1u);
    EXPECT_FALSE(suspension.happened());
    EXPECT_EQ(suspension.thread(turn(2, 9, 0b111)), 2u) << "another thread's step";
    EXPECT_FALSE(suspension.happened());
}

TEST(Suspension, keeps_it_from_there_on_until_nobody_else_can_go_on) {
    Obvious base;
    Suspension suspension(base, 1, 5);
    EXPECT_EQ(suspension.thread(turn(1, 5, 0b111)), 0u) << "the first of the others";
    EXPECT_TRUE(suspension.happened());
    EXPECT_EQ(suspension.thread(turn(2, 1, 0b110)), 2u);
    EXPECT_EQ(suspension.thread(turn(2, 2, 0b010)), 1u);
    EXPECT_FALSE(suspension.woken()) << "nobody waited for it";
}

TEST(Suspension, ends_when_the_others_do_nothing_but_wait) {
    Obvious base;
    Suspension suspension(base, 1, 0);
    Turn yielding = turn(0, 3, 0b011);
    EXPECT_EQ(suspension.thread(turn(1, 0, 0b011)), 0u);
    yielding.yields = true;
    int yields = 0;
    for (; !suspension.woken(); ++yields) {
        ASSERT_LT(yields, 10'000);
        EXPECT_EQ(suspension.thread(yielding), 0u);
    }
    EXPECT_EQ(yields, 101) << "what explore/README.md says, and one";
    EXPECT_EQ(suspension.thread(turn(1, 7, 0b011)), 1u) << "not a second time";
}

TEST(Interruption, comes_at_its_step_or_at_the_first_that_it_can) {
    Obvious base;
    Interruption interruption(base, 2, 5);
    EXPECT_FALSE(interruption.interrupt(2, 4));
    EXPECT_FALSE(interruption.interrupt(1, 6));
    EXPECT_FALSE(interruption.happened());
    EXPECT_TRUE(interruption.interrupt(2, 6));
    EXPECT_TRUE(interruption.happened());
}

TEST(Hostility, is_printed_as_the_options_that_bring_it_about) {
    EXPECT_EQ(options_of({}), "");
    EXPECT_EQ(options_of({{faults::Refuse::request, 3}, 2, ClockKind::still}),
              " --fault request:3 --end-at 2 --clock still");
    ClockKind clock{};
    EXPECT_TRUE(clock_from_text("jumps", clock));
    EXPECT_EQ(clock, ClockKind::jumps);
    EXPECT_FALSE(clock_from_text("slow", clock));
}

}  // namespace
}  // namespace ouro::explore
