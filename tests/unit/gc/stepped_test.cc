// Goal: a program without a background thread collects in bounded steps and ends where collect()
// ends. Method: garbage of every kind, budgets from one unit up, and other calls between the steps.
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <string>
#include <vector>

#include "gc/collector.h"
#include "heap/query.h"
#include "tests/support/heap_test.h"
#include "tests/support/threads.h"

namespace ouro {
namespace {

using testing::drop_ring_of_two;
using testing::drop_self_loop;
using testing::HeapTest;
using testing::Plain;
using testing::Probe;
namespace events = testing::events;

class SteppedTest : public HeapTest {};

TEST_F(SteppedTest, a_step_runs_no_more_user_code_than_its_budget) {
    for (int i = 1; i <= 200; ++i) drop_self_loop<Probe>(managed(), i);
    int most = 0;
    for (bool more = true; more;) {
        const int before = events::count('F') + events::count('D');
        more = collector().step(3);
        most = std::max(most, events::count('F') + events::count('D') - before);
    }
    EXPECT_GE(most, 1);
    EXPECT_LE(most, 3);
    EXPECT_EQ(events::count('D'), 200);
}

TEST_F(SteppedTest, an_id_lives_until_the_finalizers_have_run_and_is_dead_ever_after) {
    Id a;
    {
        const Ref<Probe> object = make<Probe>(1);
        object->left = object;
        a = id(object);
    }
    bool dead = false;
    for (bool more = true; more; more = collector().step(1)) {
        if (!is_alive(a)) dead = true;
        if (events::count('F') == 0) {
            EXPECT_FALSE(dead);
        }
    }
    collector().collect();
    EXPECT_FALSE(is_alive(a));
}

TEST_F(SteppedTest, steps_reach_the_end_that_collect_reaches) {
    for (const std::uint32_t units : {1u, 2u, 3u, 10u, 100u, 5000u}) {
        events::clear();
        for (int i = 0; i < 10; ++i) {
            drop_ring_of_two<Plain>(managed(), 0, 0);
            drop_ring_of_two<Probe>(managed(), 2 * i + 1, 2 * i + 2);
        }
        int steps = 0;
        while (collector().step(units) && steps < 100'000) ++steps;
        EXPECT_EQ(live_objects(), 0u) << units;
        EXPECT_EQ(events::count('F'), 20) << units;
        EXPECT_EQ(events::count('D'), 20) << units;
        if (units == 1) {
            EXPECT_GT(steps, 100);
        }
    }
}

TEST_F(SteppedTest, a_step_examines_about_its_budget) {
    for (int i = 0; i < 1000; ++i) drop_self_loop<Plain>(managed(), i);
    std::size_t before = 0;
    int steps = 0;
    while (collector().step(100)) {
        ++steps;
        const std::size_t reclaimed = heap().statistics().reclaimed_by_collector;
        EXPECT_LE(reclaimed - before, 100u);
        before = reclaimed;
    }
    EXPECT_GE(steps, 40) << "1000 objects in five phases of 100 units a step";
    EXPECT_EQ(live_objects(), 0u);
}

TEST_F(SteppedTest, a_step_without_work_has_no_more_to_do) {
    EXPECT_FALSE(collector().step(1'000'000));
    drop_self_loop<Plain>(managed(), 1);
    EXPECT_FALSE(collector().step(1'000'000));
    EXPECT_EQ(live_objects(), 0u);
}

// A pass that a step left half-way is finished by whoever comes next, with nothing skipped.
TEST_F(SteppedTest, collect_finishes_a_pass_that_steps_began_at_any_moment) {
    for (int moment = 0; moment < 150; ++moment) {
        events::clear();
        drop_ring_of_two<Probe>(managed(), 1, 2);
        drop_ring_of_two<Plain>(managed(), 0, 0);
        for (int i = 0; i < moment; ++i) collector().step(1);
        collector().collect();
        ASSERT_EQ(live_objects(), 0u) << moment;
        for (const int id : {1, 2}) {
            ASSERT_EQ(events::count('F', id), 1) << moment;
            ASSERT_EQ(events::count('D', id), 1) << moment;
        }
    }
}

TEST_F(SteppedTest, a_resurrection_is_respected_when_collect_finishes_a_stepped_pass) {
    for (int moment = 0; moment < 150; ++moment) {
        Ref<Probe> kept;
        Probe::on_finalize[1] = [&](Probe& object) { kept = self(&object); };
        drop_ring_of_two<Probe>(managed(), 1, 2);
        for (int i = 0; i < moment; ++i) collector().step(1);
        collector().collect();
        ASSERT_TRUE(static_cast<bool>(kept)) << moment;
        ASSERT_EQ(refcount(kept), 2u) << moment;
        ASSERT_EQ(kept->left->id, 2) << moment;
        Probe::on_finalize.clear();
        kept.reset();
        collector().collect();
        ASSERT_EQ(live_objects(), 0u) << moment;
    }
}

TEST_F(SteppedTest, steps_go_on_until_a_structure_beyond_the_limit_has_gone) {
    Ref<Plain> first = make<Plain>(0);
    Ref<Plain> last = first;
    for (int i = 0; i < 20'000; ++i) last = make<Plain>(i, std::move(last));
    first->left = last;
    first.reset();
    last.reset();
    int steps = 0;
    while (collector().step(4096) && steps < 100'000) ++steps;
    EXPECT_EQ(live_objects(), 0u);
}

TEST_F(SteppedTest, garbage_of_the_time_of_a_pass_is_more_to_do) {
    for (int moment = 1; moment < 60; ++moment) {
        for (int i = 0; i < 5; ++i) drop_ring_of_two<Plain>(managed(), i, i);
        for (int i = 0; i < moment; ++i) collector().step(1);
        drop_ring_of_two<Plain>(managed(), 0, 0);
        while (collector().step(1000)) {
        }
        ASSERT_EQ(live_objects(), 0u) << moment;
    }
}

TEST_F(SteppedTest, threads_may_step_at_once) {
    constexpr int kRingsOfAThread = 2000;
    testing::run_threads(4, [&](std::size_t) {
        for (int i = 0; i < kRingsOfAThread; ++i) {
            drop_ring_of_two<Plain>(managed(), i, i);
            collector().step(40);
            if (i % 10 == 0) collector().drain(1);
        }
    });
    while (collector().step(1000)) {
    }
    EXPECT_EQ(live_objects(), 0u);
}

class SteppedAndBounded : public HeapTest {
protected:
    SteppedAndBounded() : HeapTest(kBytes, testing::bounded(testing::manual())) {}
};

TEST_F(SteppedAndBounded, drain_ends_no_more_of_a_rest_than_its_budget) {
    Ref<Probe> list;
    for (int i = 1; i <= 1000; ++i) list = make<Probe>(i, std::move(list));
    list.reset();
    int most = 0;
    for (bool more = true; more;) {
        const int before = events::count('D');
        more = collector().drain(7);
        most = std::max(most, events::count('D') - before);
    }
    EXPECT_LE(most, 8) << "one may end to make room for the way back to the rest";
    EXPECT_EQ(events::count('D'), 1000);
}

TEST_F(SteppedTest, step_and_drain_inside_a_finalizer_do_nothing) {
    drop_ring_of_two<Probe>(managed(), 1, 2);
    int more = 0;
    Probe::on_finalize[1] = [&](Probe&) {
        more += collector().step(1000) ? 1 : 0;
        collector().drain(1000);
    };
    EXPECT_EQ(collect(), 2u);
    EXPECT_EQ(more, 0);
    EXPECT_EQ(events::count('F'), 2);
    EXPECT_EQ(events::count('D'), 2);
}

struct Watcher : WeakReference {
    explicit Watcher(const Ref<Probe>& target) : WeakReference(target, &Watcher::called) {}
    static void called(WeakReference&) { events::add('C', 1); }
};

TEST_F(SteppedTest, a_callback_uses_up_a_budget_of_one) {
    const auto garbage_with_watcher = [this] {
        const Ref<Probe> ring = make<Probe>(1);
        ring->left = ring;
        return make<Watcher>(ring);
    };
    {
        const Ref<Watcher> watcher = garbage_with_watcher();
        while (events::count('C') == 0) ASSERT_TRUE(collector().step(1));
        EXPECT_EQ(events::all(), "C1");
        while (collector().step(1)) {
        }
        EXPECT_EQ(events::all(), "C1 F1 D1");
    }
    events::clear();
    const Ref<Watcher> watcher = garbage_with_watcher();
    while (!collector().collecting()) ASSERT_TRUE(collector().step(1));
    ASSERT_TRUE(collector().drain(1));
    EXPECT_EQ(events::all(), "C1");
    while (collector().drain(1)) {
    }
    EXPECT_EQ(events::all(), "C1 F1 D1");
}

}  // namespace
}  // namespace ouro
