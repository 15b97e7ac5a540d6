// Goal: a pass begins idle, advances by the budget it is given, and comes to the same end whatever
// the size of its steps. Method: graphs of garbage and live objects, every budget from 1 up.
#include "gc/pass.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "tests/support/pass_test.h"

namespace ouro {
namespace {

using testing::PassTest;
using testing::Plain;

class PassControl : public PassTest {
protected:
    /// Rings of two, dropped; the returned object is live and holds one more ring.
    Ref<Plain> build(int rings) {
        for (int i = 0; i < rings; ++i) {
            const Ref<Plain> a = make<Plain>(i);
            link(a, make<Plain>(i));
        }
        const Ref<Plain> live = make<Plain>(0);
        const Ref<Plain> held = make<Plain>(0);
        link(held, make<Plain>(0));
        live->left = held;
        return live;
    }
};

TEST_F(PassControl, without_candidates_ends_at_once_and_finds_nothing) {
    const PassResult result = run();
    EXPECT_EQ(result.examined + result.collected + result.batched + result.gave_up_roots, 0u);
    EXPECT_FALSE(result.aborted);
}

TEST_F(PassControl, any_step_size_reaches_the_same_end) {
    for (std::uint32_t units = 1; units < 200; units += 1 + units / 5) {
        Ref<Plain> live = build(20);
        pass_.begin({});
        while (!pass_.idle()) pass_.step(units);
        EXPECT_EQ(pass_.result().collected, 40u) << units;
        EXPECT_EQ(live_objects(), 3u) << units;
        EXPECT_EQ(live->left->left->left.load(), live->left.load());
        live.reset();
        EXPECT_EQ(run_all().collected, 2u) << units;
    }
}

TEST_F(PassControl, a_step_costs_what_its_budget_allows) {
    const Ref<Plain> live = build(200);
    pass_.begin({});
    std::size_t steps = 0;
    while (!pass_.idle()) {
        pass_.step(50);
        ++steps;
    }
    // About 400 members, some references each, in several phases: far more than one step.
    EXPECT_GE(steps, 400u * 3 / 50);
    EXPECT_EQ(pass_.result().collected, 400u);
}

TEST_F(PassControl, a_budget_of_zero_does_nothing) {
    const Ref<Plain> live = build(1);
    pass_.begin({});
    pass_.step(0);
    EXPECT_EQ(pass_.result().examined, 0u);
    EXPECT_EQ(finish().collected, 2u);
}

TEST_F(PassControl, passes_follow_each_other) {
    for (int i = 0; i < 30; ++i) {
        const Ref<Plain> live = build(i);
        EXPECT_EQ(run_all().collected, 2u * static_cast<unsigned>(i) + (i == 0 ? 0 : 2));
    }
    EXPECT_EQ(run_all().collected, 2u);
}

TEST_F(PassControl, beginning_while_one_is_under_way_stops_the_program) {
    const Ref<Plain> live = build(1);
    EXPECT_DEATH(
        {
            pass_.begin({});
            pass_.begin({});
        },
        "begun while one is under way");
}

}  // namespace
}  // namespace ouro
