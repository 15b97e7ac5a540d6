// Goal: gathering finds every candidate, exploring follows it as far as the limit, and roots that
// proved alive are put off without being lost. Method: single passes, results and page records.
#include <gtest/gtest.h>

#include <utility>
#include <vector>

#include "tests/support/pass_test.h"

namespace ouro {
namespace {

using testing::Hub;
using testing::Leaf;
using testing::PassTest;
using testing::Plain;

class PassFind : public PassTest {
protected:
    static PassOptions limited(std::uint32_t objects_per_root, bool include_deferred = false) {
        PassOptions options;
        options.objects_per_root = objects_per_root;
        options.include_deferred = include_deferred;
        return options;
    }
    /// A live list; its first element is a candidate.
    Ref<Plain> live_list(int length) {
        Ref<Plain> first;
        for (int i = 0; i < length; ++i) first = make<Plain>(i, std::move(first));
        touch(first);
        return first;
    }
};

TEST_F(PassFind, a_candidate_and_all_it_reaches_are_examined) {
    const Ref<Plain> first = live_list(100);
    EXPECT_EQ(run().examined, 100u);
    EXPECT_FALSE(is_candidate(first.get()));
}

TEST_F(PassFind, objects_that_no_candidate_reaches_are_not_looked_at) {
    std::vector<Ref<Plain>> others;
    for (int i = 0; i < 1000; ++i) others.push_back(make<Plain>(i));
    const Ref<Plain> first = live_list(3);
    EXPECT_EQ(run().examined, 3u);
}

TEST_F(PassFind, leaves_are_not_members) {
    const Ref<Plain> a = make<Plain>(1);
    a->any = make<Leaf>();
    touch(a);
    EXPECT_EQ(run().examined, 1u);
}

TEST_F(PassFind, an_object_reached_twice_is_examined_once) {
    const Ref<Plain> a = make<Plain>(1);
    const Ref<Plain> shared = make<Plain>(2);
    a->left = shared;
    a->right = shared;
    const Ref<Plain> b = make<Plain>(3);
    b->left = shared;
    touch(a);
    touch(b);
    touch(shared);
    EXPECT_EQ(run().examined, 3u);
}

TEST_F(PassFind, candidates_of_all_pages_are_found) {
    std::vector<Ref<Plain>> objects;
    for (int i = 0; i < 5000; ++i) objects.push_back(make<Plain>(i));
    for (const Ref<Plain>& object : objects) touch(object);
    EXPECT_EQ(run().examined, 5000u);
}

TEST_F(PassFind, the_limit_per_root_holds_inside_one_object_in_steps_of_any_length) {
    const Ref<Hub> hub = try_make_variable<Hub>(heap_, {300, 0}).value();
    for (int i = 0; i < 300; ++i) {
        const Ref<Plain> child = make<Plain>(i);
        child->any = hub;
        hub->at(static_cast<std::size_t>(i)) = child;
    }
    const Ref<Plain> child = cast<Plain>(hub->at(7).load());
    run_all();
    touch(child);
    pass_.begin(limited(10));
    while (!pass_.idle()) pass_.step(4096);
    EXPECT_LE(pass_.result().examined, 12u);
    for (std::size_t i = 0; i < 300; ++i) hub->at(i) = nullptr;
}

TEST_F(PassFind, what_is_left_when_the_gathering_is_stopped_stays_a_candidate) {
    std::vector<Ref<Plain>> objects;
    for (int i = 0; i < 5000; ++i) objects.push_back(make<Plain>(i));
    for (const Ref<Plain>& object : objects) touch(object);
    pass_.begin({});
    pass_.step(10);
    pass_.stop_gathering();
    while (!pass_.idle()) pass_.step(100);
    const std::size_t first = pass_.result().examined;
    EXPECT_LT(first, 1000u);
    EXPECT_GE(first, 1u);
    EXPECT_EQ(run_all().examined, 5000u - first) << "all others";
}

TEST_F(PassFind, a_root_that_lives_is_asked_again_only_with_the_deferred) {
    const Ref<Plain> first = live_list(10);
    EXPECT_EQ(run().examined, 10u);
    touch(first);
    EXPECT_EQ(run().examined, 0u);
    EXPECT_TRUE(is_deferred(first.get()));
    EXPECT_TRUE(pass_.has_deferred());
    touch(first);
    EXPECT_FALSE(is_candidate(first.get())) << "on a list already: it need not report itself";
    EXPECT_EQ(run_all().examined, 10u);
    EXPECT_FALSE(pass_.has_deferred());
}

TEST_F(PassFind, a_root_beyond_the_limit_is_deferred_and_let_go) {
    const Ref<Plain> first = live_list(1000);
    const PassResult result = run(limited(16));
    EXPECT_EQ(result.gave_up_roots, 1u);
    EXPECT_LE(result.examined, 20u);
    EXPECT_TRUE(is_deferred(first.get()));
    EXPECT_FALSE(word_of(first.get()).has(WordValue::kClaimed));
}

TEST_F(PassFind, the_limit_grows_until_the_garbage_is_found) {
    Ref<Plain> last = make<Plain>(0);
    Ref<Plain> first = make<Plain>(1, last);
    for (int i = 2; i < 5000; ++i) first = make<Plain>(i, std::move(first));
    last->right = first;
    last.reset();
    first.reset();
    std::size_t collected = 0;
    int passes = 0;
    while (collected == 0 && passes < 10) {
        collected += run(limited(4, true)).collected;
        ++passes;
    }
    EXPECT_EQ(collected, 5000u);
    EXPECT_GE(passes, 4) << "4, 32, 256, 2048, 16384";
}

TEST_F(PassFind, a_given_up_root_does_not_hide_other_garbage) {
    const Ref<Plain> big = live_list(1000);
    for (int i = 0; i < 10; ++i) {
        const Ref<Plain> a = make<Plain>(i);
        link(a, make<Plain>(i));
    }
    const PassResult result = run(limited(16));
    EXPECT_EQ(result.gave_up_roots, 1u);
    EXPECT_EQ(result.collected, 20u);
}

TEST_F(PassFind, garbage_that_hangs_on_a_given_up_root_is_found_later) {
    {
        const Ref<Plain> ring = make<Plain>(0);
        link(ring, make<Plain>(0));
        Ref<Plain> big = live_list(1000);
        ring->right = big;  // the ring reaches more than the limit
    }
    run(limited(16));
    run_all();
    EXPECT_EQ(live_objects(), 0u);
}

TEST_F(PassFind, an_object_under_construction_is_left_alone_and_asked_again) {
    const Ref<Plain> a = make<Plain>(1);
    link(a, make<Plain>(2));
    Header* header = testing::header_of(a);
    header->info.fetch_or(InfoValue::kConstructing, platform::memory_order_relaxed);
    touch(a);
    EXPECT_EQ(run().examined, 1u) << "only the other one, whose handle has gone";
    EXPECT_TRUE(is_candidate(a.get()));
    EXPECT_EQ(refcount(a), 2u);
    header->info.fetch_and(~InfoValue::kConstructing, platform::memory_order_relaxed);
    EXPECT_EQ(run().examined, 2u) << "now also as its referrer";
    a->left = nullptr;
}

TEST_F(PassFind, a_candidate_that_died_meanwhile_is_passed_over) {
    Ref<Plain> a = make<Plain>(1);
    touch(a);
    ASSERT_TRUE(is_candidate(a.get()));
    a.reset();
    EXPECT_EQ(run().examined, 0u);
}

TEST_F(PassFind, a_mark_on_memory_that_was_given_another_shape_does_no_harm) {
    {
        std::vector<Ref<Plain>> objects;
        for (int i = 0; i < 3000; ++i) {
            objects.push_back(make<Plain>(i));
            touch(objects.back());
        }
    }
    const Ref<Hub> hub = try_make_variable<Hub>(heap_, Trailing{700'000, 0}).value();
    EXPECT_EQ(run().examined, 0u);
    EXPECT_EQ(refcount(hub), 1u);
}

TEST_F(PassFind, a_limit_that_has_grown_beyond_all_numbers_is_none) {
    const Ref<Plain> root = make<Plain>();
    root->left = make<Plain>();
    PassOptions options;
    options.objects_per_root = 0x4000'0000;
    options.include_deferred = true;
    for (int round = 0; round < 2; ++round) {
        touch(root);
        EXPECT_EQ(run(options).examined, 2u);
        EXPECT_EQ(pass_.result().gave_up_roots, 0u);
    }
    options.objects_per_root = 1000;
    for (int round = 0; round < 4; ++round) {  // compact: the last level, where there is none
        touch(root);
        EXPECT_EQ(run(options).examined, 2u);
    }
}

// ---- passes that decide before all candidates were asked

class PassInPortions : public PassFind {
protected:
    static PassOptions portion() {
        PassOptions options;
        options.members_max = 1;
        return options;
    }
    /// Garbage on pages of its own, one candidate.
    void drop_large_ring() {
        const Ref<Hub> ring = try_make_variable<Hub>(heap_, Trailing{0, 8000}).value();
        ring->owner = ring;
    }
};

TEST_F(PassInPortions, a_pass_with_enough_members_leaves_the_rest_to_the_next) {
    for (int i = 0; i < 3; ++i) drop_large_ring();
    for (std::size_t live = 3; live > 0; --live) {
        EXPECT_EQ(live_objects(), live);
        EXPECT_EQ(run(portion()).collected, 1u);
        EXPECT_EQ(pass_.has_more(), live > 1);
        EXPECT_EQ(pass_.verify(), nullptr);
    }
}

TEST_F(PassInPortions, what_is_reported_meanwhile_is_not_of_the_same_lot) {
    for (int i = 0; i < 2; ++i) drop_large_ring();
    run(portion());
    drop_large_ring();
    EXPECT_EQ(run(portion()).collected, 1u);
    EXPECT_FALSE(pass_.has_more());
    EXPECT_EQ(run(portion()).collected, 1u);
}

TEST_F(PassInPortions, a_pass_without_limit_takes_what_was_left_and_all_others) {
    for (int i = 0; i < 3; ++i) drop_large_ring();
    run(portion());
    for (int i = 0; i < 3; ++i) drop_large_ring();
    EXPECT_EQ(run().collected, 5u);
    EXPECT_FALSE(pass_.has_more());
}

TEST_F(PassInPortions, a_pass_that_is_called_off_puts_back_what_an_earlier_one_has_left) {
    for (int i = 0; i < 3; ++i) drop_large_ring();
    run(portion());
    pass_.begin(portion());
    pass_.stop_gathering();
    heap_.signal().reset();
    EXPECT_EQ(finish().collected, 0u);
    EXPECT_FALSE(pass_.has_more());
    EXPECT_EQ(heap_.signal().pages(), 2u);
    EXPECT_EQ(run().collected, 2u);
}

TEST_F(PassInPortions, what_was_left_can_be_put_back) {
    for (int i = 0; i < 3; ++i) drop_large_ring();
    run(portion());
    heap_.signal().reset();
    pass_.put_back_taken();
    EXPECT_FALSE(pass_.has_more());
    EXPECT_EQ(heap_.signal().pages(), 2u) << "who waits for candidates learns of them";
    const Violation found = verify(heap_);
    EXPECT_FALSE(found) << found.invariant;
    heap_.candidates().list_again(false);  // as in the child of a fork
    drop_large_ring();
    EXPECT_EQ(run().collected, 3u);
    EXPECT_EQ(pass_.verify(), nullptr);
}

}  // namespace
}  // namespace ouro
