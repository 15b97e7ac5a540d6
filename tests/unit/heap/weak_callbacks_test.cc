// Goal: callbacks that may not run where their target ends wait, in order, and run once.
#include <gtest/gtest.h>

#include "heap/query.h"
#include "heap/weak_reference.h"
#include "tests/support/heap_test.h"

namespace ouro {
namespace {

using testing::HeapTest;
using testing::Plain;

class WeakCallbacksTest : public HeapTest {
protected:
    WeakCallbacksTest() { called_ = 0; }
    static void count(WeakReference&) { ++called_; }
    static inline int called_;
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

TEST_F(WeakCallbacksTest, run_with_the_next_collection) {
    const Ref<Plain> target = make<Plain>(1);
    const Ref<WeakReference> weak = make<WeakReference>(target, &count);
    heap().cut_weak_references(target.get(), false);
    collect();
    EXPECT_EQ(called_, 1);
}

}  // namespace
}  // namespace ouro
