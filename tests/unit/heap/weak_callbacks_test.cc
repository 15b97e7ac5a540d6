// Goal: callbacks that may not run where their target ends wait, in order, and run once.
#include <gtest/gtest.h>

#include "heap/query.h"
#include "heap/weak_reference.h"
#include "tests/support/heap_test.h"
#include "tests/support/region.h"

namespace ouro {
namespace {

using testing::HeapTest;
using testing::Plain;

class WeakCallbacksTest : public HeapTest {
protected:
    WeakCallbacksTest() { called_ = 0; }
    static void count(WeakReference&) { ++called_; }
    static inline int called_;
    static inline Ref<WeakReference> kept_;
};

TEST_F(WeakCallbacksTest, wait_until_they_are_run_and_hold_their_references_meanwhile) {
    const Ref<Plain> target = make<Plain>(1);
    Ref<WeakReference> first = make<WeakReference>(target, &count);
    Ref<WeakReference> second = make<WeakReference>(target, &count);
    heap().cut_weak_references(target.get(), false);
    EXPECT_EQ(called_, 0);
    EXPECT_TRUE(heap().has_postponed());
    EXPECT_EQ(refcount(first), 1u) << "the heap's own reference is not shown";
    first.reset();
    std::size_t ended = 0;
    EXPECT_EQ(heap().run_waiting_callbacks(1, ended), 1u);
    EXPECT_EQ(called_, 1);
    EXPECT_EQ(heap().run_waiting_callbacks(5, ended), 1u);
    EXPECT_EQ(called_, 2);
    EXPECT_EQ(heap().run_waiting_callbacks(5, ended), 0u);
    EXPECT_EQ(ended, 1u) << "the first had nothing but its turn";
    EXPECT_FALSE(heap().has_postponed());
    EXPECT_EQ(live_objects(), 2u) << "the target and the second weak reference";
}

// Held by the heap, at rest, until their turn.
TEST_F(WeakCallbacksTest, that_wait_are_sound_also_those_of_another_heap) {
    testing::Region region(testing::kMiB);
    ManagedHeap other(region.span(), testing::manual());
    const Ref<Plain> target = make<Plain>(1);
    const Ref<WeakReference> own = make<WeakReference>(target, &count);
    EXPECT_TRUE(testing::is_sound(collector()));
    heap().cut_weak_references(target.get(), false);
    EXPECT_TRUE(testing::is_sound(collector()));
    const Ref<Plain> another = make<Plain>(2);
    const Ref<WeakReference> foreign = other.make<WeakReference>(another, &count);
    heap().cut_weak_references(another.get(), false);
    EXPECT_TRUE(testing::is_sound(collector()));
    EXPECT_TRUE(testing::is_sound(other.collector()));
    collect();
    EXPECT_EQ(called_, 2);
}

TEST_F(WeakCallbacksTest, run_with_the_next_collection) {
    const Ref<Plain> target = make<Plain>(1);
    const Ref<WeakReference> weak = make<WeakReference>(target, &count);
    heap().cut_weak_references(target.get(), false);
    collect();
    EXPECT_EQ(called_, 1);
}

// Of another heap, in which types have other numbers.
TEST_F(WeakCallbacksTest, of_a_weak_reference_in_another_heap_run_and_end_it_there) {
    testing::Region region(testing::kMiB);
    ManagedHeap other(region.span(), testing::manual());
    other.make<testing::Probe>(9).reset();
    make<testing::Leaf>().reset();
    for (const bool by_collector : {false, true}) {
        Ref<Plain> target = make<Plain>(1);
        if (by_collector) target->left = target;
        static Ref<WeakReference> weak;  // dropped by its own callback
        weak = other.make<WeakReference>(target, [](WeakReference&) {
            ++called_;
            weak.reset();
        });
        target.reset();
        collect();
        EXPECT_EQ(called_, by_collector ? 2 : 1);
        EXPECT_EQ(other.statistics().live_objects, 0u);
        EXPECT_EQ(live_objects(), 0u);
    }
}

// The target goes at every moment of the pass that finds the weak reference garbage.
TEST_F(WeakCallbacksTest, of_garbage_in_another_heap_go_by_that_heaps_decision) {
    for (int steps = 0, more = 1; more != 0; ++steps) {
        testing::Region region(testing::kMiB);
        ManagedHeap other(region.span(), testing::manual());
        Ref<Plain> target = make<Plain>(1);
        {
            const Ref<Plain> ring = other.make<Plain>(2);
            ring->left = ring;
            ring->any = other.make<WeakReference>(target, [](WeakReference& weak) {
                ++called_;
                kept_ = self(&weak);
            });
        }
        for (int i = 0; i < steps; ++i) more = other.collector().step(1) ? 1 : 0;
        target.reset();
        other.collect();
        EXPECT_EQ(other.statistics().live_objects, kept_ ? 1u : 0u) << "after steps: " << steps;
        EXPECT_FALSE(other.collector().verify()) << steps;
        kept_.reset();
        EXPECT_EQ(other.statistics().live_objects, 0u) << steps;
        EXPECT_EQ(live_objects(), 0u) << steps;
        ASSERT_LT(steps, 10000);
    }
}

}  // namespace
}  // namespace ouro
