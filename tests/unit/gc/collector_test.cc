// Goal: the control surface: what collect, drain, enable, thresholds, callbacks and
// statistics do and return. Method: small garbage, one call at a time, no background thread.
#include "gc/collector.h"

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "heap/query.h"
#include "tests/support/heap_test.h"
#include "tests/support/region.h"
#include "tests/support/threads.h"

namespace ouro {
namespace {

using testing::Destroyed;
using testing::drop_ring_of_two;
using testing::drop_self_loop;
using testing::HeapTest;
using testing::Plain;
using testing::Probe;
namespace events = testing::events;

class CollectorTest : public HeapTest {};

TEST_F(CollectorTest, collect_returns_what_this_call_found) {
    EXPECT_EQ(collect(), 0u);
    drop_ring_of_two<Plain>(managed(), 1, 2);
    drop_ring_of_two<Probe>(managed(), 3, 4);
    EXPECT_EQ(collect(), 4u);
    EXPECT_EQ(collect(), 0u);
}

TEST_F(CollectorTest, collect_works_while_automatic_collection_is_disabled) {
    collector().disable();
    EXPECT_FALSE(collector().is_enabled());
    drop_self_loop<Plain>(managed(), 1);
    EXPECT_EQ(collect(), 1u);
    collector().enable();
    EXPECT_TRUE(collector().is_enabled());
}

TEST_F(CollectorTest, collect_ignores_the_limit_per_root_and_back_off) {
    ManagedHeapConfig config = testing::manual();
    config.collector.objects_per_root = 2;
    restart(config);
    Ref<Plain> first = make<Plain>(0);
    Ref<Plain> last = first;
    for (int i = 0; i < 5000; ++i) {
        last->left = make<Plain>(i);
        last = last->left;
    }
    last->right = first;
    for (int i = 0; i < 20; ++i) {
        const Ref<Plain> touched = first;  // NOLINT: its end makes a candidate that lives
        collector().step(1000);
    }
    last.reset();
    first.reset();
    EXPECT_EQ(collect(), 5001u);
}

// ---- nesting

TEST_F(CollectorTest, collect_of_another_heap_inside_a_finalizer_collects) {
    testing::Region region(testing::kMiB);
    ManagedHeap other(region.span(), testing::manual());
    std::size_t there = 0, here = 1;
    Probe::on_finalize[1] = [&](Probe&) {
        drop_ring_of_two<Plain>(other, 5, 6);
        there = other.collect().unreachable;
    };
    Probe::on_finalize[3] = [&](Probe&) { here = collector().collect().unreachable; };
    drop_self_loop<Probe>(other, 3);
    drop_self_loop<Probe>(managed(), 1);
    EXPECT_EQ(collect(), 1u);
    EXPECT_EQ(there, 3u);
    EXPECT_EQ(here, 0u) << "inside a finalizer of this heap's collection";
}

struct Thrower {
    Field<Thrower> ring;
    void finalize() {
        if (throws) throw 1;
    }
    static inline bool throws = true;
};

TEST_F(CollectorTest, a_finalizer_that_throws_ends_the_program) {
    {
        const Ref<Thrower> object = make<Thrower>();
        object->ring = object;
    }
    EXPECT_DEATH(collector().collect(), "terminate");
    Thrower::throws = false;
}

TEST_F(CollectorTest, steps_of_no_work_are_steps_of_some) {
    ManagedHeapConfig config = testing::manual();
    config.collector.step_units = 0;
    restart(config);
    drop_ring_of_two<Probe>(managed(), 1, 2);
    EXPECT_EQ(collect(), 2u);
}

TEST_F(CollectorTest, collect_inside_a_finalizer_returns_zero) {
    drop_ring_of_two<Probe>(managed(), 1, 2);
    std::vector<std::size_t> inner;
    Probe::on_finalize[1] = [&](Probe&) { inner.push_back(collector().collect().unreachable); };
    Probe::on_finalize[2] = Probe::on_finalize[1];
    Probe::on_destroy[1] = Probe::on_finalize[1];
    drop_self_loop<Plain>(managed(), 0);
    EXPECT_EQ(collect(), 3u);
    EXPECT_EQ(inner, (std::vector<std::size_t>{0, 0, 0}));
}

TEST_F(CollectorTest, a_finalizer_may_wait_for_a_thread_that_collects) {
    ManagedHeapConfig config = testing::manual();
    config.collector.collect_patience_ns = 1'000'000;
    restart(config);
    drop_self_loop<Probe>(managed(), 1);
    CollectResult other;
    Probe::on_finalize[1] = [&](Probe&) {
        testing::run_threads(1, [&](std::size_t) { other = collector().collect(); });
    };
    EXPECT_EQ(collect(), 1u);
    EXPECT_EQ(other.error, Error::busy);
    EXPECT_FALSE(other.complete);
    EXPECT_EQ(collect(), 0u) << "and goes on as ever";
}

TEST_F(CollectorTest, weak_references_that_end_with_their_callback_are_counted) {
    static Ref<WeakReference> first, second;
    const auto drop_first = [](WeakReference&) { first.reset(); };
    {
        const Ref<Plain> target = make<Plain>(1);
        target->left = target;
        first = make<WeakReference>(target, [](WeakReference&) {});
        second = make<WeakReference>(target, drop_first);
    }
    const std::size_t before = collector().statistics().collected;
    EXPECT_EQ(collect(), 2u) << "the first had nothing but its turn";
    EXPECT_EQ(collector().statistics().collected, before + 2);
    second.reset();
    EXPECT_EQ(live_objects(), 0u);
}

// ---- callbacks

struct Announcements {
    std::vector<CollectInfo> seen;
    std::function<void()> act;
    static void note(void* self, const CollectInfo& info) {
        auto& announcements = *static_cast<Announcements*>(self);
        announcements.seen.push_back(info);
        if (announcements.act) announcements.act();
    }
};

TEST_F(CollectorTest, start_and_stop_of_every_collection_are_announced) {
    Announcements announcements;
    ASSERT_TRUE(collector().add_callback(&Announcements::note, &announcements));
    drop_ring_of_two<Plain>(managed(), 1, 2);
    collect();
    collect();
    ASSERT_EQ(announcements.seen.size(), 4u);
    EXPECT_EQ(announcements.seen[0].phase, CollectPhase::start);
    EXPECT_EQ(announcements.seen[0].collected, 0u);
    EXPECT_FALSE(announcements.seen[0].automatic);
    EXPECT_EQ(announcements.seen[1].phase, CollectPhase::stop);
    EXPECT_EQ(announcements.seen[1].collected, 2u);
    EXPECT_EQ(announcements.seen[2].phase, CollectPhase::start);
    EXPECT_EQ(announcements.seen[3].phase, CollectPhase::stop);
    EXPECT_EQ(announcements.seen[3].collected, 0u);
    EXPECT_TRUE(collector().remove_callback(&Announcements::note, &announcements));
    collect();
    EXPECT_EQ(announcements.seen.size(), 4u);
}

TEST_F(CollectorTest, a_callback_that_collects_gets_zero_and_is_not_called_again) {
    Announcements announcements;
    std::size_t inner = 99;
    announcements.act = [&] { inner = collector().collect().unreachable; };
    ASSERT_TRUE(collector().add_callback(&Announcements::note, &announcements));
    drop_self_loop<Plain>(managed(), 1);
    EXPECT_EQ(collect(), 1u);
    EXPECT_EQ(inner, 0u);
    EXPECT_EQ(announcements.seen.size(), 2u);
    EXPECT_TRUE(collector().remove_callback(&Announcements::note, &announcements));
}

TEST_F(CollectorTest, several_callbacks_are_called_in_the_order_of_their_addition) {
    std::vector<int> calls;
    struct Caller {
        std::vector<int>& calls;
        int number;
        static void note(void* self, const CollectInfo&) {
            auto& caller = *static_cast<Caller*>(self);
            caller.calls.push_back(caller.number);
        }
    } first{calls, 1}, second{calls, 2};
    ASSERT_TRUE(collector().add_callback(&Caller::note, &first));
    ASSERT_TRUE(collector().add_callback(&Caller::note, &second));
    collect();
    EXPECT_EQ(calls, (std::vector<int>{1, 2, 1, 2}));
    EXPECT_TRUE(collector().remove_callback(&Caller::note, &first));
    EXPECT_FALSE(collector().remove_callback(&Caller::note, &first));
    calls.clear();
    collect();
    EXPECT_EQ(calls, (std::vector<int>{2, 2}));
    for (std::uint32_t i = 1; i < Collector::kCallbacksMax; ++i)
        ASSERT_TRUE(collector().add_callback(&Caller::note, &first));
    EXPECT_FALSE(collector().add_callback(&Caller::note, &first)) << "no more places";
    calls.clear();
    collect();
    EXPECT_EQ(calls.size(), std::size_t{2} * Collector::kCallbacksMax);
    for (std::uint32_t i = 1; i < Collector::kCallbacksMax; ++i)
        ASSERT_TRUE(collector().remove_callback(&Caller::note, &first));
    EXPECT_TRUE(collector().remove_callback(&Caller::note, &second));
}

TEST_F(CollectorTest, a_callback_may_make_and_drop_objects) {
    Announcements announcements;
    announcements.act = [&] { drop_ring_of_two<Plain>(managed(), 1, 2); };
    ASSERT_TRUE(collector().add_callback(&Announcements::note, &announcements));
    EXPECT_EQ(collect(), 2u) << "what the start callback dropped";
    EXPECT_TRUE(collector().remove_callback(&Announcements::note, &announcements));
    EXPECT_EQ(collect(), 2u) << "what the stop callback dropped";
}

// ---- figures

TEST_F(CollectorTest, statistics_count_collections_passes_and_reclaimed_objects) {
    const CollectorStatistics before = collector().statistics();
    EXPECT_EQ(before.collections + before.automatic + before.passes + before.collected, 0u);
    drop_ring_of_two<Plain>(managed(), 1, 2);
    drop_ring_of_two<Probe>(managed(), 3, 4);
    collect();
    const CollectorStatistics after = collector().statistics();
    EXPECT_EQ(after.collections, 1u);
    EXPECT_EQ(after.automatic, 0u);
    EXPECT_EQ(after.collected, 4u);
    EXPECT_GE(after.passes, 1u);
    EXPECT_GE(after.examined, 4u);
    EXPECT_EQ(after.aborted, 0u);
}

TEST_F(CollectorTest, the_threshold_is_what_was_set) {
    EXPECT_EQ(collector().threshold(), CollectorConfig().threshold_pages);
    collector().set_threshold(7);
    EXPECT_EQ(collector().threshold(), 7u);
}

TEST_F(CollectorTest, the_count_is_of_pages_with_new_candidates_since_the_last_collection) {
    EXPECT_EQ(collector().count(), 0u);
    const Ref<Plain> object = make<Plain>(1);
    EXPECT_EQ(collector().count(), 0u) << "what is made is no candidate";
    for (int i = 0; i < 10; ++i) Ref<Plain>(object).reset();
    EXPECT_EQ(collector().count(), 1u) << "one page, however often it is reported";
    collect();
    EXPECT_EQ(collector().count(), 0u);
}

TEST_F(CollectorTest, nobody_is_collecting_between_calls) {
    EXPECT_FALSE(collector().collecting());
    bool inside = false;
    Probe::on_finalize[1] = [&](Probe&) { inside = collector().collecting(); };
    drop_ring_of_two<Probe>(managed(), 1, 2);
    collect();
    EXPECT_TRUE(inside);
    EXPECT_FALSE(collector().collecting());
}

TEST_F(CollectorTest, verify_finishes_the_pass_under_way_and_finds_nothing_wrong) {
    for (int moment = 0; moment < 120; ++moment) {
        const Ref<Plain> live = make<Plain>(1);
        live->left = live;
        drop_ring_of_two<Plain>(managed(), 0, 0);
        drop_ring_of_two<Probe>(managed(), 1, 2);
        for (int i = 0; i < moment; ++i) collector().step(1);
        ASSERT_TRUE(testing::is_sound(collector())) << moment;
        live->left = nullptr;
        collector().collect();
        ASSERT_EQ(live_objects(), 1u) << moment;
    }
}

/// Looks at the collector's wake-up call while it is a candidate that no pass can ask.
struct AskedTooEarly {
    explicit AskedTooEarly(ManagedHeap& managed) : part(self(this)) {
        part = nullptr;  // one reference of two
        platform::Event& wake = managed.heap().signal().wake();
        called_for_the_drop = wake.wait(0);
        called_again_too_soon = wake.wait(0);
        managed.collector().rehearse();
        called_for_the_rest = wake.wait(0);
    }
    Field<AskedTooEarly> part;
    bool called_for_the_drop = false;
    bool called_again_too_soon = false;
    bool called_for_the_rest = false;
    static constexpr auto ouro_fields = fields<&AskedTooEarly::part>;
};

// The background may have gone to sleep while that pass had the candidates.
TEST_F(CollectorTest, a_call_wakes_the_background_for_what_it_has_put_back) {
    const auto object = managed().make<AskedTooEarly>(managed());
    EXPECT_TRUE(object->called_for_the_drop);
    EXPECT_FALSE(object->called_again_too_soon);
    EXPECT_TRUE(object->called_for_the_rest);
}

TEST_F(CollectorTest, verify_names_damage_that_a_program_did) {
    const Ref<Plain> a = make<Plain>(1);
    Header* header = testing::header_of(a);
    change_word(header, [](WordValue now) { return now.with(WordValue::kHeld); });
    EXPECT_TRUE(static_cast<bool>(collector().verify()));
    change_word(header, [](WordValue now) { return now.without(WordValue::kHeld); });
}

}  // namespace
}  // namespace ouro
