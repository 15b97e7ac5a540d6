// Goal: the untyped moves through a slot follow the rules: copies count, exchanges touch, and a
// store into the object that is moved in is recognized. Method: slots of objects, by hand.
#include "heap/field_slot.h"

#include <gtest/gtest.h>

#include "heap/query.h"
#include "heap/value.h"
#include "tests/support/heap_test.h"

namespace ouro {
namespace {

using testing::HeapTest;
using testing::Hub;
using testing::Plain;

class FieldSlotTest : public HeapTest {
protected:
    template <class T>
    static FieldSlot& slot_of(Field<T>& field) {
        return reinterpret_cast<FieldSlot&>(field);
    }
};

TEST_F(FieldSlotTest, an_empty_slot_and_an_immediate_load_as_they_are) {
    FieldSlot slot;
    EXPECT_EQ(detail::load_counted(slot), 0u);
    detail::store_owned(slot, detail::kTrueBits);
    EXPECT_EQ(detail::load_counted(slot), detail::kTrueBits);
    EXPECT_EQ(detail::exchange_owned(slot, 0), detail::kTrueBits);
}

TEST_F(FieldSlotTest, a_load_adds_one_to_what_the_slot_holds) {
    const Ref<Plain> a = make<Plain>(1);
    const Ref<Plain> b = make<Plain>(2);
    a->left = b;
    const std::uintptr_t value = detail::load_counted(slot_of(a->left));
    EXPECT_EQ(value, b.bits());
    EXPECT_EQ(refcount(b), 3u);
    detail::release(b.get());
}

TEST_F(FieldSlotTest, a_load_clears_the_collectors_clean_flag) {
    const Ref<Plain> a = make<Plain>(1);
    const Ref<Plain> b = make<Plain>(2);
    a->left = b;
    change_word(testing::header_of(b), [](WordValue now) { return now.with(WordValue::kClean); });
    (void)a->left.load();
    EXPECT_FALSE(testing::header_of(b)->load_word().has(WordValue::kClean));
}

TEST_F(FieldSlotTest, an_exchange_touches_the_word_of_what_leaves) {
    const Ref<Plain> a = make<Plain>(1);
    const Ref<Plain> b = make<Plain>(2);
    a->left = b;
    LinkedWord before(testing::header_of(b));
    const std::uintptr_t value = detail::exchange_owned(slot_of(a->left), 0);
    EXPECT_EQ(testing::header_of(b)->load_word().count(), before.value().count());
    EXPECT_FALSE(before.swap(before.value(), platform::memory_order_acq_rel)) << "it was written";
    detail::release(detail::object_of(value));
}

TEST_F(FieldSlotTest, a_store_leaves_the_word_of_what_enters_alone) {
    const Ref<Plain> a = make<Plain>(1);
    Ref<Plain> b = make<Plain>(2);
    Header* header = testing::header_of(b);
    LinkedWord before(header);
    detail::store_owned(slot_of(a->left), b.detach());
    EXPECT_TRUE(before.swap(before.value(), platform::memory_order_acq_rel)) << "nobody wrote it";
}

TEST_F(FieldSlotTest, a_slot_is_inside_its_own_object_only) {
    const Ref<Plain> a = make<Plain>(1);
    const Ref<Plain> b = make<Plain>(2);
    for (FieldSlot* slot : {&slot_of(a->left), &slot_of(a->right), &slot_of(a->any)}) {
        EXPECT_TRUE(detail::is_inside(*slot, a.bits()));
        EXPECT_FALSE(detail::is_inside(*slot, b.bits()));
    }
    FieldSlot outside;
    EXPECT_FALSE(detail::is_inside(outside, a.bits()));
}

TEST_F(FieldSlotTest, every_slot_of_an_object_of_any_size_is_inside) {
    const Ref<Plain> neighbour = make<Plain>(1);
    for (const std::uint32_t fields : {1u, 10u, 500u, 1000u, 1020u, 1030u, 4000u, 60'000u}) {
        const Ref<Hub> hub = make_hub(fields);
        const Ref<Hub> after = make_hub(fields);
        for (std::uint32_t i = 0; i < fields; i += 1 + fields / 97) {
            ASSERT_TRUE(detail::is_inside(slot_of(hub->at(i)), hub.bits())) << fields << ' ' << i;
            ASSERT_FALSE(detail::is_inside(slot_of(hub->at(i)), after.bits()));
            ASSERT_FALSE(detail::is_inside(slot_of(after->at(i)), hub.bits()));
            ASSERT_FALSE(detail::is_inside(slot_of(hub->at(i)), neighbour.bits()));
        }
    }
}

}  // namespace
}  // namespace ouro
