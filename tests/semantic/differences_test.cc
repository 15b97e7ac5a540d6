// Goal: where Ouro deliberately differs from CPython, it does what docs/semantics.md says, above
// all in the cases of CPython's tests that are about generations. Method: those cases in C++, where
// no script of tests/gcscript shows them, each with what is promised instead.
#include <gtest/gtest.h>

#include <cstddef>
#include <vector>

#include "tests/support/heap_test.h"
#include "tests/support/threads.h"
#include "tools/object_search.h"

namespace ouro::testing {
namespace {

/// Asks for everything to be frozen while it is under construction itself.
struct Freezer {
    explicit Freezer(Collector& collector) {
        collector.freeze();
        frozen = collector.freeze_count();
    }
    Field<Freezer> loop;
    std::size_t frozen = 0;
    static constexpr auto ouro_fields = fields<&Freezer::loop>;
};

class Differences : public HeapTest {
protected:
    ~Differences() override {
        Finalized::forget_scripts();
        LeafProbe::on_finalize = nullptr;
    }

    bool is_listed(const Id& wanted) { return tools::object_by_id(collector(), wanted); }
    Ref<Object> text(const char* letters) { return try_string(heap(), letters).value(); }
};

class DifferencesInBackground : public Differences {
protected:
    void SetUp() override { restart(with_background()); }
};

// ---- generations

// Case 136: there is no count of young objects; the figures are those of the whole heap.
TEST_F(Differences, allocations_are_counted_in_one_place) {
    const Statistics before = heap().statistics();
    std::vector<Ref<Plain>> live;
    for (int i = 0; i < 50; ++i) live.push_back(make<Plain>(i));
    live.resize(30);
    const Statistics after = heap().statistics();
    EXPECT_EQ(after.objects_made - before.objects_made, 50u);
    EXPECT_EQ(after.live_objects - before.live_objects, 30u);
    collect();
    EXPECT_EQ(heap().statistics().objects_made, after.objects_made) << "collect() resets nothing";
}

// Cases 137, 139: each call is one collection of everything, in one row of figures.
TEST_F(Differences, every_collection_is_full) {
    Ref<Plain> old = make<Plain>(1);
    old->left = old;
    collect();
    collect();
    const CollectorStatistics before = collector().statistics();
    EXPECT_EQ(before.collections, 2u);
    old.reset();
    drop_ring_of_two<Plain>(managed(), 2, 3);
    EXPECT_EQ(collect(), 3u) << "the old object and the young ones";
    const CollectorStatistics after = collector().statistics();
    EXPECT_EQ(after.collections, 3u);
    EXPECT_EQ(after.collected - before.collected, 3u);
    EXPECT_EQ(after.uncollectable, 0u);
}

// Case 138: an object does not change its place by surviving.
TEST_F(Differences, survivors_stay_on_the_one_list) {
    const Ref<Plain> object = make<Plain>(1);
    for (int survived = 0; survived <= 3; ++survived) {
        EXPECT_TRUE(is_listed(id(object))) << survived;
        EXPECT_EQ(collect(), 0u);
    }
}

// Case 144: old and young garbage is one set, dead before its first finalizer, and counted.
TEST_F(Differences, an_old_finalizer_finds_garbage_dead) {
    Ref<Finalized> old = make<Finalized>(1);
    collect();
    Ref<WeakReference> weak;
    {
        const Ref<Hub> holder = make_hub(2);
        holder->at(0) = Ref<Object>(holder);
        holder->at(1) = Ref<Object>(old);
        const Ref<Plain> other = make<Plain>(2);
        other->left = other;
        weak = make<WeakReference>(other);
    }
    bool dead = false;
    Finalized::on_finalize[1] = [&](Finalized&) { dead = weak->expired(); };
    old.reset();
    EXPECT_EQ(collect(), 3u) << "CPython's young collection counts 2";
    EXPECT_TRUE(dead);
    EXPECT_EQ(events::all(), "F1");
}

// Case 146: a survivor is not old; the next collection takes it, without a second finalizer.
TEST_F(Differences, a_survivor_goes_the_next_time) {
    static Ref<Finalized> saved;
    Finalized::on_finalize[1] = [](Finalized& object) { saved = self(&object); };
    drop_self_loop<Finalized>(managed(), 1);
    EXPECT_EQ(collect(), 0u);
    ASSERT_TRUE(saved);
    saved.reset();
    EXPECT_EQ(collect(), 1u);
    EXPECT_EQ(events::count('F'), 1);
}

// Case 147: what is made and kept is no reason for a collection, however much it is.
TEST_F(DifferencesInBackground, live_objects_begin_no_collection) {
    std::vector<Ref<Plain>> live;
    live.reserve(20'000);
    for (int i = 0; i < 20'000; ++i) live.push_back(make<Plain>(i));
    EXPECT_EQ(collector().statistics().automatic, 0u);
    EXPECT_EQ(collector().statistics().passes, 0u);
    drop_ring_of_two<Plain>(managed(), 1, 2);
    EXPECT_TRUE(wait_until([&] { return live_objects() == live.size(); }));
}

// ---- others

// Case 14: an object that no collector lists remembers as well that its finalizer ran.
TEST_F(Differences, a_leaf_is_finalized_once) {
    static Ref<LeafProbe> saved;
    LeafProbe::on_finalize = [](LeafProbe& object) { saved = self(&object); };
    make<LeafProbe>(1);
    ASSERT_TRUE(saved);
    EXPECT_EQ(events::all(), "F1");
    saved.reset();
    EXPECT_EQ(events::all(), "F1 D1");
}

TEST_F(Differences, a_text_is_shared_only_when_it_is_interned) {
    for (const char* letters : {"", "a", "hello"}) {
        const Ref<Object> one = text(letters);
        const Ref<Object> two = text(letters);
        EXPECT_NE(id(one), id(two)) << "CPython shares the empty text and single letters";
        EXPECT_EQ(id(try_intern(heap(), letters).value()), id(try_intern(heap(), letters).value()));
    }
}

TEST_F(Differences, short_memory_ends_rings_while_disabled) {
    collector().disable();
    Ref<WeakReference> weak;
    {
        const Ref<Plain> ring = make<Plain>(1);
        ring->left = ring;
        weak = make<WeakReference>(ring);
    }
    while (heap().statistics().emergency_collections == 0) {
        drop_self_loop<Plain>(managed(), 2);
    }
    EXPECT_TRUE(weak->expired());
    EXPECT_EQ(collector().statistics().collections, 0u);
}

TEST_F(Differences, freeze_leaves_the_unfinished_out) {
    const Ref<Freezer> object = make<Freezer>(collector());
    EXPECT_EQ(object->frozen, 0u);
    EXPECT_TRUE(is_listed(id(object)));
}

}  // namespace
}  // namespace ouro::testing
