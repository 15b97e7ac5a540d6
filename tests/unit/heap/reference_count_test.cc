// Goal: retain, release and upgrade change the word exactly as the rules say: one count, one
// version, `clean` and the candidate bit as evidence, saturation instead of overflow. Method: the
// word and the page record before and after, driven to the states by hand.
#include "heap/reference_count.h"

#include <gtest/gtest.h>

#include "heap/query.h"
#include "tests/support/candidates.h"
#include "tests/support/heap_test.h"

namespace ouro {
namespace {

using testing::Finalized;
using testing::HeapTest;
using testing::Leaf;
using testing::LeafProbe;
using testing::Plain;
using testing::Probe;
namespace events = testing::events;

class ReferenceCount : public HeapTest {
protected:
    template <class T>
    WordValue word_of(const Ref<T>& ref) {
        return testing::header_of(ref)->load_word();
    }
    template <class T>
    void set_word(const Ref<T>& ref, WordValue word) {
        testing::header_of(ref)->store_word(word, platform::memory_order_relaxed);
    }
    template <class T>
    bool is_reported(const Ref<T>& ref) {
        return testing::is_candidate(heap(), testing::header_of(ref));
    }
    /// An attempt from the word of this moment.
    detail::Upgrade upgrade(Header* header) {
        LinkedWord look(header);
        return detail::try_upgrade(heap(), header, look);
    }
};

TEST_F(ReferenceCount, retain_and_release_change_the_count_by_one_and_break_links) {
    const Ref<Plain> a = make<Plain>(1);
    LinkedWord before(testing::header_of(a));
    detail::retain(a.get());
    EXPECT_EQ(word_of(a).count(), before.value().count() + 1);
    LinkedWord between(testing::header_of(a));
    detail::release(a.get());
    EXPECT_EQ(word_of(a).count(), before.value().count());
    for (LinkedWord* look : {&before, &between})
        EXPECT_FALSE(look->swap(look->value(), platform::memory_order_acq_rel));
}

TEST_F(ReferenceCount, touch_breaks_links_and_changes_nothing_else) {
    const Ref<Plain> a = make<Plain>(1);
    LinkedWord before(testing::header_of(a));
    detail::touch(a.get());
    EXPECT_EQ(word_of(a).count(), before.value().count());
    EXPECT_EQ(word_of(a).own_references(), 0u);
    EXPECT_FALSE(before.swap(before.value(), platform::memory_order_acq_rel));
}

TEST_F(ReferenceCount, an_increment_and_a_touch_clear_clean) {
    const Ref<Plain> a = make<Plain>(1);
    set_word(a, word_of(a).with(WordValue::kClean));
    detail::touch(a.get());
    EXPECT_FALSE(word_of(a).has(WordValue::kClean));
    set_word(a, word_of(a).with(WordValue::kClean));
    detail::retain(a.get());
    EXPECT_FALSE(word_of(a).has(WordValue::kClean));
    detail::release(a.get());
}

TEST_F(ReferenceCount, a_decrement_to_non_zero_reports_a_tracked_object) {
    const Ref<Plain> a = make<Plain>(1);
    const Ref<Plain> other = make<Plain>(2);
    ASSERT_FALSE(is_reported(a));
    detail::retain(a.get());
    EXPECT_FALSE(is_reported(a));
    detail::release(a.get());
    EXPECT_TRUE(is_reported(a));
    EXPECT_FALSE(is_reported(other));
}

TEST_F(ReferenceCount, an_untracked_object_is_never_reported) {
    const Ref<Leaf> a = make<Leaf>();
    EXPECT_TRUE(word_of(a).marked());
    detail::retain(a.get());
    detail::release(a.get());
    EXPECT_FALSE(is_reported(a));
}

TEST_F(ReferenceCount, a_marked_object_is_not_reported_again) {
    const Ref<Plain> a = make<Plain>(1);
    set_word(a, word_of(a).with_mark());
    detail::retain(a.get());
    detail::release(a.get());
    EXPECT_FALSE(is_reported(a));
    set_word(a, word_of(a).without_mark());
}

TEST_F(ReferenceCount, the_last_release_ends_the_object_at_once) {
    Ref<Probe> a = make<Probe>(1);
    void* object = a.get();
    const std::uintptr_t bits = a.detach();
    EXPECT_EQ(bits, reinterpret_cast<std::uintptr_t>(object));
    detail::release(object);
    EXPECT_EQ(events::all(), "F1 D1");
    EXPECT_EQ(live_objects(), 0u);
}

TEST_F(ReferenceCount, a_release_too_many_stops_the_program) {
    EXPECT_DEATH(
        {
            Ref<Leaf> a = make<Leaf>();
            void* object = a.get();
            a.reset();
            detail::release(object);
        },
        "dead already");
}

// ---- saturation: the word is driven near the band by writing it

TEST_F(ReferenceCount, a_count_below_the_band_still_ends_the_object) {
    Ref<LeafProbe> a = make<LeafProbe>(1);
    const WordValue before = word_of(a);
    set_word(a, before.with_count(WordValue::kImmortalFrom - 2));
    detail::retain(a.get());
    EXPECT_FALSE(word_of(a).immortal());
    detail::release(a.get());
    set_word(a, word_of(a).with_count(1));
    a.reset();
    EXPECT_EQ(events::all(), "F1 D1");
}

TEST_F(ReferenceCount, reaching_the_band_makes_the_object_immortal_for_good) {
    Ref<LeafProbe> a = make<LeafProbe>(1);
    set_word(a, word_of(a).with_count(WordValue::kImmortalFrom - 1));
    detail::retain(a.get());
    EXPECT_TRUE(word_of(a).immortal());
    EXPECT_EQ(refcount(a), kImmortal);
    for (int i = 0; i < 1000; ++i) detail::release(a.get());
    EXPECT_TRUE(word_of(a).immortal());
    a.reset();
    EXPECT_EQ(events::all(), "");
    expect_leaks(1);
}

TEST_F(ReferenceCount, an_immortal_count_returns_to_the_middle_from_both_ends) {
    const Ref<Plain> a = make<Plain>(1);
    const std::uint32_t middle = word_of(a).saturated().count();
    for (const std::uint32_t count :
         {WordValue::kImmortalFrom, WordValue::kCountMax - 1, middle + 5, middle - 5}) {
        set_word(a, word_of(a).with_count(count));
        detail::retain(a.get());
        EXPECT_EQ(word_of(a).count(), middle) << count;
        set_word(a, word_of(a).with_count(count));
        detail::release(a.get());
        EXPECT_TRUE(word_of(a).immortal()) << count;
        EXPECT_EQ(word_of(a).count(), middle) << count;
    }
    set_word(a, word_of(a).with_count(1));
}

TEST_F(ReferenceCount, loads_of_a_field_pin_an_immortal_target_too) {
    const Ref<Plain> a = make<Plain>(1);
    a->left = make<Plain>(2);
    Ref<Plain> b = a->left;
    set_word(b, word_of(b).with_count(WordValue::kCountMax - 1));
    for (int i = 0; i < 10; ++i) (void)a->left.load();
    EXPECT_EQ(word_of(b).count(), word_of(b).saturated().count());
    set_word(b, word_of(b).with_count(2));
}

TEST_F(ReferenceCount, make_immortal_saturates_and_keeps_the_object_through_collections) {
    Ref<Plain> a = make<Plain>(1);
    a->left = a;
    detail::make_immortal(a.get());
    const Id id_of_a = id(a);
    a.reset();
    EXPECT_EQ(collect(), 0u);
    EXPECT_TRUE(is_alive(id_of_a));
    EXPECT_EQ(refcount(id_of_a).value(), kImmortal);
    expect_leaks(1);
}

// ---- upgrade: from a word that was read, without holding a reference

TEST_F(ReferenceCount, an_upgrade_adds_one_from_a_current_word) {
    const Ref<Plain> a = make<Plain>(1);
    EXPECT_EQ(upgrade(testing::header_of(a)), detail::Upgrade::yes);
    EXPECT_EQ(refcount(a), 2u);
    detail::release(a.get());
}

TEST_F(ReferenceCount, an_upgrade_from_an_old_word_changes_nothing) {
    const Ref<Plain> a = make<Plain>(1);
    LinkedWord old(testing::header_of(a));
    detail::touch(a.get());
    const WordValue before = word_of(a);
    EXPECT_EQ(detail::try_upgrade(heap(), testing::header_of(a), old), detail::Upgrade::again);
    EXPECT_EQ(word_of(a).bits, before.bits);
}

TEST_F(ReferenceCount, an_upgrade_of_a_dead_word_is_dead) {
    Ref<Plain> a = make<Plain>(1);
    Header* header = testing::header_of(a);
    a.reset();
    EXPECT_EQ(upgrade(header), detail::Upgrade::dead);
    EXPECT_EQ(header->load_word().count(), 0u);
}

TEST_F(ReferenceCount, an_upgrade_before_the_finalizer_ran_takes_its_owners_step) {
    Ref<Finalized> a = make<Finalized>(1);
    Header* header = testing::header_of(a);
    // Limbo: the count is 0, the owner of the last reference has not yet begun the finalizer.
    set_word(a, word_of(a).decremented());
    ASSERT_EQ(upgrade(header), detail::Upgrade::yes);
    const WordValue word = header->load_word();
    EXPECT_EQ(word.count(), 2u) << "the owner's, and the upgrade's";
    EXPECT_TRUE(word.has(WordValue::kHeld));
    EXPECT_TRUE(word.has(WordValue::kFinalized));
    EXPECT_EQ(word.user_count(), 1u);
    detail::release(a.get());
    set_word(a, word_of(a).without(WordValue::kHeld | WordValue::kFinalized));
}

TEST_F(ReferenceCount, an_upgrade_of_a_condemned_object_aborts_an_open_decision) {
    const Ref<Plain> a = make<Plain>(1);
    set_word(a, word_of(a).with(WordValue::kCondemned));
    heap().decision().open();
    EXPECT_EQ(upgrade(testing::header_of(a)), detail::Upgrade::again);
    EXPECT_EQ(heap().decision().state(), Decision::aborted);
    EXPECT_EQ(upgrade(testing::header_of(a)), detail::Upgrade::yes);
    EXPECT_EQ(refcount(a), 2u);
    detail::release(a.get());
    set_word(a, word_of(a).without(WordValue::kCondemned));
}

TEST_F(ReferenceCount, an_upgrade_of_a_condemned_object_is_dead_once_it_is_committed) {
    const Ref<Plain> a = make<Plain>(1);
    set_word(a, word_of(a).with(WordValue::kCondemned));
    heap().decision().open();
    ASSERT_TRUE(heap().decision().commit());
    EXPECT_EQ(upgrade(testing::header_of(a)), detail::Upgrade::dead);
    EXPECT_EQ(refcount(a), 1u);
    set_word(a, word_of(a).without(WordValue::kCondemned));
}

}  // namespace
}  // namespace ouro
