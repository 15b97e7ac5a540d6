// Goal: what the documents claim about names, counts and addresses holds for programs in C++.
// Method: each claim as they demonstrate it, as assertions; the numbers are those of
// docs/semantics.md. Claims 51 to 84, on cycles and the collector: documents_collector_test.cc.
#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/heap_test.h"

namespace ouro::testing {
namespace {

class Documents : public HeapTest {
protected:
    Ref<Object> list(std::initializer_list<std::int64_t> items) {
        Ref<Hub> made = make_hub(static_cast<std::uint32_t>(items.size()));
        std::size_t index = 0;
        for (const std::int64_t item : items) made->at(index++) = integer(item);
        return made;
    }
    Ref<Object> integer(std::int64_t value) { return try_integer(heap(), value).value(); }
    Ref<Object> text(std::string_view text) { return try_string(heap(), text).value(); }
    Ref<Object> literal(std::string_view text) { return try_intern(heap(), text).value(); }

    /// Takes cells of a list's size until the one at `address` is taken: a list in that cell, or
    /// null iff it was not among the first hundred. The other cells are given back.
    Ref<Object> take(std::uintptr_t address) {
        std::vector<Ref<Object>> others;
        while (others.size() < 100) {
            others.push_back(list({1, 2, 3}));
            if (id(others.back()).address == address) return others.back();
        }
        return {};
    }
};

std::string hex_of(const Id& id) {
    std::array<char, kHexBytes> digits{};
    return hex(id, digits.data());
}

std::uint32_t count_of(const Id& id) { return refcount(id).value(); }

// ---- names, addresses, rebinding

// Claims 1, 2, 11, 39.
TEST_F(Documents, a_name_holds_the_address_of_an_object_in_the_heap) {
    const Ref<Object> a = list({1, 2, 3});
    EXPECT_EQ(a.bits(), id(a).address);
    EXPECT_EQ(sizeof(a), sizeof(void*));
    EXPECT_EQ(Heap::of(a.get()), &heap());
    const Ref<Object> ten = integer(10);
    EXPECT_NE(ten.bits(), 10u);
    EXPECT_EQ(as_integer(ten), 10);
}

// Claim 3.
TEST_F(Documents, hex_prints_the_id_in_base_16) {
    constexpr bool kWide = sizeof(std::uintptr_t) == 8;
    const auto hex_of_number = [](std::uint64_t address) {
        return hex_of({static_cast<std::uintptr_t>(address), 0});
    };
    EXPECT_EQ(hex_of_number(140724871025736), kWide ? "0x7ffd0ff2d448" : "0xff2d448");
    EXPECT_EQ(hex_of_number(1912861025872), kWide ? "0x1bd5f66e650" : "0x5f66e650");
    EXPECT_EQ(hex_of_number(0), "0x0");
    EXPECT_EQ(hex_of_number(~std::uint64_t{0}), kWide ? "0xffffffffffffffff" : "0xffffffff");
}

// Claims 4, 8, 9, 10.
TEST_F(Documents, a_small_integer_is_one_object) {
    Ref<Object> a = integer(10);
    const Ref<Object> b = integer(10);
    EXPECT_EQ(id(a), id(b));
    a = integer(15);
    EXPECT_NE(id(a), id(b));
    EXPECT_EQ(id(b), id(integer(10)));
    a = integer(*as_integer(a) + 1);
    EXPECT_EQ(as_integer(a), 16);
    EXPECT_EQ(id(integer(15)).address - id(b).address, 5u * 32);
    EXPECT_EQ(id(a).address - id(integer(15)).address, 32u);
    EXPECT_NE(id(integer(1000)), id(integer(1000)));
}

// Claim 5.
TEST_F(Documents, a_literal_text_is_one_object_and_a_text_made_at_run_time_is_not) {
    const Ref<Object> greeting = literal("hello");
    EXPECT_EQ(id(greeting), id(literal("hello")));
    EXPECT_NE(id(greeting), id(text("hello")));
    EXPECT_NE(id(greeting), id(literal("Hello")));
}

Id func_1(const Ref<Object>& argument) { return id(argument); }
Id func_2(Ref<Object> argument) { return id(argument); }

// Claims 6, 7.
TEST_F(Documents, names_and_arguments_share_the_object) {
    const Ref<Object> a = list({1, 2, 3});
    const Ref<Object> b = a;
    EXPECT_EQ(id(a), id(b));
    EXPECT_EQ(func_1(a), id(a));
    EXPECT_EQ(func_2(a), id(a));
    EXPECT_EQ(func_2(integer(10)), id(integer(10)));
}

// Claims 12, 13.
TEST_F(Documents, a_name_may_be_rebound_to_an_object_of_another_type) {
    Ref<Object> c = list({1, 2, 3});
    EXPECT_TRUE(cast<Hub>(c));
    c = integer(10);
    EXPECT_STREQ(type_name(id(c)).value(), "int");
    EXPECT_FALSE(cast<Hub>(c));
    c = none();
    EXPECT_TRUE(is_none(c));
    c = text("ten");
    EXPECT_STREQ(type_name(id(c)).value(), "str");
    EXPECT_TRUE(cast<String>(c));
}

// Claim 14.
TEST_F(Documents, a_change_through_one_name_is_seen_through_the_other) {
    const Ref<Object> a = list({1, 2, 3});
    const Id a_id = id(a);
    Ref<Object> b = a;
    cast<Hub>(b)->at(0) = integer(99);
    EXPECT_EQ(as_integer(cast<Hub>(a)->at(0)), 99);
    EXPECT_EQ(id(a), a_id);
    b = list({99, 2, 3, 4});
    EXPECT_NE(id(a), id(b));
    EXPECT_EQ(id(a), a_id);
}

// Claims 15, 16.
TEST_F(Documents, identity_is_not_equality_and_everything_has_an_id_and_a_count) {
    const Ref<Object> a = list({1, 2, 3});
    const Ref<Object> b = list({1, 2, 3});
    EXPECT_FALSE(a == b);
    EXPECT_NE(id(a), id(b));
    for (const Ref<Object>& x : {a, integer(10), integer(1000), text("a"), literal("a"), none()}) {
        EXPECT_NE(id(x).address, 0u);
        EXPECT_GE(count_of(id(x)), 1u);
    }
}

// ---- counts

// Claims 17, 18, 19, 20, 21, 40.
TEST_F(Documents, a_call_that_takes_the_object_counts_itself_and_a_query_by_id_does_not) {
    const Ref<Object> a = list({1, 2, 3});
    const std::uint32_t counted = getrefcount(a);
    EXPECT_EQ(counted, 2u);
    EXPECT_EQ(count_of(id(a)), 1u);
    EXPECT_EQ(count_of(id(a)), 1u);
    EXPECT_EQ(refcount(a), 1u);
    EXPECT_EQ(count_of(object_at(id(a).address).value()), 1u);
}

// Claims 22, 23, 24, 26.
TEST_F(Documents, counts_of_the_first_document) {
    const Ref<Object> a = list({1, 2, 3});
    Ref<Object> b = a;
    EXPECT_EQ(count_of(id(a)), 2u);
    Ref<Object> c = a;
    EXPECT_EQ(count_of(id(a)), 3u);
    c = integer(10);
    EXPECT_EQ(count_of(id(a)), 2u);
    b = none();
    EXPECT_EQ(count_of(id(a)), 1u);
}

// Claims 25, 27.
TEST_F(Documents, counts_of_the_other_documents) {
    const Ref<Object> x = list({1, 2, 3});
    {
        Ref<Object> a = x;
        EXPECT_EQ(id(a), id(x));
        EXPECT_EQ(getrefcount(a), 3u);
        EXPECT_EQ(count_of(id(a)), 2u);
        Ref<Object> c = x;
        EXPECT_EQ(count_of(id(a)), 3u);
        c = integer(3);
        a = integer(4);
        EXPECT_EQ(count_of(id(x)), 1u);
    }
    EXPECT_EQ(count_of(id(x)), 1u);
}

// Claims 28, 29.
TEST_F(Documents, a_reference_ends_with_its_scope_as_with_rebinding) {
    Ref<Object> my_var = list({1, 2, 3});
    const Id object = id(my_var);
    {
        const Ref<Object> other_var = my_var;
        EXPECT_EQ(count_of(object), 2u);
    }
    EXPECT_EQ(count_of(object), 1u);
    const std::size_t live = live_objects();
    my_var = none();
    EXPECT_EQ(live_objects(), live - 1);
    EXPECT_EQ(refcount(object).error(), Error::dead);
    EXPECT_EQ(object_at(object.address).error(), Error::dead);
    EXPECT_TRUE(take(object.address));
}

// Claims 30, 33, 34: what counts is the object, not the name.
TEST_F(Documents, a_shared_value_counts_each_holder_unless_it_is_immortal) {
    Ref<Object> cat = integer(1000);
    const Id bat = id(cat);
    const Ref<Object> dog = cat;
    EXPECT_EQ(count_of(bat), 2u);
    EXPECT_EQ(count_of(id(dog)), 2u);
    cat = none();
    EXPECT_EQ(count_of(bat), 1u);

    for (const Ref<Object>& immortal : {integer(253), integer(100), integer(1), literal("a")}) {
        Ref<Object> holder = immortal;
        EXPECT_EQ(getrefcount(holder), kImmortal);
        EXPECT_EQ(count_of(id(holder)), kImmortal);
        holder = none();
        EXPECT_EQ(count_of(id(immortal)), kImmortal);
    }
}

// Claims 31, 32.
TEST_F(Documents, a_text_made_at_run_time_counts_like_any_object) {
    EXPECT_EQ(getrefcount(text("0x7fffe07763b0")), 1u);  // no name but the argument
    const Ref<Object> my_var = text("Hello");
    Ref<Object> other_var = my_var;
    EXPECT_EQ(getrefcount(my_var), 3u);
    EXPECT_EQ(count_of(id(my_var)), 2u);
    other_var = text("Bye");
    EXPECT_EQ(getrefcount(my_var), 2u);
    EXPECT_EQ(count_of(id(my_var)), 1u);
}

// Claims 35, 36, 37, 38.
TEST_F(Documents, none_is_one_immortal_object) {
    Ref<Object> a = list({1, 2, 3});
    a = none();
    const Ref<Object> q = none();
    EXPECT_EQ(id(a), id(q));
    for (int i = 0; i < 10; ++i) EXPECT_EQ(count_of(id(a)), kImmortal);
    EXPECT_EQ(getrefcount(a), kImmortal);
}

// ---- stale addresses

// Claims 41, 42, 43, 46, 47, 48, 50.
TEST_F(Documents, the_id_of_a_dead_object_stays_dead_when_its_memory_is_used_again) {
    Ref<Object> a = list({1, 2, 3});
    const Id a_id = id(a);
    a = none();
    for (int i = 0; i < 10; ++i) EXPECT_EQ(refcount(a_id).error(), Error::dead);
    EXPECT_EQ(object_at(a_id.address).error(), Error::dead);

    const Ref<Object> other = take(a_id.address);
    ASSERT_TRUE(other);
    EXPECT_EQ(Heap::of(other.get()), &heap());
    EXPECT_EQ(object_at(a_id.address).value(), id(other));
    EXPECT_NE(id(other), a_id);
    EXPECT_EQ(count_of(id(other)), 1u);
    EXPECT_EQ(refcount(a_id).error(), Error::dead);
    EXPECT_EQ(type_name(a_id).error(), Error::dead);
    EXPECT_EQ(resolve(a_id).error(), Error::dead);
    EXPECT_FALSE(is_alive(a_id));
}

// Claim 42, in numbers: the next object of the size lands on the freed address.
TEST_F(Documents, a_freed_address_is_soon_used_again) {
    int reused = 0;
    for (int i = 0; i < 100; ++i) {
        const Id gone = id(list({1, 2, 3}));
        if (take(gone.address)) ++reused;
    }
    EXPECT_GE(reused, 90);
}

// Claim 49.
TEST_F(Documents, an_id_is_where_the_object_starts) {
    const Ref<Object> big = make_hub(100);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(cast<Hub>(big).get()), id(big).address);
    for (std::uintptr_t offset = 1; offset < 100 * sizeof(Field<Object>); offset += 7) {
        const std::uintptr_t inside = id(big).address + offset;
        EXPECT_EQ(object_at(inside).error(), Error::dead);
        EXPECT_EQ(object_containing(inside).value(), id(big));
    }
}

}  // namespace
}  // namespace ouro::testing
