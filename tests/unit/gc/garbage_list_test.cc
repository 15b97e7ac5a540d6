// Goal: freeze, the garbage list, legacy finalizers, settle and rehearse do what Python's gc does.
// Method: small garbage, the collector called by hand unless it is about its thread.
#include <gtest/gtest.h>

#include <set>

#include "heap/query.h"
#include "heap/weak_reference.h"
#include "tests/support/heap_test.h"
#include "tests/support/region.h"

namespace ouro {
namespace {

using testing::drop_ring_of_two;
using testing::drop_self_loop;
using testing::Finalized;
using testing::HeapTest;
using testing::Plain;
using testing::Probe;
namespace events = testing::events;

class GarbageListTest : public HeapTest {
protected:
    GarbageListTest() = default;
    explicit GarbageListTest(const ManagedHeapConfig& config) : HeapTest(kBytes, config) {}

    std::size_t garbage_size() {
        std::size_t size = 0;
        collector().garbage(
            [](void* count, const Ref<Object>&) { ++*static_cast<std::size_t*>(count); }, &size);
        return size;
    }
    Ref<Object> any_garbage() {
        Ref<Object> found;
        collector().garbage(
            [](void* out, const Ref<Object>& object) { *static_cast<Ref<Object>*>(out) = object; },
            &found);
        return found;
    }
};

TEST_F(GarbageListTest, frozen_objects_are_roots_unlisted_and_die_by_count_only) {
    const Ref<Plain> kept = make<Plain>(1);
    kept->left = make<Plain>(2);
    drop_self_loop<Plain>(managed(), 3);
    collector().freeze();
    EXPECT_EQ(collector().freeze_count(), 3u);
    EXPECT_EQ(collect(), 0u);
    drop_self_loop<Plain>(managed(), 4);
    EXPECT_EQ(collect(), 1u) << "new objects are not frozen";
    kept->left = nullptr;
    EXPECT_EQ(collector().freeze_count(), 2u) << "one has died by count";
    collector().unfreeze();
    EXPECT_EQ(collector().freeze_count(), 0u);
    EXPECT_EQ(collect(), 1u);
}

TEST_F(GarbageListTest, save_all_keeps_what_would_go_after_its_finalizers) {
    collector().set_save_all(true);
    drop_ring_of_two<Probe>(managed(), 1, 2);
    EXPECT_EQ(collect(), 2u);
    EXPECT_EQ(events::count('F'), 2);
    EXPECT_EQ(events::count('D'), 0);
    EXPECT_EQ(garbage_size(), 2u);
    EXPECT_EQ(collect(), 0u) << "the list is a root";
    {
        const Ref<Object> one = any_garbage();
        EXPECT_EQ(refcount(one), 3u) << "the handle, the ring and the list";
        EXPECT_TRUE(collector().take_garbage(one));
        EXPECT_FALSE(collector().take_garbage(one));
        EXPECT_EQ(refcount(one), 2u);
    }
    collector().set_save_all(false);
    EXPECT_EQ(collect(), 0u) << "the other one is still on the list";
    collector().clear_garbage();
    EXPECT_EQ(live_objects(), 2u) << "a ring";
    EXPECT_EQ(collect(), 2u);
    EXPECT_EQ(events::count('F'), 2) << "not again";
    EXPECT_EQ(events::count('D'), 2);
}

TEST_F(GarbageListTest, save_all_keeps_plain_garbage_whole) {
    collector().set_save_all(true);
    drop_ring_of_two<Plain>(managed(), 1, 2);
    EXPECT_EQ(collect(), 2u);
    {
        const Ref<Plain> one = cast<Plain>(any_garbage());
        EXPECT_EQ(one->left->left.load(), one);
    }
    collector().set_save_all(false);
    collector().clear_garbage();
    EXPECT_EQ(collect(), 2u);
}

class LegacyTest : public GarbageListTest {
protected:
    LegacyTest()
        : GarbageListTest(testing::changed(testing::manual(),
                                           [](auto& c) { c.heap.legacy_finalizers = true; })) {}
    ~LegacyTest() override { Finalized::forget_scripts(); }
};

TEST_F(LegacyTest, a_ring_with_a_finalizer_is_uncollectable_and_listed) {
    {
        const Ref<Finalized> a = make<Finalized>(1);
        const Ref<Plain> b = make<Plain>(2);
        a->any = b;
        b->any = a;
    }
    const CollectResult result = collector().collect();
    EXPECT_EQ(result.unreachable, 2u);
    EXPECT_EQ(result.uncollectable, 2u);
    EXPECT_EQ(events::all(), "");
    EXPECT_EQ(garbage_size(), 1u) << "only what has the finalizer";
    EXPECT_EQ(collect(), 0u) << "the list is a root";
    collector().clear_garbage();
    EXPECT_EQ(collector().collect().uncollectable, 2u) << "found again";
    cast<Finalized>(any_garbage())->any = nullptr;
    collector().clear_garbage();
    EXPECT_EQ(events::all(), "F1");
    EXPECT_EQ(live_objects(), 0u);
}

TEST_F(LegacyTest, what_is_uncollectable_stays_for_good) {
    {
        const Ref<Finalized> a = make<Finalized>(1);
        const Ref<Finalized> b = make<Finalized>(2);
        a->any = b;
        b->any = a;
    }
    for (int i = 0; i < 3; ++i) EXPECT_EQ(collector().collect().uncollectable, i == 0 ? 2u : 0u);
    const ShutdownReport report = managed().shut_down();
    EXPECT_EQ(report.live_objects, 2u);
    EXPECT_EQ(report.finalized, 2u);
    EXPECT_EQ(events::count('F'), 2) << "at the end of all, each once";
    EXPECT_EQ(events::count('F', 1), 1);
    expect_leaks(2);
}

TEST_F(LegacyTest, the_end_of_a_heap_reports_what_is_uncollectable) {
    drop_ring_of_two<Finalized>(managed(), 1, 2);
    EXPECT_EQ(managed().shut_down().uncollectable, 2u);
    expect_leaks(2);
}

TEST_F(LegacyTest, what_only_hangs_from_a_ring_dies_by_count_and_is_not_listed) {
    {
        const Ref<Plain> a = make<Plain>(1);
        a->left = a;
        a->any = make<Finalized>(2);
    }
    const CollectResult result = collector().collect();
    EXPECT_EQ(result.unreachable, 1u);
    EXPECT_EQ(result.uncollectable, 0u);
    EXPECT_EQ(events::all(), "F2");
    EXPECT_EQ(garbage_size(), 0u);
}

TEST_F(LegacyTest, a_tail_that_saves_itself_is_alive_and_neither_counted_nor_listed) {
    static Ref<Finalized> saved;
    Finalized::on_finalize[2] = [](Finalized& object) { saved = self(&object); };
    {
        const Ref<Plain> a = make<Plain>(1);
        a->left = a;
        const Ref<Finalized> tail = make<Finalized>(2);
        a->any = tail;
        tail->any = make<Finalized>(3);
    }
    const CollectResult result = collector().collect();
    EXPECT_EQ(result.unreachable, 2u);
    EXPECT_EQ(result.uncollectable, 1u) << "what the tail refers to was set aside and lives";
    EXPECT_EQ(garbage_size(), 1u);
    EXPECT_EQ(refcount(saved), 1u);
    EXPECT_FALSE(static_cast<bool>(collector().verify()));
    collector().clear_garbage();
    saved->any = saved;  // a ring of its own now; what it referred to has ended
    saved.reset();
    EXPECT_EQ(events::all(), "F2 F3");
    EXPECT_EQ(collector().collect().uncollectable, 1u) << "it is a candidate like any other";
    Finalized::on_finalize.clear();
    cast<Finalized>(any_garbage())->any = nullptr;
    collector().clear_garbage();
    EXPECT_EQ(live_objects(), 0u);
}

TEST_F(LegacyTest, a_weak_reference_that_was_set_aside_and_has_called_back_is_not_counted) {
    static int called;
    called = 0;
    {
        const Ref<Finalized> kept = make<Finalized>(1);
        const Ref<Plain> garbage = make<Plain>(2);
        garbage->left = garbage;
        kept->left = kept;
        kept->any = make<WeakReference>(garbage, [](WeakReference&) { ++called; });
    }
    const CollectResult result = collector().collect();
    EXPECT_EQ(called, 1);
    EXPECT_EQ(result.unreachable, 2u);
    EXPECT_EQ(result.uncollectable, 1u);
    EXPECT_FALSE(static_cast<bool>(collector().verify()));
    cast<Finalized>(any_garbage())->left = nullptr;
    collector().clear_garbage();
    EXPECT_EQ(live_objects(), 0u);
}

TEST_F(LegacyTest, finalizers_run_at_every_death_and_weak_references_die_before) {
    static Ref<Finalized> saved;
    static Weak<Finalized> weak;
    static bool expired_in_finalizer;
    Finalized::on_finalize[1] = [](Finalized& object) {
        expired_in_finalizer = weak.expired();
        if (events::count('F', 1) == 1) saved = self(&object);
    };
    Ref<Finalized> object = make<Finalized>(1);
    weak = object;
    object.reset();
    EXPECT_TRUE(expired_in_finalizer);
    EXPECT_EQ(refcount(saved), 1u);
    saved.reset();
    EXPECT_EQ(events::all(), "F1 F1");
    EXPECT_EQ(live_objects(), 0u);
    weak.reset();
}

TEST_F(GarbageListTest, a_rehearsal_reclaims_nothing_and_changes_nothing) {
    const Ref<Plain> kept = make<Plain>(5);
    kept->left = kept;
    drop_ring_of_two<Probe>(managed(), 1, 2);
    drop_self_loop<Plain>(managed(), 3);
    for (int i = 0; i < 3; ++i) collector().rehearse();
    EXPECT_EQ(live_objects(), 4u);
    EXPECT_EQ(events::all(), "");
    EXPECT_EQ(refcount(kept), 2u);
    EXPECT_EQ(collect(), 3u);
    kept->left = nullptr;
}

/// Its finalizer makes a garbage ring with a new object, then has a pass ask the candidates.
struct Resurrecter {
    Field<Resurrecter> self_or_new;
    Collector* collector;
    Heap* heap;
    void finalize() {
        if (collector == nullptr) return;  // the new object's
        Ref<Resurrecter> made = ouro::make<Resurrecter>(*heap);
        made->self_or_new = self(this);
        self(this)->self_or_new = std::move(made);
        collector->rehearse();
    }
};

TEST_F(GarbageListTest, a_rehearsal_among_finalizers_does_not_hide_what_they_resurrect) {
    {
        const Ref<Resurrecter> first = make<Resurrecter>();
        first->collector = &collector();
        first->heap = &managed().heap();
        first->self_or_new = first;
    }
    EXPECT_EQ(collect(), 0u) << "resurrected by the new object, which nothing else refers to";
    EXPECT_EQ(live_objects(), 2u);
    collector().rehearse();
    EXPECT_EQ(collect(), 2u);
    EXPECT_EQ(live_objects(), 0u);
}

TEST_F(GarbageListTest, a_frozen_object_that_its_finalizer_resurrects_is_frozen_no_more) {
    Ref<Probe> kept;
    Probe::on_finalize[1] = [&](Probe& object) {
        EXPECT_EQ(collector().freeze_count(), 1u) << "the other one";
        kept = self(&object);
    };
    Ref<Probe> object = make<Probe>(1);
    const Ref<Probe> other = make<Probe>(2);
    collector().freeze();
    EXPECT_EQ(collector().freeze_count(), 2u);
    object.reset();
    ASSERT_TRUE(kept);
    EXPECT_EQ(collector().freeze_count(), 1u);
    Probe::forget_scripts();
}

TEST_F(GarbageListTest, a_member_may_die_by_count_before_it_is_listed) {
    for (int steps = 0; steps < 40; ++steps) {
        collector().set_save_all(true);
        drop_ring_of_two<Plain>(managed(), 1, 2);
        for (int i = 0; i < steps; ++i) collector().step(1);
        collector().garbage(
            [](void*, const Ref<Object>& object) { cast<Plain>(object)->left = nullptr; }, nullptr);
        collector().collect();
        EXPECT_TRUE(testing::is_sound(collector())) << steps;
        collector().clear_garbage();
        collector().set_save_all(false);
        collector().collect();
        EXPECT_EQ(live_objects(), 0u) << steps;
    }
}

class SettleTest : public GarbageListTest {
protected:
    SettleTest() : GarbageListTest(testing::with_background()) {}
    void TearDown() override {
        collector().stop();
        GarbageListTest::TearDown();
    }
};

TEST_F(SettleTest, returns_after_an_automatic_collection_of_everything) {
    for (int round = 0; round < 20; ++round) {
        drop_ring_of_two<Plain>(managed(), 1, 2);
        ASSERT_TRUE(collector().settle());
        ASSERT_EQ(live_objects(), 0u);
    }
}

TEST_F(SettleTest, has_nothing_to_wait_for_when_nothing_is_automatic) {
    collector().disable();
    EXPECT_FALSE(collector().settle());
    collector().enable();
    collector().set_threshold(0);
    EXPECT_FALSE(collector().settle());
    EXPECT_TRUE(collector().is_enabled());
    collector().stop();
    collector().set_threshold(1);
    EXPECT_FALSE(collector().settle());
}

TEST_F(GarbageListTest, what_was_never_on_it_cannot_be_taken) {
    EXPECT_FALSE(collector().take_garbage(none()));
    EXPECT_FALSE(collector().take_garbage({}));
}

TEST_F(GarbageListTest, what_cannot_be_in_a_cycle_is_not_set_aside) {
    const Ref<testing::Leaf> leaf = make<testing::Leaf>();
    const Ref<Plain> plain = make<Plain>(1);
    collector().freeze();
    EXPECT_EQ(collector().freeze_count(), 1u);
    EXPECT_FALSE(ouro::header_of(leaf.get())->load_info().frozen());
    collector().unfreeze();
    EXPECT_EQ(collector().freeze_count(), 0u);
}

TEST_F(GarbageListTest, an_object_of_another_heap_is_not_on_it) {
    testing::Region region(testing::kMiB);
    ManagedHeap other(region.span(), testing::manual());
    const Ref<Object> object = other.make<Plain>(1);
    EXPECT_FALSE(collector().take_garbage(object));
}

TEST_F(GarbageListTest, settle_inside_user_code_does_not_wait) {
    bool settled = true;
    Probe::on_finalize[1] = [&](Probe&) { settled = collector().settle(); };
    testing::drop_self_loop<Probe>(managed(), 1);
    collect();
    EXPECT_FALSE(settled);
    Probe::forget_scripts();
}

TEST_F(LegacyTest, with_save_all_the_whole_ring_is_listed) {
    {
        const Ref<Finalized> a = make<Finalized>(1);
        const Ref<Plain> b = make<Plain>(2);
        a->any = b;
        b->any = a;
    }
    collector().set_save_all(true);
    EXPECT_EQ(collector().collect().uncollectable, 2u);
    EXPECT_EQ(garbage_size(), 2u);
    EXPECT_EQ(events::all(), "");
    collector().set_save_all(false);
    collector().garbage(
        [](void*, const Ref<Object>& object) {
            if (const Ref<Finalized> a = cast<Finalized>(object)) a->any = nullptr;
        },
        nullptr);
    collector().clear_garbage();
    EXPECT_EQ(events::all(), "F1");
    EXPECT_EQ(live_objects(), 0u);
}

}  // namespace
}  // namespace ouro
