// Goal: a release that is put off is counted, shown by no query, found by a pass, and settled once,
// however often it changes hands. Method: the heap without collector; the test is the pass owner.
#include <gtest/gtest.h>

#include "heap/query.h"
#include "heap/reference_count.h"
#include "tests/support/heap_test.h"
#include "tests/support/pass_test.h"

namespace ouro {
namespace {

using testing::PassTest;
using testing::Plain;
using testing::Probe;
namespace events = testing::events;

class PostponedTest : public PassTest {
protected:
    std::size_t postponed() { return Counters::get(heap_.counters().postponed); }
    /// One more counted reference to the object, put off at once.
    template <class T>
    void postpone_one(const Ref<T>& object) {
        detail::retain(object.get());
        heap_.postpone_release(object.get());
    }
    /// What a pass finds among the candidates; null when nothing is put off.
    void* find() {
        PassOptions options;
        options.only_postponed = true;
        options.include_deferred = true;
        run(options);
        return pass_.take_postponed();
    }
    void settle_all() {
        for (void* object = find(); object != nullptr; object = find())
            heap_.settle_postponed(object, 0);
        EXPECT_EQ(postponed(), 0u);
    }
};

TEST_F(PostponedTest, a_release_that_is_put_off_shows_in_no_query) {
    const Ref<Probe> object = make<Probe>(1);
    postpone_one(object);
    EXPECT_EQ(refcount(object), 1u);
    EXPECT_TRUE(heap_.has_postponed());
    settle_all();
    EXPECT_EQ(refcount(object), 1u);
    EXPECT_EQ(events::all(), "");
}

TEST_F(PostponedTest, the_last_reference_ends_the_object_where_it_is_settled) {
    heap_.postpone_release(reinterpret_cast<void*>(make<Probe>(1).detach()));
    EXPECT_EQ(events::all(), "");
    EXPECT_EQ(live_objects(), 1u);
    settle_all();
    EXPECT_EQ(events::all(), "F1 D1");
    EXPECT_EQ(live_objects(), 0u);
}

TEST_F(PostponedTest, a_second_one_is_not_the_last_and_goes_at_once) {
    const Ref<Probe> object = make<Probe>(1);
    postpone_one(object);
    postpone_one(object);
    EXPECT_EQ(postponed(), 1u);
    EXPECT_EQ(word_of(object.get()).count(), 2u);
    settle_all();
    EXPECT_EQ(word_of(object.get()).count(), 1u);
}

TEST_F(PostponedTest, one_that_is_put_off_again_merges_with_one_that_was_put_off_meanwhile) {
    const Ref<Probe> object = make<Probe>(1);
    postpone_one(object);
    void* const found = find();
    ASSERT_EQ(found, object.get());
    postpone_one(object);
    EXPECT_EQ(postponed(), 2u);
    EXPECT_FALSE(heap_.settle_plain_postponed(found)) << "its end would run user code";
    EXPECT_EQ(postponed(), 1u);
    EXPECT_EQ(word_of(object.get()).count(), 2u);
    EXPECT_EQ(refcount(object), 1u);
    settle_all();
    EXPECT_EQ(word_of(object.get()).count(), 1u);
}

TEST_F(PostponedTest, what_needs_no_user_code_can_be_settled_anywhere) {
    Ref<Plain> object = make<Plain>(1);
    object->left = make<Plain>(2);
    heap_.postpone_release(reinterpret_cast<void*>(object.detach()));
    void* const found = find();
    ASSERT_NE(found, nullptr);
    EXPECT_TRUE(heap_.settle_plain_postponed(found));
    EXPECT_EQ(live_objects(), 0u);
    EXPECT_FALSE(heap_.has_postponed());
}

TEST_F(PostponedTest, a_quiet_release_runs_no_user_code) {
    Ref<Plain> object = make<Plain>(1);
    object->any = make<Probe>(2);
    heap_.release_quietly(reinterpret_cast<void*>(object.detach()));
    EXPECT_EQ(events::all(), "");
    EXPECT_EQ(live_objects(), 1u);
    settle_all();
    EXPECT_EQ(events::all(), "F2 D2");
    EXPECT_EQ(live_objects(), 0u);
}

TEST_F(PostponedTest, an_immortal_object_has_no_release_to_put_off) {
    const Ref<Plain> object = make<Plain>(1);
    Header* header = testing::header_of(object);
    const WordValue mortal = header->load_word();
    header->word.store(mortal.saturated().bits, platform::memory_order_relaxed);
    postpone_one(object);
    EXPECT_FALSE(heap_.has_postponed());
    EXPECT_TRUE(header->load_word().immortal());
    detail::retain(object.get());
    heap_.release_quietly(object.get());
    EXPECT_FALSE(heap_.has_postponed());
    EXPECT_TRUE(header->load_word().immortal());
    header->word.store(
        header->load_word().without(WordValue::kCountMask).bits | WordValue::kCountOne,
        platform::memory_order_relaxed);
}

TEST_F(PostponedTest, a_quiet_release_of_one_reference_among_several_reports_a_candidate) {
    const Ref<Plain> object = make<Plain>(1);
    detail::retain(object.get());
    heap_.release_quietly(object.get());
    EXPECT_EQ(refcount(object), 1u);
    EXPECT_TRUE(is_candidate(object.get()));
    detail::retain(object.get());
    heap_.release_quietly(object.get());  // reported already
    EXPECT_EQ(refcount(object), 1u);
}

TEST_F(PostponedTest, a_quiet_release_of_another_heaps_object_is_put_off_there) {
    const testing::Region region(testing::kMiB);
    ManagedHeap other(region.span(), testing::manual());
    Ref<Plain> foreign = other.make<Plain>(1);
    heap_.release_quietly(reinterpret_cast<void*>(foreign.detach()));
    EXPECT_FALSE(heap_.has_postponed());
    EXPECT_EQ(other.statistics().live_objects, 1u);
    other.collect();
    EXPECT_EQ(other.statistics().live_objects, 0u);
}

TEST_F(PostponedTest, a_quiet_release_of_what_is_in_no_heap_any_more_does_nothing) {
    alignas(16) std::byte nowhere[64] = {};
    heap_.release_quietly(nowhere + 16);
    EXPECT_FALSE(heap_.has_postponed());
}

}  // namespace
}  // namespace ouro
