// Goal: a Field counts exactly one, hands out counted references, and survives being written
// through the very reference that is moved in. Method: counts after every operation, one thread
// (threads: tests/semantic/concurrent_fields_test.cc).
#include "heap/field.h"

#include <gtest/gtest.h>

#include <utility>

#include "heap/query.h"
#include "heap/values.h"
#include "tests/support/heap_test.h"

namespace ouro {
namespace {

using testing::HeapTest;
using testing::Hub;
using testing::Leaf;
using testing::Plain;
using testing::Probe;
namespace events = testing::events;

class FieldTest : public HeapTest {};

TEST_F(FieldTest, storing_a_copy_adds_one) {
    const Ref<Plain> a = make<Plain>(1);
    const Ref<Plain> b = make<Plain>(2);
    a->left = b;
    EXPECT_EQ(refcount(b), 2u);
    EXPECT_EQ(a->left.load(), b);
    a->left = nullptr;
    EXPECT_EQ(refcount(b), 1u);
    EXPECT_FALSE(static_cast<bool>(a->left));
}

TEST_F(FieldTest, storing_by_move_hands_the_reference_over) {
    const Ref<Plain> a = make<Plain>(1);
    Ref<Plain> b = make<Plain>(2);
    const Id id_of_b = id(b);
    a->left = std::move(b);
    EXPECT_FALSE(static_cast<bool>(b));  // NOLINT: a moved-from Ref is null, by contract
    EXPECT_EQ(refcount(id_of_b).value(), 1u);
}

TEST_F(FieldTest, storing_ends_the_old_target_before_it_returns) {
    const Ref<Probe> a = make<Probe>(1);
    a->left = make<Probe>(2);
    a->left = make<Probe>(3);
    EXPECT_EQ(events::all(), "F2 D2");
    a->left = nullptr;
    EXPECT_EQ(events::all(), "F2 D2 F3 D3");
}

TEST_F(FieldTest, storing_the_same_target_again_keeps_the_count) {
    const Ref<Plain> a = make<Plain>(1);
    const Ref<Plain> b = make<Plain>(2);
    a->left = b;
    a->left = b;
    EXPECT_EQ(refcount(b), 2u);
    a->left = a->left.load();
    EXPECT_EQ(refcount(b), 2u);
}

TEST_F(FieldTest, a_load_gives_a_counted_reference) {
    const Ref<Plain> a = make<Plain>(1);
    a->left = make<Plain>(2);
    {
        const Ref<Plain> b = a->left;
        EXPECT_EQ(refcount(b), 2u);
        a->left = nullptr;
        EXPECT_EQ(refcount(b), 1u);
        EXPECT_EQ(b->id, 2);
    }
    EXPECT_EQ(live_objects(), 1u);
}

TEST_F(FieldTest, a_chain_of_arrows_keeps_its_links_to_the_end_of_the_expression) {
    const Ref<Probe> a = make<Probe>(1);
    a->left = make<Probe>(2);
    a->left->left = make<Probe>(3);
    const auto cut_and_count = [&](const Ref<Probe>& third) {
        a->left = nullptr;
        return events::count('D') * 10 + static_cast<int>(refcount(third));
    };
    // The arrow's reference holds object 2 until the call is over, the argument holds object 3.
    EXPECT_EQ(cut_and_count(a->left->left), 2);
    EXPECT_EQ(events::count('D'), 2);
}

TEST_F(FieldTest, exchange_returns_the_old_reference_and_counts_nothing_twice) {
    const Ref<Plain> a = make<Plain>(1);
    const Ref<Plain> b = make<Plain>(2);
    const Ref<Plain> c = make<Plain>(3);
    a->left = b;
    const Ref<Plain> old = a->left.exchange(c);
    EXPECT_EQ(old, b);
    EXPECT_EQ(refcount(b), 2u);
    EXPECT_EQ(refcount(c), 2u);
}

TEST_F(FieldTest, take_empties_the_field_without_changing_the_count) {
    const Ref<Plain> a = make<Plain>(1);
    a->left = make<Plain>(2);
    const Ref<Plain> b = a->left.take();
    EXPECT_EQ(refcount(b), 1u);
    EXPECT_FALSE(static_cast<bool>(a->left.load()));
    EXPECT_FALSE(static_cast<bool>(a->left.take()));
}

TEST_F(FieldTest, two_fields_can_be_swapped) {
    const Ref<Plain> a = make<Plain>(1);
    a->left = make<Plain>(2);
    a->right = make<Plain>(3);
    a->right = a->left.exchange(a->right.take());
    EXPECT_EQ(a->left->id, 3);
    EXPECT_EQ(a->right->id, 2);
    EXPECT_EQ(refcount(a->left.load()), 2u);
    EXPECT_EQ(refcount(a->right.load()), 2u);
}

// DESIGN rule 7: the handle that is moved in may be what keeps the field's object alive.
TEST_F(FieldTest, an_object_stored_into_its_own_field_by_move_is_collected_later) {
    Ref<Probe> p = make<Probe>(1);
    p->left = std::move(p);
    EXPECT_FALSE(static_cast<bool>(p));  // NOLINT: a moved-from Ref is null, by contract
    EXPECT_EQ(events::all(), "");
    EXPECT_EQ(collect(), 1u);
    EXPECT_EQ(events::all(), "F1 D1");
}

TEST_F(FieldTest, an_object_exchanged_into_its_own_field_is_collected_later) {
    Ref<Probe> p = make<Probe>(1);
    EXPECT_FALSE(static_cast<bool>(p->left.exchange(std::move(p))));
    EXPECT_EQ(collect(), 1u);
    EXPECT_EQ(events::all(), "F1 D1");
}

TEST_F(FieldTest, an_object_moved_into_a_trailing_field_of_its_own_is_collected_later) {
    for (const std::uint32_t fields : {1u, 100u, 2000u, 100'000u}) {
        Ref<Hub> hub = make_hub(fields);
        Field<Object>& last = hub->at(fields - 1);
        last = Ref<Object>(std::move(hub));
        EXPECT_EQ(collect(), 1u) << fields;
    }
}

TEST_F(FieldTest, an_object_moved_in_through_a_chain_is_collected_later) {
    Ref<Probe> p = make<Probe>(1);
    p->left = make<Probe>(2);
    p->left->left = std::move(p);
    EXPECT_EQ(collect(), 2u);
    EXPECT_EQ(events::count('D'), 2);
}

TEST_F(FieldTest, storing_the_container_into_its_last_holder_is_no_use_after_free) {
    Ref<Probe> p = make<Probe>(1);
    p->left = make<Probe>(2);
    Ref<Probe> old = p->left;
    p->left = std::move(p);  // ends nothing: 2 is held by `old`, 1 by itself
    EXPECT_EQ(events::all(), "");
    old.reset();
    EXPECT_EQ(events::all(), "F2 D2");
    EXPECT_EQ(collect(), 1u);
}

struct Row {
    Field<Leaf> cells[4];
    static constexpr auto ouro_fields = fields<&Row::cells>;
};

TEST_F(FieldTest, every_element_of_an_array_of_fields_counts_and_is_released) {
    Ref<Row> row = make<Row>();
    const Ref<Leaf> leaf = make<Leaf>();
    for (Field<Leaf>& cell : row->cells) cell = leaf;
    EXPECT_EQ(refcount(leaf), 5u);
    row->cells[2] = nullptr;
    EXPECT_EQ(refcount(leaf), 4u);
    row.reset();
    EXPECT_EQ(refcount(leaf), 1u);
}

TEST_F(FieldTest, trailing_fields_are_null_count_and_are_released) {
    Ref<Hub> hub = make_hub(1000);
    const Ref<Leaf> leaf = make<Leaf>();
    for (std::size_t i = 0; i < 1000; ++i) {
        ASSERT_FALSE(static_cast<bool>(hub->at(i)));
        hub->at(i) = leaf;
    }
    EXPECT_EQ(refcount(leaf), 1001u);
    hub.reset();
    EXPECT_EQ(refcount(leaf), 1u);
}

TEST_F(FieldTest, a_field_of_object_holds_immediates_without_counting) {
    const Ref<Plain> a = make<Plain>(1);
    a->any = none();
    EXPECT_TRUE(is_none(a->any.load()));
    a->any = try_integer(heap(), 10).value();
    EXPECT_EQ(as_integer(a->any.load()), 10);
    const Ref<Object> old = a->any.exchange(boolean(true));
    EXPECT_EQ(as_integer(old), 10);
    EXPECT_EQ(a->any.take(), boolean(true));
    EXPECT_EQ(live_objects(), 1u);
}

struct Whole {
    explicit Whole(Ref<Leaf> leaf) : part(std::move(leaf)) {}
    Field<Leaf> part;
    static constexpr auto ouro_fields = fields<&Whole::part>;
};

TEST_F(FieldTest, a_constructor_may_initialize_its_fields) {
    const Ref<Leaf> leaf = make<Leaf>();
    Ref<Whole> whole = make<Whole>(leaf);
    EXPECT_EQ(refcount(leaf), 2u);
    whole.reset();
    EXPECT_EQ(refcount(leaf), 1u);
}

TEST_F(FieldTest, an_aggregate_is_made_from_its_members) {
    struct Pair {
        Field<Leaf> first;
        int number;
    };
    const Ref<Leaf> leaf = make<Leaf>();
    const Ref<Pair> pair = make<Pair>(leaf, 5);
    EXPECT_EQ(refcount(leaf), 2u);
    EXPECT_EQ(pair->number, 5);
    EXPECT_EQ(pair->first.load(), leaf);
}

}  // namespace
}  // namespace ouro
