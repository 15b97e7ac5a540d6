// Goal: garbage without user code ends in the pass, its references out go by count, weak references
// are cut; garbage with user code becomes the batch, whole. Method: single passes on small graphs.
#include <gtest/gtest.h>

#include <utility>

#include "gc/batch.h"
#include "heap/weak.h"
#include "tests/support/pass_test.h"

namespace ouro {
namespace {

using testing::Destroyed;
using testing::Finalized;
using testing::Leaf;
using testing::LeafProbe;
using testing::PassTest;
using testing::Plain;
namespace events = testing::events;

class PassDispose : public PassTest {
protected:
    /// Ends what the pass left as the batch, without a second validation.
    void end_batch() {
        PassLock lock;
        Batch batch(heap_, pass_, lock);
        std::size_t uncollectable = 0;
        std::uint32_t looks = ~0u;
        while (!batch.empty()) batch.take_apart(~0u, looks, false, uncollectable);
        EXPECT_EQ(uncollectable, 0u);
    }
};

TEST_F(PassDispose, plain_garbage_is_gone_after_the_pass) {
    {
        const Ref<Plain> a = make<Plain>(1);
        link(a, make<Plain>(2));
        a->any = make<Leaf>();
    }
    const PassResult result = run();
    EXPECT_EQ(result.collected, 2u);
    EXPECT_EQ(result.batched, 0u);
    EXPECT_EQ(live_objects(), 0u);
    EXPECT_EQ(heap_.statistics().used_bytes, 0u);
}

TEST_F(PassDispose, weak_references_to_garbage_are_dead_after_the_pass) {
    Weak<Plain> weak;
    {
        const Ref<Plain> a = make<Plain>(1);
        a->left = a;
        weak = a;
    }
    EXPECT_FALSE(weak.expired());
    EXPECT_EQ(run_all().collected, 1u);
    EXPECT_TRUE(weak.expired());
    const Ref<Plain> b = make<Plain>(2);
    EXPECT_TRUE(weak.expired()) << "also when the cell is reused";
}

TEST_F(PassDispose, a_chain_behind_the_garbage_ends_with_it) {
    {
        Ref<Plain> chain;
        for (int i = 0; i < 1000; ++i) chain = make<Plain>(i, std::move(chain));
        const Ref<Plain> a = make<Plain>(1);
        a->left = a;
        a->right = std::move(chain);
    }
    EXPECT_EQ(run().collected, 1001u);
    EXPECT_EQ(live_objects(), 0u);
}

TEST_F(PassDispose, a_destructor_makes_a_batch_that_is_dead_already) {
    Weak<Destroyed> weak;
    {
        const Ref<Destroyed> a = make<Destroyed>(1);
        link(a, make<Destroyed>(2));
        weak = a;
    }
    (void)weak;
    const PassResult result = run_all();
    EXPECT_EQ(result.collected, 0u);
    EXPECT_EQ(result.batched, 2u);
    EXPECT_FALSE(pass_.batch_is_alive());
    EXPECT_TRUE(weak.expired());
    EXPECT_EQ(events::all(), "") << "user code is not run by the pass";
    end_batch();
    EXPECT_EQ(events::count('D'), 2);
    EXPECT_EQ(live_objects(), 0u);
}

TEST_F(PassDispose, a_finalizer_makes_a_batch_that_lives_until_it_is_validated_again) {
    Weak<Finalized> weak;
    Id first;
    {
        const Ref<Finalized> a = make<Finalized>(1);
        link(a, make<Finalized>(2));
        weak = a;
        first = id(a);
    }
    const PassResult result = run_all();
    EXPECT_EQ(result.batched, 2u);
    EXPECT_TRUE(pass_.batch_is_alive());
    EXPECT_TRUE(weak.expired()) << "cut when the pass commits";
    EXPECT_TRUE(is_alive(first)) << "its finalizer is still to run";
    EXPECT_EQ(refcount(first).value(), 1u);
    PassLock lock;
    Batch batch(heap_, pass_, lock);
    EXPECT_TRUE(testing::run_finalizers(batch));
    EXPECT_EQ(events::count('F'), 2);
    pass_.begin_batch(false, false);
    EXPECT_FALSE(finish().aborted);
    EXPECT_FALSE(is_alive(first));
    end_batch();
    EXPECT_EQ(live_objects(), 0u);
}

TEST_F(PassDispose, without_user_code_means_that_such_garbage_stays_a_candidate) {
    {
        const Ref<Plain> plain = make<Plain>(1);
        plain->left = plain;
        const Ref<Finalized> with = make<Finalized>(2);
        with->left = with;
        const Ref<Destroyed> also = make<Destroyed>(3);
        also->left = also;
    }
    PassOptions options;
    options.exclude_user_code = true;
    const PassResult result = run(options);
    EXPECT_EQ(result.collected, 1u);
    EXPECT_EQ(result.batched, 0u);
    EXPECT_EQ(live_objects(), 2u);
    EXPECT_EQ(run_all().batched, 2u);
    PassLock lock;
    Batch batch(heap_, pass_, lock);
    testing::run_finalizers(batch);
    pass_.begin_batch(false, false);
    finish();
    end_batch();
    EXPECT_EQ(events::all().size(), 5u);
    EXPECT_EQ(live_objects(), 0u);
}

TEST_F(PassDispose, without_user_code_no_tail_with_user_code_is_ended_either) {
    {
        const Ref<Plain> plain = make<Plain>(1);
        plain->left = plain;
        plain->any = make<LeafProbe>(5);
    }
    PassOptions options;
    options.exclude_user_code = true;
    EXPECT_EQ(run(options).collected, 1u);
    EXPECT_EQ(events::all(), "") << "no user code on the context that needs memory";
    EXPECT_TRUE(heap_.has_postponed());
    run_all();
    void* leaf = pass_.take_postponed();
    ASSERT_NE(leaf, nullptr);
    heap_.settle_postponed(leaf, 0);
    EXPECT_EQ(events::all(), "F5 D5");
}

}  // namespace
}  // namespace ouro
