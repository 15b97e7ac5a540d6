// Goal: before memory is reported exhausted, all garbage that needs no user code is gone, whatever
// the collector is in the middle of; and no user code runs on the allocating thread.
// Method: regions filled with garbage of both kinds, then a request for most of the region.
#include <gtest/gtest.h>

#include <thread>

#include "heap/make.h"
#include "heap/query.h"
#include "tests/support/heap_test.h"

namespace ouro {
namespace {

using testing::drop_ring_of_two;
using testing::drop_self_loop;
using testing::HeapTest;
using testing::Hub;
using testing::kMiB;
using testing::Plain;
using testing::Probe;
namespace events = testing::events;

struct Holder : WeaklyReferable {
    Field<Holder> self;
    Field<Probe> probe;
    static constexpr auto ouro_fields = fields<&Holder::self, &Holder::probe>;
};

class Emergency : public HeapTest {
protected:
    Emergency() : HeapTest(kMiB) {}
    explicit Emergency(const ManagedHeapConfig& config) : HeapTest(kMiB, config) {}
    ~Emergency() override { Probe::forget_scripts(); }

    /// Plain rings that fill most of the region.
    void drop_much_plain_garbage() {
        while (heap().statistics().free_bytes > kMiB / 8) drop_self_loop<Plain>(managed(), 0);
    }
    bool finds_half_a_region() {
        return static_cast<bool>(try_make_variable<Hub>(heap(), Trailing{0, kMiB / 2}));
    }
};

TEST_F(Emergency, frees_plain_garbage_inline) {
    drop_much_plain_garbage();
    EXPECT_TRUE(finds_half_a_region());
    EXPECT_GE(heap().statistics().emergency_collections, 1u);
    collect();
}

TEST_F(Emergency, runs_no_user_code) {
    drop_ring_of_two<Probe>(managed(), 1, 2);
    drop_much_plain_garbage();
    EXPECT_TRUE(finds_half_a_region());
    EXPECT_EQ(events::all(), "");
    EXPECT_EQ(collect(), 2u);
    EXPECT_EQ(events::count('F'), 2);
}

TEST_F(Emergency, plain_garbage_is_not_held_back_by_garbage_with_user_code) {
    drop_ring_of_two<Probe>(managed(), 1, 2);
    drop_much_plain_garbage();
    collector().step(1);  // a pass is under way that takes in all of it
    EXPECT_TRUE(finds_half_a_region());
    EXPECT_EQ(events::all(), "");
    collect();
    EXPECT_EQ(events::count('D'), 2);
}

TEST_F(Emergency, a_finalizer_finds_the_memory_of_plain_garbage_that_was_found_with_it) {
    bool found = false;
    std::size_t live_before = 0;
    std::size_t live_after = 0;
    Probe::on_finalize[1] = [&](Probe& object) {
        live_before = live_objects();
        found = finds_half_a_region();
        live_after = live_objects();
        EXPECT_EQ(object.left->id, 2) << "what a finalizer can reach stays";
        EXPECT_EQ(cast<Plain>(object.any.load())->id, 7);
    };
    {
        const Ref<Probe> a = make<Probe>(1);
        const Ref<Probe> b = make<Probe>(2);
        a->left = b;
        b->left = a;
        const Ref<Plain> reached = make<Plain>(7);
        reached->left = reached;
        a->any = reached;
    }
    drop_much_plain_garbage();
    const std::size_t all = live_objects();
    collect();
    EXPECT_TRUE(found);
    EXPECT_EQ(live_before, all) << "nothing goes before its finalizers without need";
    EXPECT_EQ(live_after, 3u);
    EXPECT_EQ(events::count('F'), 2);
    EXPECT_EQ(events::count('D'), 2);
}

TEST_F(Emergency, plain_garbage_that_holds_garbage_with_a_finalizer_goes_and_lets_go_of_it) {
    Probe::on_finalize[1] = [&](Probe&) { EXPECT_TRUE(finds_half_a_region()); };
    drop_ring_of_two<Probe>(managed(), 1, 2);
    for (int i = 0; i < 100; ++i) {
        const Ref<Holder> holder = make<Holder>();
        holder->self = holder;
        holder->probe = make<Probe>(3);
    }
    drop_much_plain_garbage();
    collect();
    EXPECT_EQ(events::count('F', 3), 100);
    EXPECT_EQ(events::count('D', 3), 100);
    EXPECT_EQ(events::count('F', 1) + events::count('F', 2), 2);
}

// The finalizer runs short of memory; the emergency takes the plain ring out of the batch, and with
// it the reference that kept the ring of the finalizer's object explained.
TEST_F(Emergency, a_collection_whose_finalizer_runs_short_of_memory_leaves_nothing_behind) {
    Probe::on_finalize[1] = [&](Probe&) {
        Ref<Plain> chain;
        while (auto made = managed().try_make<Plain>(0, chain)) chain = std::move(*made);
    };
    {
        const Ref<Holder> holder = make<Holder>();
        holder->self = holder;
        holder->probe = make<Probe>(1);
        const Ref<Probe> probe = holder->probe;
        probe->left = probe;
    }
    const Ref<Hub> ballast = make_hub(1000);
    const CollectResult result = collector().collect();
    EXPECT_TRUE(result.complete);
    EXPECT_GE(result.unreachable, 2u);
    EXPECT_EQ(events::count('D'), 1);
    EXPECT_EQ(live_objects(), 1u);
}

class EmergencyWithBound : public Emergency {
protected:
    EmergencyWithBound() : Emergency(testing::bounded(testing::manual())) {}
};

TEST_F(EmergencyWithBound, the_postponed_rest_of_a_list_is_memory) {
    for (int round = 0; round < 3; ++round) {
        {
            Ref<Plain> head;
            while (auto made = managed().try_make<Plain>(0, head)) head = std::move(*made);
        }
        EXPECT_TRUE(finds_half_a_region()) << round;
    }
    EXPECT_EQ(live_objects(), 0u);
}

class EmergencyWithDrain : public Emergency {
protected:
    EmergencyWithDrain()
        : Emergency(testing::changed(testing::manual(),
                                     [](auto& c) { c.collector.user_code_by_drain = true; })) {}
};

TEST_F(EmergencyWithDrain, plain_garbage_goes_while_the_rest_waits_for_drain) {
    drop_ring_of_two<Probe>(managed(), 1, 2);
    drop_much_plain_garbage();
    while (collector().drain(0)) {
    }
    EXPECT_TRUE(finds_half_a_region());
    EXPECT_EQ(events::all(), "");
    collect();
    EXPECT_EQ(events::count('D'), 2);
}

/// Its destructor does nothing but end a weak reference, and it says so.
struct Watching : WeaklyReferable {
    using ouro_quiet_destructor = Watching;
    Field<Watching> self;
    Weak<Plain> watched;
    std::byte bytes[200];
    static constexpr auto ouro_fields = fields<&Watching::self>;
};

TEST_F(Emergency, quiet_destructors_are_no_user_code) {
    const Ref<Plain> target = make<Plain>(1);
    while (heap().statistics().free_bytes > kMiB / 8) {
        const Ref<Watching> ring = make<Watching>();
        ring->self = ring;
        ring->watched = target;
    }
    EXPECT_TRUE(finds_half_a_region());
    EXPECT_EQ(weak_count(target), 0u) << "each destructor has run";
    collect();
}

TEST_F(Emergency, drain_takes_up_what_it_has_left_alone) {
    while (heap().statistics().free_bytes > kMiB / 8) drop_self_loop<Probe>(managed(), 1);
    EXPECT_FALSE(finds_half_a_region());
    EXPECT_EQ(events::all(), "");
    int calls = 0;
    while (collector().drain(10) && ++calls < 100'000) {
    }
    EXPECT_EQ(live_objects(), 0u);
    EXPECT_TRUE(finds_half_a_region());
    EXPECT_FALSE(collector().drain(10)) << "nothing is left";
}

TEST_F(Emergency, steps_take_up_what_it_has_left_alone) {
    drop_ring_of_two<Plain>(managed(), 1, 2);
    ASSERT_TRUE(collector().step(1)) << "a pass is under way";
    while (heap().statistics().free_bytes > kMiB / 8) drop_self_loop<Probe>(managed(), 1);
    EXPECT_FALSE(finds_half_a_region());
    EXPECT_EQ(events::all(), "");
    int calls = 0;
    while (collector().step(1000) && ++calls < 1'000'000) {
    }
    EXPECT_EQ(live_objects(), 0u);
}

class EmergencyWithUserCode : public Emergency {
protected:
    EmergencyWithUserCode()
        : Emergency(testing::changed(
              testing::manual(), [](auto& c) { c.collector.emergency_runs_user_code = true; })) {}
};

TEST_F(EmergencyWithUserCode, collects_everything_if_the_program_allows_it) {
    while (heap().statistics().free_bytes > kMiB / 8) drop_self_loop<Probe>(managed(), 1);
    EXPECT_TRUE(finds_half_a_region());
    EXPECT_GT(events::count('F'), 100);
}

class EmergencyBesideBackground : public HeapTest {
protected:
    EmergencyBesideBackground() : HeapTest(kBytes, testing::with_background()) {}
};

// Every child leads to all the others of its hub: an automatic pass would look at as many children
// as there are times its limit.
TEST_F(EmergencyBesideBackground, asks_an_automatic_pass_to_find_no_more) {
    constexpr std::uint32_t kHubs = 4;
    constexpr std::uint32_t kChildren = 15'000;  // of each, fewer than saturate any count
    constexpr std::size_t kAutomatic =
        kHubs * kChildren * std::size_t{CollectorConfig{}.objects_per_root};
    collector().disable();
    Ref<Hub> hubs[kHubs];
    for (Ref<Hub>& hub : hubs) {
        hub = make_hub(kChildren);
        for (std::uint32_t i = 0; i < kChildren; ++i) {
            const Ref<Plain> child = make<Plain>(static_cast<int>(i));
            child->any = hub;
            hub->at(i) = child;
        }
    }
    const auto ballast = try_make_variable<Hub>(heap(), Trailing{0, kBytes / 2}).value();
    collector().enable();
    while (collector().statistics().longest_step_ns == 0) std::this_thread::yield();
    EXPECT_EQ(try_make_variable<Hub>(heap(), Trailing{0, kBytes / 2}).error(),
              Error::out_of_memory);
    EXPECT_LT(collector().statistics().examined, kAutomatic / 2);
    collector().disable();
    for (const Ref<Hub>& hub : hubs) {
        for (std::uint32_t i = 0; i < kChildren; ++i) hub->at(i) = nullptr;
    }
}

TEST_F(Emergency, is_truthful_when_everything_lives) {
    Ref<Plain> chain;
    for (;;) {
        auto made = managed().try_make<Plain>(0, chain);
        if (!made) {
            EXPECT_EQ(made.error(), Error::out_of_memory);
            break;
        }
        chain = *made;
    }
    EXPECT_LT(heap().statistics().free_bytes, sizeof(Plain) + 4096);
    EXPECT_EQ(events::all(), "");
}

}  // namespace
}  // namespace ouro
