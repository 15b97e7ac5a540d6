// Goal: what guards withhold ends as soon as it may, in bounded portions, and costs no collection.
// Method: one thread, with the background collector, with steps, with neither.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "heap/guard.h"
#include "tests/support/guard_test.h"
#include "tests/support/threads.h"

namespace ouro {
namespace {

using testing::Destroyed;
using testing::Probe;
using testing::wait_until;
namespace events = testing::events;

class WithheldTest : public testing::GuardTest {
protected:
    /// Three objects whose finalizer ran when one guard closed, and which another guard, opened by
    /// the first of these, kept.
    void withhold_three_again() {
        first_.emplace(heap());
        Probe::on_finalize[1] = [this](Probe&) {
            if (!second_) second_.emplace(heap());
        };
        for (int i = 0; i < 3; ++i) make<Probe>(1).reset();
        first_.reset();
        ASSERT_TRUE(second_);
    }

    std::optional<Guard> first_;
    std::optional<Guard> second_;
};

TEST_F(WithheldTest, the_collector_is_told_of_the_next_one_while_one_is_lent) {
    restart(testing::with_background());
    const Ref<Destroyed> container = holder<Destroyed>(1);
    Guard guard(heap());
    const auto borrowed = container->left.borrow(guard);
    container->left = nullptr;
    for (int id = 2; id < 5; ++id) {
        make<Destroyed>(id).reset();
        EXPECT_TRUE(wait_until([&] { return events::count('D', id) == 1; })) << id;
    }
    Ref<Destroyed> list;
    for (int i = 0; i < 100; ++i) list = make<Destroyed>(5, std::move(list));
    list.reset();
    EXPECT_TRUE(wait_until([&] { return events::count('D', 5) == 100; }));
    EXPECT_EQ(events::count('D', 1), 0);
    EXPECT_EQ(withheld(), 1u);
    EXPECT_EQ(borrowed->id, 1);
    collector().stop();
}

TEST_F(WithheldTest, what_no_guard_lends_ends_without_a_collection) {
    restart(testing::with_background());
    ASSERT_TRUE(collector().settle());
    const auto before = collector().statistics();
    for (int id = 1; id <= 20; ++id) {
        const Guard guard(heap());
        make<Destroyed>(id).reset();
        make<Probe>(20 + id).reset();
        EXPECT_TRUE(wait_until([&] { return events::count('D', 20 + id) == 1; })) << id;
        EXPECT_TRUE(wait_until([&] { return events::count('D', id) == 1; })) << id;
    }
    // A look for ends that were put off puts other candidates back, which may cause one at times.
    EXPECT_LT(collector().statistics().automatic, before.automatic + 20) << "40 objects have ended";
    collector().stop();
}

TEST_F(WithheldTest, the_collector_is_told_again_after_guards_that_closed_soon) {
    restart(testing::with_background());
    for (int id = 1; id <= 20; ++id) {
        {
            const Guard guard(heap());
            make<Destroyed>(id).reset();
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(5));  // it has looked by now
        const Guard guard(heap());
        make<Destroyed>(20 + id).reset();
        EXPECT_TRUE(wait_until([&] { return events::count('D', 20 + id) == 1; })) << id;
    }
    collector().stop();
}

TEST_F(WithheldTest, beside_what_is_lent_a_batch_that_waits_for_the_next_step_ends) {
    restart(testing::with_background());
    collector().disable();
    const Ref<Probe> container = holder<Probe>(4);
    for (int i = 0; i < 10; ++i) testing::drop_ring_of_two<Destroyed>(managed(), 1, 2);
    while (events::count('D', 1) == 0) ASSERT_TRUE(collector().step(1));
    Guard guard(heap());
    const auto borrowed = container->left.borrow(guard);
    container->left = nullptr;
    make<Probe>(3).reset();
    ASSERT_EQ(collector().count(), 0u) << "no other reason to run";
    collector().enable();
    EXPECT_TRUE(wait_until([&] { return events::count('D', 2) == 10; }));
    EXPECT_TRUE(wait_until([&] { return events::count('D', 3) == 1; }));
    EXPECT_EQ(borrowed->id, 4);
    collector().stop();
}

TEST_F(WithheldTest, a_finalizer_that_resurrects_counts_in_a_small_step) {
    std::vector<Ref<Probe>> saved;
    Probe::on_finalize[1] = [&](Probe& object) { saved.push_back(self(&object)); };
    const Guard guard(heap());
    for (int i = 0; i < 60; ++i) make<Probe>(1).reset();
    std::size_t most = 0;
    for (int i = 0; i < 10'000 && saved.size() < 60; ++i) {
        const std::size_t before = saved.size();
        (void)collector().step(1);
        most = std::max(most, saved.size() - before);
    }
    EXPECT_EQ(saved.size(), 60u);
    EXPECT_EQ(most, 1u);
}

TEST_F(WithheldTest, what_a_bound_has_left_ends_behind_the_next_release) {
    restart(testing::bounded(testing::manual()));
    {
        const Guard guard(heap());
        for (int i = 0; i < 15; ++i) make<Destroyed>(1).reset();
    }
    EXPECT_EQ(events::count('D', 1), 10);
    make<testing::Leaf>().reset();
    EXPECT_EQ(events::count('D', 1), 15);
}

TEST_F(WithheldTest, a_disabled_collector_ends_it_as_well) {
    restart(testing::with_background());
    collector().disable();
    const Guard guard(heap());
    make<Probe>(1).reset();
    EXPECT_TRUE(wait_until([&] { return events::count('D', 1) == 1; }));
    collector().stop();
}

TEST_F(WithheldTest, what_is_withheld_again_after_its_finalizer_ends_in_the_background) {
    restart(testing::with_background());
    withhold_three_again();
    EXPECT_TRUE(wait_until([&] { return events::count('D', 1) == 3; })) << events::all();
    second_.reset();
    collector().stop();
}

TEST_F(WithheldTest, what_is_withheld_again_after_its_finalizer_ends_where_it_was_to) {
    withhold_three_again();
    EXPECT_EQ(events::count('D', 1), 3) << events::all();
    EXPECT_EQ(withheld(), 0u);
    second_.reset();
    EXPECT_EQ(events::count('F', 1), 3);
}

TEST_F(WithheldTest, a_bounded_release_runs_few_finalizers) {
    restart(testing::bounded(testing::manual()));
    const auto bound = static_cast<int>(heap().config().cascade_objects_max);
    const Guard guard(heap());
    int most = 0;
    for (int i = 0; i < 1000; ++i) {
        const int before = events::count('F', 1);
        make<Probe>(1).reset();
        most = std::max(most, events::count('F', 1) - before);
    }
    EXPECT_LE(most, bound + 1);
    collect();
    collect();
    EXPECT_EQ(events::count('D', 1), 1000);
    EXPECT_TRUE(testing::is_sound(collector()));
}

TEST_F(WithheldTest, nested_releases_that_find_no_room_are_bounded_as_well) {
    restart(testing::bounded(testing::manual()));
    const auto bound = static_cast<int>(heap().config().cascade_objects_max);
    int most = 0;
    Destroyed::on_destroy[1] = [&](Destroyed&) {
        const Guard guard(heap());
        for (int i = 0; i < 1000; ++i) {
            const int before = events::count('F', 2);
            make<Probe>(2).reset();
            most = std::max(most, events::count('F', 2) - before);
        }
    };
    make<Destroyed>(1).reset();
    EXPECT_EQ(most, bound);
    collect();
    EXPECT_EQ(events::count('D', 2), 1000);
    EXPECT_TRUE(testing::is_sound(collector()));
}

TEST_F(WithheldTest, what_an_allocation_would_end_and_finds_no_room_ends_later) {
    restart(testing::manual());
    Destroyed::on_destroy[1] = [&](Destroyed&) {
        const Guard guard(heap());
        for (std::uint32_t i = 0; i < Guards::kWithheldMax; ++i) make<Probe>(2).reset();
        ASSERT_EQ(withheld(), Guards::kWithheldMax);
        {
            const Ref<testing::Hub> ring = make_hub(1);
            ring->owner = ring;
            ring->at(0) = make<testing::Leaf>();
        }
        const std::size_t before = live_objects();
        std::vector<Ref<testing::Hub>> all;
        for (bool there_is_room = true; there_is_room;) {
            auto made = try_make_variable<testing::Hub>(heap(), Trailing{0, 200'000});
            there_is_room = static_cast<bool>(made);
            if (there_is_room) all.push_back(std::move(made).value());
        }
        EXPECT_EQ(before + all.size() - live_objects(), 1u) << "the ring without its leaf";
        EXPECT_TRUE(testing::is_sound(collector()));
    };
    make<Destroyed>(1).reset();
    collect();
    EXPECT_EQ(live_objects(), 0u);
    EXPECT_EQ(events::count('D', 2), static_cast<int>(Guards::kWithheldMax));
}

TEST_F(WithheldTest, a_small_step_runs_few_finalizers) {
    const Guard guard(heap());
    for (int i = 0; i < 60; ++i) make<Probe>(1).reset();
    int most = 0;
    for (int i = 0; i < 10'000 && events::count('D', 1) < 60; ++i) {
        const int before = events::count('F', 1) + events::count('D', 1);
        (void)collector().step(1);
        most = std::max(most, events::count('F', 1) + events::count('D', 1) - before);
    }
    EXPECT_EQ(events::count('D', 1), 60);
    EXPECT_LE(most, 2);
}

}  // namespace
}  // namespace ouro
