// Goal: a batch runs each due finalizer once, takes members apart within its limit and gives up
// cleanly. Method: batches made by single passes, driven call by call.
#include "gc/batch.h"

#include <gtest/gtest.h>

#include "tests/support/pass_test.h"

namespace ouro {
namespace {

using testing::Destroyed;
using testing::Finalized;
using testing::LeafProbe;
using testing::PassTest;
using testing::Plain;
using testing::Probe;
using testing::run_finalizers;
namespace events = testing::events;

class BatchTest : public PassTest {
protected:
    BatchTest() : batch_(heap_, pass_, lock_) {}
    ~BatchTest() override { Probe::forget_scripts(); }

    void drop_ring(int first, int second) {
        const Ref<Probe> a = make<Probe>(first);
        link(a, make<Probe>(second));
    }
    /// The second validation.
    PassResult validate() {
        pass_.begin_batch(false, false);
        return finish();
    }
    void end() {
        std::uint32_t looks = ~0u;
        while (!batch_.empty()) batch_.take_apart(~0u, looks, false, uncollectable_);
    }

    PassLock lock_;
    Batch batch_;
    std::size_t uncollectable_ = 0;
};

TEST_F(BatchTest, is_empty_until_a_pass_found_garbage_with_user_code) {
    EXPECT_TRUE(batch_.empty());
    run();
    EXPECT_TRUE(batch_.empty());
    drop_ring(1, 2);
    run();
    EXPECT_FALSE(batch_.empty());
    run_finalizers(batch_);
    validate();
    end();
    EXPECT_TRUE(batch_.empty());
}

TEST_F(BatchTest, runs_no_more_finalizers_than_asked_and_none_twice) {
    for (int i = 0; i < 5; ++i) drop_ring(2 * i + 1, 2 * i + 2);
    run();
    for (int done = 3; done < 10; done += 3) {
        EXPECT_FALSE(run_finalizers(batch_, 3));
        EXPECT_EQ(events::count('F'), done);
    }
    EXPECT_TRUE(run_finalizers(batch_, 3));
    EXPECT_TRUE(run_finalizers(batch_, 3));
    for (int id = 1; id <= 10; ++id) EXPECT_EQ(events::count('F', id), 1);
    EXPECT_EQ(events::count('D'), 0);
    validate();
    end();
    EXPECT_EQ(events::count('D'), 10);
}

TEST_F(BatchTest, takes_apart_about_as_many_as_asked) {
    for (int i = 0; i < 50; ++i) {
        const Ref<Destroyed> a = make<Destroyed>(i + 1);
        a->left = a;
    }
    EXPECT_EQ(run().batched, 50u);
    std::size_t ended = 0;
    while (!batch_.empty()) {
        std::uint32_t looks = ~0u;
        const std::size_t now = batch_.take_apart(7, looks, false, uncollectable_);
        EXPECT_LE(now, 7u);
        ended += now;
        EXPECT_EQ(events::count('D'), static_cast<int>(ended));
    }
    EXPECT_EQ(ended, 50u);
}

TEST_F(BatchTest, a_destructor_finds_outer_references_set_and_inner_ones_null) {
    const Ref<Probe> outside = make<Probe>(9);
    drop_ring(1, 2);
    {
        const Ref<Probe> a = make<Probe>(3);
        a->left = a;
        a->right = outside;
    }
    bool inner_null = false;
    bool outer_set = false;
    Probe::on_destroy[3] = [&](Probe& object) {
        inner_null = !object.left.load();
        outer_set = object.right.load() == outside;
    };
    run();
    run_finalizers(batch_);
    validate();
    end();
    EXPECT_TRUE(inner_null);
    EXPECT_TRUE(outer_set);
    EXPECT_EQ(refcount(outside), 1u);
}

TEST_F(BatchTest, a_member_that_a_finalizer_saves_leaves_the_batch_with_all_it_reaches) {
    Ref<Probe> kept;
    drop_ring(1, 2);
    drop_ring(3, 4);
    Probe::on_finalize[1] = [&](Probe& object) { kept = self(&object); };
    EXPECT_EQ(run().batched, 4u);
    run_finalizers(batch_);
    validate();
    end();
    EXPECT_EQ(events::count('D', 1) + events::count('D', 2), 0);
    EXPECT_EQ(events::count('D', 3) + events::count('D', 4), 2);
    EXPECT_EQ(refcount(kept), 2u);
    EXPECT_FALSE(word_of(kept.get()).has(WordValue::kClaimed));
    kept->left = nullptr;
}

TEST_F(BatchTest, a_member_that_dies_by_count_in_a_finalizer_is_ended_once) {
    drop_ring(1, 2);
    Probe::on_finalize[1] = [](Probe& object) { object.left = nullptr; };
    Probe::on_finalize[2] = [](Probe& object) { object.left = nullptr; };
    run();
    run_finalizers(batch_);
    validate();
    end();
    for (const int id : {1, 2}) {
        EXPECT_EQ(events::count('F', id), 1);
        EXPECT_EQ(events::count('D', id), 1);
    }
    EXPECT_EQ(live_objects(), 0u);
    EXPECT_EQ(heap_.statistics().used_bytes, 0u);
}

TEST_F(BatchTest, giving_up_returns_the_members_as_candidates) {
    drop_ring(1, 2);
    run();
    run_finalizers(batch_);
    batch_.give_up();
    EXPECT_TRUE(batch_.empty());
    EXPECT_EQ(live_objects(), 2u);
    const PassResult again = run_all();
    EXPECT_EQ(again.batched, 2u);
    EXPECT_FALSE(pass_.batch_is_alive()) << "their finalizers have run";
    end();
    EXPECT_EQ(events::count('F'), 2);
    EXPECT_EQ(events::count('D'), 2);
}

TEST_F(BatchTest, tails_without_cycle_end_by_count_when_their_holder_is_taken_apart) {
    {
        const Ref<Probe> a = make<Probe>(1);
        a->left = a;
        a->any = make<LeafProbe>(5);
    }
    run();
    run_finalizers(batch_);
    validate();
    end();
    EXPECT_EQ(events::all(), "F1 D1 F5 D5");
}

TEST_F(BatchTest, members_are_left_alone_by_later_passes_until_they_are_ended) {
    drop_ring(1, 2);
    run();
    {
        const Ref<Plain> other = make<Plain>(3);
        other->left = other;
    }
    EXPECT_EQ(run_all().collected, 1u);
    EXPECT_EQ(run_all().examined, 0u);
    run_finalizers(batch_);
    validate();
    end();
    EXPECT_EQ(live_objects(), 0u);
}

TEST_F(BatchTest, a_member_whose_finalizer_ran_is_not_finalized_again) {
    drop_ring(1, 2);
    run();
    bool done = false;
    Header* due = nullptr;
    std::uint32_t looks = 1'000;
    while (due == nullptr && !done) due = batch_.next_due(looks, done);
    ASSERT_NE(due, nullptr);
    batch_.finalize(due);
    batch_.finalize(due);
    EXPECT_EQ(events::count('F'), 1);
    run_finalizers(batch_);
    validate();
    end();
    EXPECT_EQ(events::count('F'), 2);
}

TEST_F(BatchTest, the_end_that_a_call_has_begun_is_finished_by_whoever_goes_on) {
    const Ref<Plain> outside = make<Plain>(9);
    {
        const Ref<Destroyed> a = make<Destroyed>(1);
        a->left = a;
        a->any = outside;
    }
    run();
    while (events::count('D') == 0) {
        std::uint32_t looks = 1;
        EXPECT_EQ(batch_.take_apart(1, looks, false, uncollectable_), 0u);
    }
    EXPECT_FALSE(batch_.empty());
    EXPECT_EQ(refcount(outside), 2u) << "its references have not gone yet";
    EXPECT_EQ(batch_.end_dead(10), 0u);
    EXPECT_EQ(refcount(outside), 1u);
    EXPECT_EQ(live_objects(), 1u);
    end();
    EXPECT_EQ(events::all(), "D1");
}

}  // namespace
}  // namespace ouro
