// Goal: garbage rings that guards keep are asked again, whoever collects. Method: one thread, and
// the background collector.
#include <gtest/gtest.h>

#include <optional>
#include <utility>

#include "heap/guard.h"
#include "tests/support/guard_test.h"
#include "tests/support/threads.h"

namespace ouro {
namespace {

using testing::Probe;
namespace events = testing::events;

class LentRingsTest : public testing::GuardTest {
protected:
    /// A ring of two that only a guard keeps, by one member.
    template <class T>
    Borrowed<T> lend_ring(Guard& guard, const Ref<T>& container) {
        container->left->left = make<T>(2, container->left.load());
        auto borrowed = container->left.borrow(guard);
        container->left = nullptr;
        return borrowed;
    }
};

TEST_F(LentRingsTest, the_background_collector_asks_it_again) {
    restart(testing::with_background());
    const Ref<Probe> container = holder<Probe>(1);
    {
        Guard guard(heap());
        const auto borrowed = lend_ring(guard, container);
        testing::drop_ring_of_two<Probe>(managed(), 3, 4);
        EXPECT_TRUE(testing::wait_until([&] { return events::count('D', 4) == 1; }));
        EXPECT_EQ(events::count('D', 1), 0);
    }
    EXPECT_TRUE(testing::wait_until([&] { return events::count('D', 2) == 1; }));
    collector().stop();
}

TEST_F(LentRingsTest, steps_of_one_unit_end_beside_it_and_find_it_later) {
    const Ref<Probe> container = holder<Probe>(1);
    {
        Guard guard(heap());
        const auto borrowed = lend_ring(guard, container);
        testing::drop_ring_of_two<Probe>(managed(), 3, 4);
        int steps = 0;
        while (collector().step(1)) {
            ASSERT_LT(++steps, 10'000);
            ASSERT_TRUE(testing::is_sound(collector())) << events::all();
        }
        EXPECT_EQ(events::count('D', 3) + events::count('D', 4), 2);
        EXPECT_EQ(events::count('F', 1), 0);
    }
    int steps = 0;
    while (collector().step(1)) ASSERT_LT(++steps, 10'000);
    while (collector().step(1)) ASSERT_LT(++steps, 10'000);
    EXPECT_EQ(events::count('D', 1) + events::count('D', 2), 2);
}

TEST_F(LentRingsTest, a_reader_that_hops_in_every_step_delays_nothing_else) {
    const Ref<Probe> container = holder<Probe>(1);
    {
        Guard guard(heap());
        auto borrowed = lend_ring(guard, container);
        testing::drop_ring_of_two<Probe>(managed(), 3, 4);
        int steps = 0;
        while (collector().step(1)) {
            ASSERT_LT(++steps, 10'000);
            borrowed = borrowed->left.borrow(guard);
        }
        EXPECT_EQ(events::count('D', 3) + events::count('D', 4), 2);
        EXPECT_EQ(events::count('F', 1) + events::count('F', 2), 0);
        EXPECT_TRUE(testing::is_sound(collector()));
    }
    collect();
    EXPECT_EQ(events::count('D', 1) + events::count('D', 2), 2);
}

TEST_F(LentRingsTest, a_rehearsal_loses_nothing) {
    const Ref<Probe> container = holder<Probe>(1);
    {
        Guard guard(heap());
        const auto borrowed = lend_ring(guard, container);
        testing::drop_ring_of_two<Probe>(managed(), 3, 4);
        for (int i = 0; i < 3; ++i) collector().rehearse();
        EXPECT_EQ(events::all(), "");
        EXPECT_TRUE(testing::is_sound(collector()));
    }
    while (collector().step(1)) {
    }
    EXPECT_EQ(events::count('D'), 4);
}

TEST_F(LentRingsTest, a_batch_whose_finalizers_have_run_leaves_lent_members_to_the_next) {
    const Ref<Probe> container = make<Probe>(testing::kSilent);
    std::optional<Guard> guard;
    Borrowed<Probe> borrowed;
    lends_itself(1, container, guard, borrowed);
    testing::drop_ring_of_two<Probe>(managed(), 1, 2);
    testing::drop_ring_of_two<Probe>(managed(), 3, 4);
    collect();
    ASSERT_TRUE(borrowed);
    EXPECT_EQ(events::count('F'), 4);
    EXPECT_EQ(events::count('D', 1) + events::count('D', 2), 0);
    EXPECT_EQ(events::count('D', 3) + events::count('D', 4), 2);
    EXPECT_TRUE(testing::is_sound(collector()));
    collect();
    EXPECT_EQ(events::count('D'), 2);
    borrowed = {};
    guard.reset();
    collect();
    EXPECT_EQ(events::count('D'), 4);
    EXPECT_EQ(events::count('F'), 4);
}

}  // namespace
}  // namespace ouro
