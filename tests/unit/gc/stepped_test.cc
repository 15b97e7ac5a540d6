// Goal: a program without a background thread collects in bounded steps and ends where collect()
// ends. Method: garbage of every kind, budgets from one unit up, and other calls between the steps.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
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

TEST_F(SteppedTest, between_two_of_the_smallest_steps_the_heap_is_sound) {
    drop_ring_of_two<Probe>(managed(), 1, 2);
    drop_ring_of_two<testing::Destroyed>(managed(), 3, 4);
    int steps = 0;
    for (bool more = true; more && steps < 1000; ++steps) {
        more = collector().step(1);
        ASSERT_TRUE(testing::is_sound(collector())) << "step " << steps << ": " << events::all();
    }
    EXPECT_LT(steps, 1000);
    EXPECT_EQ(events::count('D'), 4);
}

class SteppedAndBounded : public HeapTest {
protected:
    SteppedAndBounded() : HeapTest(kBytes, testing::bounded(testing::manual())) {}

    void drop_list_of(int length, bool with_leaves = false) {
        Ref<Plain> first;
        for (int i = length; i > 0; --i) {
            Ref<Plain> node = make<Plain>(i);
            node->left = std::move(first);
            if (with_leaves) node->right = make<Plain>(i);
            first = std::move(node);
        }
    }
    /// The largest change of `count` in one step, until there is nothing left to do.
    template <class Count>
    std::int64_t most_in_a_step(std::uint32_t units, Count&& count) {
        std::int64_t most = 0;
        int steps = 0;
        for (bool more = true; more && steps < 1'000'000; ++steps) {
            const auto before = static_cast<std::int64_t>(count());
            more = collector().step(units);
            most = std::max(most, std::abs(static_cast<std::int64_t>(count()) - before));
        }
        EXPECT_LT(steps, 1'000'000) << "steps get nowhere";
        return most;
    }
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

TEST_F(SteppedAndBounded, dead_parents_that_wait_go_within_the_budget) {
    // Each parent has one more reference to let go when its successor ends.
    for (int i = 0; i < 300; ++i) drop_list_of(11, true);
    ASSERT_GT(live_objects(), 3000u);
    EXPECT_LE(most_in_a_step(8, [&] { return live_objects(); }), 9);
    EXPECT_EQ(live_objects(), 0u);
}

TEST_F(SteppedAndBounded, no_step_goes_through_all_candidates) {
    std::vector<Ref<Plain>> live;
    for (int i = 0; i < 2000; ++i) {
        live.push_back(make<Plain>(i));
        const Ref<Plain> copy = live.back();  // its release makes the object a candidate
    }
    for (int i = 0; i < 5; ++i) drop_list_of(30);
    const auto passes = [&] { return collector().statistics().passes; };
    EXPECT_LE(most_in_a_step(8, passes), 1);
    EXPECT_EQ(live_objects(), 2000u);
}

TEST_F(SteppedAndBounded, references_to_what_lives_on_go_within_the_budget) {
    const Ref<Plain> shared = make<Plain>(1);
    Ref<testing::Hub> hub = make_hub(3000);
    for (int i = 0; i < 3000; ++i) hub->at(i) = shared;
    hub.reset();
    EXPECT_LE(most_in_a_step(8, [&] { return refcount(shared); }), 9);
    EXPECT_EQ(refcount(shared), 1u);
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

TEST_F(SteppedTest, the_largest_budget_ends_all_there_is) {
    for (int i = 0; i < 100; ++i) drop_ring_of_two<Probe>(managed(), 1, 2);
    int steps = 0;
    while (collector().step(~0u)) ++steps;
    EXPECT_LE(steps, 5);
    EXPECT_EQ(events::count('D'), 200);
    EXPECT_EQ(live_objects(), 0u);
}

class SteppedLegacy : public HeapTest {
protected:
    SteppedLegacy()
        : HeapTest(kBytes, testing::changed(testing::manual(), [](ManagedHeapConfig& c) {
                       c.heap.legacy_finalizers = true;
                   })) {}
};

TEST_F(SteppedLegacy, steps_end_no_more_than_their_budget_of_a_dead_batch) {
    for (const std::uint32_t units : {8u, 1u}) {
        events::clear();
        for (int i = 1; i <= 20; ++i) drop_self_loop<testing::Destroyed>(managed(), i);
        int most = 0;
        int steps = 0;
        for (bool more = true; more && steps < 10'000; ++steps) {
            const int before = events::count('D');
            more = collector().step(units);
            most = std::max(most, events::count('D') - before);
        }
        EXPECT_EQ(most, 1) << units;
        EXPECT_EQ(events::count('D'), 20) << units;
        EXPECT_LT(steps, 10'000) << units << ": an end comes with the smallest steps";
        EXPECT_EQ(live_objects(), 0u);
    }
}

TEST_F(SteppedLegacy, what_a_callback_ends_by_count_is_no_part_of_the_batch) {
    static Ref<testing::Finalized> other;
    other = make<testing::Finalized>(7);
    {
        const Ref<Plain> ring = make<Plain>(1);
        ring->left = ring;
        const auto weak = make<WeakReference>(ring, [](WeakReference&) { other.reset(); });
        other->any = weak;
    }
    EXPECT_EQ(collect(), 2u) << "the ring, and the weak reference, which had nothing but its turn";
    EXPECT_EQ(events::all(), "F7");
    EXPECT_EQ(live_objects(), 0u);
}

}  // namespace
}  // namespace ouro
