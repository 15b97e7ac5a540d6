// Goal: what guards delay ends when heap/guard.h says, and no guard withholds more than it may.
// Method: one thread for the order of things, several against each other for the rest.
#include "heap/guards.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <utility>
#include <vector>

#include "tests/support/fork.h"
#include "tests/support/guard_test.h"
#include "tests/support/record_damage.h"
#include "tests/support/threads.h"

namespace ouro {
namespace {

using testing::Destroyed;
using testing::Plain;
using testing::Probe;
namespace events = testing::events;

class GuardsTest : public testing::GuardTest {};

// ---- a guard that sleeps withholds no more than it may

TEST_F(GuardsTest, beside_a_guard_that_sleeps_objects_end) {
    const Ref<Destroyed> container = holder<Destroyed>(1);
    Guard guard(heap());
    const auto borrowed = container->left.borrow(guard);
    container->left = nullptr;
    for (int i = 0; i < 1000; ++i) {
        make<Destroyed>(2).reset();
        EXPECT_LE(withheld(), 128u);
    }
    EXPECT_GE(events::count('D', 2), 1000 - 128);
    EXPECT_EQ(events::count('D', 1), 0);
    EXPECT_EQ(borrowed->id, 1);
}

TEST_F(GuardsTest, large_objects_end_beside_it_sooner) {
    Guard guard(heap());
    const std::size_t share = kBytes / 64;
    const std::uint32_t bytes = 64 * 1024;
    std::size_t most = 0;
    for (int i = 0; i < 100; ++i) {
        const Ref<testing::Hub> large =
            try_make_variable<testing::Hub>(heap(), Trailing{0, bytes}).value();
        most = std::max(most, heap().statistics().live_bytes);
    }
    EXPECT_LE(most, 2 * share + 2 * bytes);
}

TEST_F(GuardsTest, a_cascade_goes_on_beside_it) {
    Ref<Destroyed> list;
    for (int i = 0; i < 1000; ++i) list = make<Destroyed>(1, std::move(list));
    const Guard guard(heap());
    list.reset();
    EXPECT_EQ(events::count('D'), 0);
    // Each collection finds out that nobody has borrowed what is withheld.
    collect();
    EXPECT_EQ(events::count('D'), 1000);
    EXPECT_EQ(withheld(), 0u);
}

TEST_F(GuardsTest, an_object_with_many_children_ends_beside_it) {
    Ref<testing::Hub> hub = make_hub(1000);
    for (std::size_t i = 0; i < 1000; ++i) hub->at(i) = make<Destroyed>(1);
    const Guard guard(heap());
    hub.reset();
    collect();
    EXPECT_EQ(events::count('D'), 1000);
}

TEST_F(GuardsTest, collect_ends_all_but_what_is_borrowed) {
    const Ref<Destroyed> container = holder<Destroyed>(1);
    Guard guard(heap());
    auto borrowed = container->left.borrow(guard);
    container->left = nullptr;
    make<Destroyed>(2).reset();
    collect();
    EXPECT_EQ(events::all(), "D2");
    EXPECT_EQ(withheld(), 1u);
    borrowed = {};
    collect();
    EXPECT_EQ(events::all(), "D2 D1");
}

TEST_F(GuardsTest, an_allocation_that_finds_no_memory_ends_what_needs_no_user_code) {
    restart(testing::manual());
    Guard guard(heap());
    std::vector<Ref<testing::Hub>> all;
    const auto fill = [&] {
        for (;;) {
            auto made = try_make_variable<testing::Hub>(heap(), Trailing{0, 200'000});
            if (!made) break;
            all.push_back(std::move(made).value());
        }
        return all.size();
    };
    const std::size_t many = fill();
    all.pop_back();
    EXPECT_EQ(withheld(), 1u);
    EXPECT_EQ(fill(), many);
    EXPECT_EQ(withheld(), 0u);
    all.clear();
}

TEST_F(GuardsTest, a_guard_that_ends_too_deep_leaves_what_waits_to_the_outermost_release) {
    restart(testing::changed(testing::manual(), [](auto& c) { c.heap.nesting_max = 2; }));
    Ref<Destroyed> waits = make<Destroyed>(9);
    Ref<Destroyed> inner = make<Destroyed>(2);
    Destroyed::on_destroy[1] = [&](Destroyed&) { inner.reset(); };
    Destroyed::on_destroy[2] = [&](Destroyed&) {
        const Guard guard(heap());
        testing::run_threads(1, [&](std::size_t) { waits.reset(); });
        EXPECT_EQ(withheld(), 1u);
    };
    make<Destroyed>(1).reset();
    EXPECT_EQ(events::all(), "D1 D2 D9");
}

TEST_F(GuardsTest, what_a_bound_leaves_is_the_collectors) {
    restart(testing::bounded(testing::with_background()));
    {
        const Guard guard(heap());
        for (int i = 0; i < 60; ++i) make<Destroyed>(1).reset();
    }
    EXPECT_TRUE(testing::wait_until([&] { return withheld() == 0; }));
    EXPECT_EQ(events::count('D', 1), 60);
    collector().stop();
}

TEST_F(GuardsTest, step_and_drain_end_what_no_guard_lends) {
    const Guard guard(heap());
    make<Destroyed>(1).reset();
    for (int i = 0; i < 100 && collector().step(1000); ++i) {
    }
    EXPECT_EQ(events::all(), "D1");
    make<Destroyed>(2).reset();
    for (int i = 0; i < 100 && collector().drain(1000); ++i) {
    }
    EXPECT_EQ(events::all(), "D1 D2");
}

TEST_F(GuardsTest, collect_ends_what_only_garbage_held) {
    const Guard guard(heap());
    {
        const Ref<Plain> one = make<Plain>(1);
        one->left = one;
        one->any = make<testing::LeafProbe>(2);
    }
    collect();
    EXPECT_EQ(events::all(), "F2 D2");
}

TEST_F(GuardsTest, in_the_child_of_a_fork_guards_of_other_threads_are_gone) {
    platform::atomic<int> stage{0};
    const auto reach = [&](int to) { stage.store(to, platform::memory_order_release); };
    const auto wait_for = [&](int to) {
        EXPECT_TRUE(
            testing::wait_until([&] { return stage.load(platform::memory_order_acquire) == to; }));
    };
    testing::run_threads(2, [&](std::size_t index) {
        if (index == 1) {
            const Guard theirs(heap());
            reach(1);
            wait_for(2);
            return;
        }
        wait_for(1);
        make<Destroyed>(1).reset();
        const int status = testing::status_in_child([&] {
            make<Destroyed>(2).reset();
            return withheld() == 0 && events::all() == "D2 D1";
        });
        EXPECT_EQ(status, 0);
        reach(2);
    });
}

// ---- cycles

TEST_F(GuardsTest, a_ring_with_a_borrowed_member_waits) {
    const Ref<Destroyed> container = holder<Destroyed>(1);
    container->left->left = make<Destroyed>(2, container->left.load());
    {
        Guard guard(heap());
        const auto borrowed = container->left.borrow(guard);
        const auto hop = borrowed->left.borrow(guard);
        container->left = nullptr;
        collect();
        EXPECT_EQ(events::all(), "");
        EXPECT_EQ(hop->left.load()->id, 1) << "counted again, for a moment";
    }
    collect();
    EXPECT_EQ(events::count('D'), 2);
}

TEST_F(GuardsTest, other_rings_do_not_wait) {
    const Ref<Destroyed> container = holder<Destroyed>(1);
    container->left->left = make<Destroyed>(2, container->left.load());
    Guard guard(heap());
    const auto borrowed = container->left.borrow(guard);
    container->left = nullptr;
    for (int i = 1; i <= 5; ++i) {
        testing::drop_ring_of_two<Destroyed>(managed(), 3, 4);
        collect();
        EXPECT_EQ(events::count('D', 3) + events::count('D', 4), 2 * i);
    }
    EXPECT_EQ(events::count('D', 1), 0);
}

TEST_F(GuardsTest, an_allocation_that_finds_no_memory_takes_other_rings) {
    const Ref<Plain> container = holder<Plain>(1);
    container->left->left = make<Plain>(2, container->left.load());
    Guard guard(heap());
    const auto borrowed = container->left.borrow(guard);
    container->left = nullptr;
    for (int i = 0; i < 200; ++i) {
        auto made = try_make_variable<testing::Hub>(heap(), Trailing{2, 200'000});
        ASSERT_TRUE(made) << i;
        made.value()->owner = made.value();
    }
    EXPECT_EQ(borrowed->id, 1);
}

TEST_F(GuardsTest, a_broken_list_of_withheld_objects_is_named) {
    const Guard guard(heap());
    make<Plain>(1).reset();
    collect();  // from now on the number of objects is what changes
    Guards& guards = heap().guards();
    std::vector<unsigned char> before(sizeof guards);
    std::memcpy(before.data(), &guards, sizeof guards);
    Ref<Plain> one = make<Plain>(1);
    const void* const object = one.get();
    one.reset();
    ASSERT_TRUE(testing::is_sound(collector()));
    const int lists = testing::change_words(&guards, sizeof guards, object, [&] {
        EXPECT_STREQ(collector().verify().invariant, "an object in use has count 0");
    });
    EXPECT_EQ(lists, 1);
    const int counts = testing::for_changed_words(
        &guards, before.data(), sizeof guards, 0, 1, [&](std::uint32_t& count) {
            count = 1000;
            EXPECT_STREQ(collector().verify().invariant, "the list of withheld objects is broken");
        });
    EXPECT_EQ(counts, 1);
}

TEST_F(GuardsTest, readers_beside_writers_and_collections) {
    constexpr std::size_t kReaders = 2;
    const Ref<Destroyed> container = holder<Destroyed>(1);
    platform::atomic<bool> stop{false};
    platform::atomic<int> wrong{0};
    testing::run_threads(kReaders + 2, [&](std::size_t index) {
        if (index == kReaders) {
            for (int i = 0; i < 3000; ++i) {
                Ref<Destroyed> next = make<Destroyed>(2);
                next->left = make<Destroyed>(3, i % 2 == 0 ? next : Ref<Destroyed>());
                container->left = std::move(next);
            }
            stop.store(true, platform::memory_order_release);
            return;
        }
        while (!stop.load(platform::memory_order_acquire)) {
            if (index == kReaders + 1) {
                collector().collect();
                continue;
            }
            Guard guard(heap());
            for (int i = 0; i < 100; ++i) {
                auto at = container->left.borrow(guard);
                for (int hop = 0; at && hop < 5; ++hop) {
                    if (at->id < 1 || at->id > 3)
                        wrong.fetch_add(1, platform::memory_order_relaxed);
                    at = at->left.borrow(guard);
                }
                if (at && i % 10 == 0) (void)at.counted();
            }
        }
    });
    EXPECT_EQ(wrong.load(platform::memory_order_relaxed), 0);
    EXPECT_EQ(withheld(), 0u);
    container->left = nullptr;
    collect();
    EXPECT_EQ(events::count('D', 2), 3000);
    EXPECT_EQ(events::count('D', 3), 3000);
}

}  // namespace
}  // namespace ouro
