// Goal: claiming is the first reading: it clears the mark, aligns the version, pins the memory, and
// unclaiming takes back exactly that. Method: words and records in the middle and after a pass.
#include <gtest/gtest.h>

#include <utility>

#include "tests/support/pass_test.h"

namespace ouro {
namespace {

using testing::Destroyed;
using testing::PassTest;
using testing::Plain;

class PassClaim : public PassTest {
protected:
    /// Steps until the object is claimed; false when the pass ends before.
    bool step_until_claimed(const void* object) {
        while (!pass_.idle() && !word_of(object).has(WordValue::kClaimed)) pass_.step(1);
        return !pass_.idle();
    }
};

TEST_F(PassClaim, a_claimed_word_is_unchanged_and_unmarked) {
    const Ref<Plain> a = make<Plain>(1);
    touch(a);
    const WordValue before = word_of(a.get());
    pass_.begin({});
    ASSERT_TRUE(step_until_claimed(a.get()));
    const WordValue word = word_of(a.get());
    EXPECT_TRUE(word.unchanged());
    EXPECT_TRUE(word.has(WordValue::kClaimed));
    EXPECT_EQ(word.count(), before.count());
    EXPECT_FALSE(is_candidate(a.get()));
    finish();
}

TEST_F(PassClaim, after_the_pass_a_live_object_carries_no_trace) {
    const Ref<Plain> a = make<Plain>(1);
    a->left = make<Plain>(2);
    touch(a);
    run();
    for (const Ref<Plain>& object : {a, a->left.load()}) {
        const WordValue word = word_of(object.get());
        EXPECT_FALSE(word.has(WordValue::kClaimed));
        EXPECT_FALSE(word.has(WordValue::kClean));
        EXPECT_FALSE(word.has(WordValue::kCondemned));
        EXPECT_FALSE(word.marked());
    }
}

TEST_F(PassClaim, a_decrement_during_the_pass_makes_a_new_candidate) {
    const Ref<Plain> a = make<Plain>(1);
    touch(a);
    pass_.begin({});
    ASSERT_TRUE(step_until_claimed(a.get()));
    touch(a);
    EXPECT_TRUE(is_candidate(a.get()));
    EXPECT_FALSE(word_of(a.get()).unchanged());
    finish();
    EXPECT_TRUE(is_candidate(a.get())) << "asked again";
}

// G1: who ends a claimed object leaves its memory to the pass.
TEST_F(PassClaim, the_memory_of_a_member_that_dies_is_kept_to_the_end_of_the_pass) {
    Ref<Destroyed> a = make<Destroyed>(1);
    const Destroyed* address = a.get();
    touch(a);
    pass_.begin({});
    ASSERT_TRUE(step_until_claimed(address));
    a.reset();
    EXPECT_EQ(testing::events::all(), "D1") << "the end itself does not wait";
    EXPECT_EQ(live_objects(), 0u);
    const Ref<Destroyed> b = make<Destroyed>(2);
    EXPECT_NE(b.get(), address) << "the cell is not reused while it is claimed";
    finish();
    const Ref<Destroyed> c = make<Destroyed>(3);
    EXPECT_EQ(c.get(), address);
}

TEST_F(PassClaim, members_that_die_in_every_phase_are_freed_once) {
    for (int moment = 0;; ++moment) {
        Ref<Plain> a = make<Plain>(1);
        a->left = make<Plain>(2);
        a->left->left = make<Plain>(3);
        touch(a);
        pass_.begin({});
        for (int i = 0; i < moment && !pass_.idle(); ++i) pass_.step(1);
        const bool over = pass_.idle();
        a.reset();
        finish();
        ASSERT_EQ(live_objects(), 0u) << moment;
        ASSERT_EQ(heap_.statistics().used_bytes, 0u) << moment;
        if (over) break;
    }
}

}  // namespace
}  // namespace ouro
