// Goal: the background thread reclaims by itself, leaves user code to drain() when told so, and can
// be stopped, disabled and started again. Method: garbage, then waiting for its end without a limit
// on time that a working collector could reach.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <thread>

#include "heap/query.h"
#include "tests/support/heap_test.h"
#include "tests/support/threads.h"

namespace ouro {
namespace {

using testing::drop_ring_of_two;
using testing::drop_self_loop;
using testing::HeapTest;
using testing::Hub;
using testing::Plain;
using testing::Probe;
using testing::wait_until;
namespace events = testing::events;

class Background : public HeapTest {
protected:
    Background() : HeapTest(kBytes, testing::with_background()) {}
    explicit Background(const ManagedHeapConfig& config) : HeapTest(kBytes, config) {}
    void TearDown() override {
        collector().stop();
        HeapTest::TearDown();
    }
    bool everything_goes() {
        return wait_until([this] { return live_objects() == 0; });
    }
};

TEST_F(Background, reclaims_without_being_asked) {
    for (int i = 0; i < 100; ++i) drop_ring_of_two<Plain>(managed(), i, i);
    EXPECT_TRUE(everything_goes());
    EXPECT_EQ(heap().statistics().reclaimed_by_collector, 200u);
    EXPECT_EQ(collector().statistics().collections, 0u);
}

TEST_F(Background, reclaims_a_single_ring) {
    drop_ring_of_two<Plain>(managed(), 1, 2);
    EXPECT_TRUE(everything_goes());
    drop_ring_of_two<Plain>(managed(), 1, 2);
    EXPECT_TRUE(everything_goes()) << "and once more";
}

TEST_F(Background, many_candidates_are_asked_by_several_passes_of_one_collection) {
    collector().stop();
    ManagedHeapConfig config;
    config.collector.objects_per_pass = 1;
    restart(config);
    collector().disable();
    std::size_t pages = 0;
    for (; pages < 20; ++pages) {
        const Ref<Hub> ring = try_make_variable<Hub>(heap(), Trailing{0, 8000}).value();
        ring->owner = ring;
    }
    collector().enable();
    EXPECT_TRUE(everything_goes());
    collector().stop();
    const CollectorStatistics all = collector().statistics();
    EXPECT_EQ(all.collected, pages);
    EXPECT_GE(all.passes, all.automatic + pages / 2);
}

TEST_F(Background, runs_finalizers_and_destructors_on_its_own_thread) {
    const std::thread::id here = std::this_thread::get_id();
    std::thread::id finalized_on;
    Probe::on_finalize[1] = [&](Probe&) { finalized_on = std::this_thread::get_id(); };
    drop_ring_of_two<Probe>(managed(), 1, 2);
    EXPECT_TRUE(wait_until([] { return events::count('D') == 2; }));
    collector().stop();
    EXPECT_NE(finalized_on, here);
    EXPECT_NE(finalized_on, std::thread::id());
}

TEST_F(Background, does_nothing_while_disabled_and_goes_on_when_enabled) {
    collector().disable();
    ASSERT_TRUE(wait_until([this] { return !collector().collecting(); }));
    collector().collect();  // nothing of before is under way any more
    for (int i = 0; i < 2000; ++i) drop_ring_of_two<Plain>(managed(), i, i);
    EXPECT_EQ(live_objects(), 4000u);
    collector().enable();
    EXPECT_TRUE(everything_goes());
}

TEST_F(Background, what_becomes_garbage_after_disable_stays_though_a_pass_is_under_way) {
    for (int round = 0; round < 20; ++round) {
        collector().enable();
        for (int i = 0; i < 20'000 || (i < 1'000'000 && !collector().collecting()); ++i)
            drop_self_loop<Plain>(managed(), i);
        collector().disable();
        Id kept;
        {
            const Ref<Plain> a = make<Plain>(1);
            a->left = make<Plain>(2);
            a->left->left = a;
            kept = id(a);
        }
        ASSERT_TRUE(wait_until([this] { return !collector().collecting(); }));
        EXPECT_TRUE(is_alive(kept)) << round;
        EXPECT_GE(collect(), 2u);
        EXPECT_FALSE(is_alive(kept));
    }
}

TEST_F(Background, never_starts_by_itself_with_threshold_0) {
    collector().set_threshold(0);
    collector().collect();  // nothing of before is under way any more
    const std::size_t automatic = collector().statistics().automatic;
    for (int i = 0; i < 2000; ++i) drop_ring_of_two<Plain>(managed(), i, i);
    EXPECT_TRUE(collector().is_enabled());
    EXPECT_FALSE(collector().settle());
    collector().enable();
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    EXPECT_EQ(live_objects(), 4000u);
    EXPECT_EQ(collector().statistics().automatic, automatic);
    collector().set_threshold(1000);
    EXPECT_TRUE(everything_goes()) << "what was reported meanwhile";
}

TEST_F(Background, can_be_stopped_and_started_again) {
    collector().stop();
    collector().stop();
    drop_ring_of_two<Plain>(managed(), 1, 2);
    EXPECT_EQ(live_objects(), 2u);
    EXPECT_TRUE(collector().start());
    EXPECT_TRUE(collector().start());
    EXPECT_TRUE(everything_goes()) << "what was reported while it was stopped, too";
}

TEST_F(Background, a_large_structure_that_was_touched_often_before_it_died_is_found) {
    Ref<Plain> first = make<Plain>(0);
    Ref<Plain> last = first;
    for (int i = 0; i < 20'000; ++i) {
        last->left = make<Plain>(i);
        last = last->left;
    }
    last->right = first;
    for (int i = 0; i < 1000; ++i) {
        const Ref<Plain> touched = first;  // NOLINT: its end makes a candidate that lives
        drop_self_loop<Plain>(managed(), i);
    }
    last.reset();
    first.reset();
    EXPECT_TRUE(everything_goes());
}

TEST_F(Background, garbage_of_a_thread_that_ended_is_found) {
    std::thread([this] {
        for (int i = 0; i < 50; ++i) drop_ring_of_two<Probe>(managed(), i, i);
    }).join();
    EXPECT_TRUE(everything_goes());
}

TEST_F(Background, collections_are_announced_as_automatic) {
    struct Seen {
        platform::atomic<std::uint32_t> automatic{0};
        platform::atomic<std::uint32_t> other{0};
    } seen;
    collector().stop();
    const Collector::Callback count = [](void* self, const CollectInfo& info) {
        auto& counts = *static_cast<Seen*>(self);
        (info.automatic ? counts.automatic : counts.other)
            .fetch_add(1, platform::memory_order_relaxed);
    };
    ASSERT_TRUE(collector().add_callback(count, &seen));
    collector().start();
    drop_ring_of_two<Plain>(managed(), 1, 2);
    EXPECT_TRUE(everything_goes());
    collector().stop();
    collector().remove_callback(count, &seen);
    EXPECT_GE(seen.automatic.load(platform::memory_order_relaxed), 2u);
    EXPECT_EQ(seen.automatic.load(platform::memory_order_relaxed) % 2, 0u);
    EXPECT_EQ(seen.other.load(platform::memory_order_relaxed), 0u);
    EXPECT_GE(collector().statistics().automatic, 1u);
}

TEST_F(Background, a_collect_call_beside_it_leaves_nothing_behind) {
    for (int round = 0; round < 50; ++round) {
        drop_ring_of_two<Probe>(managed(), 1, 2);
        drop_ring_of_two<Plain>(managed(), 1, 2);
        const CollectResult result = collector().collect();
        ASSERT_TRUE(result.complete);
        ASSERT_EQ(live_objects(), 0u) << "gone on return, whoever found it";
    }
}

/// Is a candidate long before its constructor ends; says how many passes ran meanwhile.
struct SlowToConstruct {
    explicit SlowToConstruct(Collector& collector) : part(self(this)) {
        part = nullptr;  // one reference of two
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
        const std::size_t before = collector.statistics().passes;
        std::this_thread::sleep_for(std::chrono::milliseconds(100));
        passes = collector.statistics().passes - before;
    }
    Field<SlowToConstruct> part;
    std::size_t passes = 0;
    static constexpr auto ouro_fields = fields<&SlowToConstruct::part>;
};

TEST_F(Background, rests_while_it_can_not_ask_a_candidate) {
    const auto slow = managed().make<SlowToConstruct>(collector());
    EXPECT_LE(slow->passes, 100u) << "one in a millisecond is plenty";
}

// ---- user code by drain()

class BackgroundWithDrain : public Background {
protected:
    BackgroundWithDrain()
        : Background(testing::changed(testing::with_background(),
                                      [](auto& c) { c.collector.user_code_by_drain = true; })) {}
    bool a_batch_waits() {
        return wait_until([this] { return collector().collecting(); });
    }
    /// Drains until all is gone; false if it takes too long.
    bool drain_all() {
        return wait_until([this] {
            collector().drain(10);
            return live_objects() == 0;
        });
    }
};

TEST_F(BackgroundWithDrain, user_code_runs_in_drain_only) {
    const std::thread::id here = std::this_thread::get_id();
    bool elsewhere = false;
    for (const int id : {1, 2}) {
        Probe::on_finalize[id] = [&](Probe&) { elsewhere |= std::this_thread::get_id() != here; };
        Probe::on_destroy[id] = Probe::on_finalize[id];
    }
    for (int round = 0; round < 20; ++round) {
        drop_ring_of_two<Probe>(managed(), 1, 2);
        ASSERT_TRUE(drain_all());
    }
    EXPECT_EQ(events::count('F'), 40);
    EXPECT_EQ(events::count('D'), 40);
    EXPECT_FALSE(elsewhere);
}

TEST_F(BackgroundWithDrain, the_collector_rests_while_garbage_waits_for_drain) {
    drop_ring_of_two<Probe>(managed(), 1, 2);
    ASSERT_TRUE(wait_until([&] { return collector().collecting(); }));
    for (int i = 0; i < 4000; ++i) drop_ring_of_two<Probe>(managed(), 3, 4);
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    const std::size_t before = collector().statistics().passes;
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    EXPECT_LE(collector().statistics().passes - before, 100u) << "one in a millisecond is plenty";
    EXPECT_TRUE(drain_all());
    collect();
    EXPECT_EQ(events::count('D'), 8002);
}

TEST_F(BackgroundWithDrain, settle_does_not_wait_for_a_batch_that_waits_for_drain) {
    drop_ring_of_two<Probe>(managed(), 1, 2);
    ASSERT_TRUE(wait_until([&] { return collector().collecting(); }));
    wait_until([&] { return !collector().settle(); });
    EXPECT_FALSE(collector().settle());
    EXPECT_TRUE(drain_all());
}

TEST_F(BackgroundWithDrain, plain_garbage_needs_no_drain) {
    for (int i = 0; i < 10; ++i) drop_ring_of_two<Plain>(managed(), i, i);
    EXPECT_TRUE(everything_goes());
}

TEST_F(BackgroundWithDrain, plain_garbage_goes_while_a_batch_waits) {
    drop_ring_of_two<Probe>(managed(), 1, 2);
    ASSERT_TRUE(wait_until([this] { return collector().statistics().passes > 0; }));
    for (int i = 0; i < 10; ++i) drop_ring_of_two<Plain>(managed(), i, i);
    EXPECT_TRUE(wait_until([this] { return live_objects() == 2; }));
    EXPECT_TRUE(drain_all());
}

TEST_F(BackgroundWithDrain, a_call_runs_no_more_than_its_budget) {
    for (int i = 1; i <= 20; ++i) drop_self_loop<Probe>(managed(), i);
    int most = 0;
    EXPECT_TRUE(wait_until([&] {
        const int before = events::count('F') + events::count('D');
        collector().drain(3);
        most = std::max(most, events::count('F') + events::count('D') - before);
        return live_objects() == 0;
    }));
    EXPECT_LE(most, 3);
    EXPECT_EQ(events::count('F'), 20);
}

TEST_F(BackgroundWithDrain, a_resurrection_in_drain_is_respected) {
    Ref<Probe> kept;
    Probe::on_finalize[1] = [&](Probe& object) { kept = self(&object); };
    drop_ring_of_two<Probe>(managed(), 1, 2);
    ASSERT_TRUE(wait_until([&] {
        collector().drain(1);
        return static_cast<bool>(kept);
    }));
    while (collector().drain(1)) {
    }
    EXPECT_EQ(refcount(kept), 2u);
    EXPECT_EQ(events::count('D'), 0);
    kept.reset();
    EXPECT_TRUE(drain_all());
}

TEST_F(BackgroundWithDrain, collect_takes_over_a_batch_that_waits) {
    drop_ring_of_two<Probe>(managed(), 1, 2);
    ASSERT_TRUE(wait_until([this] { return collector().statistics().passes > 0; }));
    collector().collect();
    EXPECT_EQ(live_objects(), 0u);
    EXPECT_EQ(events::count('F'), 2);
    EXPECT_EQ(events::count('D'), 2);
    EXPECT_FALSE(collector().drain(10));
}

TEST_F(Background, who_waits_for_the_collection_comes_before_its_next_rounds) {
    collector().stop();
    ManagedHeapConfig config = testing::with_background();
    config.collector.threshold_pages = 1;
    restart(config);
    // Each collection leaves garbage, for which the thread begins the next one at once.
    const auto litter = [](void* self, const CollectInfo& info) {
        for (int i = 0; info.phase == CollectPhase::stop && i < 500; ++i)
            drop_self_loop<Plain>(*static_cast<ManagedHeap*>(self), i);
    };
    ASSERT_TRUE(collector().add_callback(litter, &managed()));
    drop_self_loop<Plain>(managed(), 1);
    int passed_over = 0;
    for (int i = 0; i < 20; ++i) {
        const std::size_t before = collector().statistics().automatic;
        EXPECT_EQ(collector().collect().error, Error::none);
        passed_over += collector().statistics().automatic - before > 10 ? 1 : 0;
    }
    EXPECT_LT(passed_over, 10);
    collector().stop();
    EXPECT_TRUE(collector().remove_callback(litter, &managed()));
}

TEST_F(Background, whatever_its_share_of_the_time_deferred_garbage_goes) {
    for (const std::uint32_t percent : {0u, 100u, 1000u}) {
        collector().stop();
        ManagedHeapConfig config;
        config.collector.deferred_percent = percent;
        config.collector.objects_per_root = 1;
        restart(config);
        for (int round = 0; round < 3; ++round) {
            for (int i = 0; i < 10; ++i) drop_ring_of_two<Plain>(managed(), i, i);
            EXPECT_TRUE(everything_goes()) << percent << " %, round " << round;
        }
        EXPECT_GT(collector().statistics().deferred_roots, 0u);
    }
}

}  // namespace
}  // namespace ouro
