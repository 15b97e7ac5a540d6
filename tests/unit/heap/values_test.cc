// Goal: values are what the documents say: one 10, one none, one of every interned text; identity
// is equality of references, and casts are checked. Method: bits, counts, figures.
#include "heap/values.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <cstdlib>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "heap/query.h"
#include "tests/support/heap_test.h"

namespace ouro {
namespace {

using testing::HeapTest;
using testing::Plain;
using testing::Probe;

class ValuesTest : public HeapTest {
protected:
    Ref<Object> integer(std::int64_t value) { return try_integer(heap(), value).value(); }
};

TEST_F(ValuesTest, two_names_for_ten_are_one_object) {
    const Ref<Object> x = integer(10);
    const Ref<Object> y = integer(10);
    EXPECT_EQ(x, y);
    EXPECT_EQ(id(x), id(y));
    EXPECT_NE(x, integer(11));
}

TEST_F(ValuesTest, small_integers_take_no_memory_and_are_never_counted) {
    for (std::int64_t value = kSmallIntMin; value <= kSmallIntMax; ++value) {
        const Ref<Object> x = integer(value);
        const Ref<Object> y = x;  // NOLINT: the copy is what is tested
        ASSERT_EQ(as_integer(y), value);
        ASSERT_EQ(refcount(x), kImmortal);
    }
    EXPECT_EQ(heap().statistics().objects_made, 0u);
}

TEST_F(ValuesTest, larger_integers_are_objects_of_their_own) {
    for (const std::int64_t value :
         {std::int64_t{-6}, std::int64_t{257}, std::numeric_limits<std::int64_t>::max(),
          std::numeric_limits<std::int64_t>::min()}) {
        const Ref<Object> x = integer(value);
        const Ref<Object> y = integer(value);
        EXPECT_NE(x, y);
        EXPECT_EQ(as_integer(x), value);
        EXPECT_EQ(refcount(x), 1u);
    }
    EXPECT_EQ(live_objects(), 0u);
}

TEST_F(ValuesTest, none_true_and_false_are_one_each) {
    EXPECT_EQ(none(), none());
    EXPECT_EQ(boolean(true), boolean(true));
    EXPECT_EQ(boolean(false), boolean(false));
    EXPECT_NE(boolean(true), boolean(false));
    EXPECT_NE(none(), boolean(false));
    EXPECT_NE(boolean(true), integer(1));
    EXPECT_TRUE(is_none(none()));
    EXPECT_FALSE(is_none(boolean(false)));
    EXPECT_FALSE(is_none(Ref<Object>()));
}

TEST_F(ValuesTest, as_integer_is_nothing_for_other_values) {
    EXPECT_EQ(as_integer(none()), std::nullopt);
    EXPECT_EQ(as_integer(boolean(true)), std::nullopt);
    EXPECT_EQ(as_integer(Ref<Object>()), std::nullopt);
    EXPECT_EQ(as_integer(make<Plain>(1)), std::nullopt);
}

TEST_F(ValuesTest, strings_keep_their_bytes) {
    for (const std::string& text :
         {std::string(), std::string("x"), std::string("a\0b", 3), std::string(100'000, 'q')}) {
        const Ref<String> string = try_string(heap(), text).value();
        EXPECT_EQ(string->text(), text);
        EXPECT_NE(string, try_string(heap(), text).value());
    }
    EXPECT_EQ(live_objects(), 0u);
}

TEST_F(ValuesTest, equal_interned_strings_are_one_immortal_object) {
    const Ref<String> a = try_intern(heap(), "name").value();
    const Ref<String> b = try_intern(heap(), std::string("na") + "me").value();
    EXPECT_EQ(a, b);
    EXPECT_EQ(id(a), id(b));
    EXPECT_EQ(refcount(a), kImmortal);
    EXPECT_NE(a, try_intern(heap(), "other").value());
    EXPECT_NE(a, try_string(heap(), "name").value());
    EXPECT_EQ(heap().interned().count(), 2u);
}

TEST_F(ValuesTest, an_interned_string_outlives_its_handles) {
    const Id first = id(try_intern(heap(), "name").value());
    EXPECT_TRUE(is_alive(first));
    EXPECT_EQ(id(try_intern(heap(), "name").value()), first);
}

TEST_F(ValuesTest, a_cast_succeeds_for_exactly_the_objects_type) {
    const Ref<Plain> plain = make<Plain>(7);
    const Ref<Object> object = plain;
    EXPECT_EQ(cast<Plain>(object), plain);
    EXPECT_EQ(refcount(plain), 2u) << "the result of the comparison above is gone";
    EXPECT_FALSE(static_cast<bool>(cast<Probe>(object)));
    EXPECT_FALSE(static_cast<bool>(cast<Integer>(object)));
    EXPECT_EQ(refcount(plain), 2u);
}

TEST_F(ValuesTest, immediates_and_null_are_cast_to_nothing) {
    for (const Ref<Object>& value : {none(), boolean(true), integer(5), Ref<Object>()}) {
        EXPECT_FALSE(static_cast<bool>(cast<Integer>(value)));
        EXPECT_FALSE(static_cast<bool>(cast<Plain>(value)));
    }
}

TEST_F(ValuesTest, type_names_tell_what_a_value_is) {
    EXPECT_STREQ(type_name(id(integer(5))).value(), "int");
    const Ref<Object> large = integer(500);
    EXPECT_STREQ(type_name(id(large)).value(), "int");
    const Ref<String> string = try_string(heap(), "x").value();
    EXPECT_STREQ(type_name(id(string)).value(), "str");
}

TEST_F(ValuesTest, without_memory_a_value_is_an_error) {
    std::vector<Ref<String>> kept;
    for (;;) {
        auto made = try_string(heap(), std::string(50'000, 'x'));
        if (!made) break;
        kept.push_back(std::move(*made));
    }
    EXPECT_EQ(try_intern(heap(), std::string(50'000, 'y')).error(), Error::out_of_memory);
    EXPECT_EQ(heap().interned().count(), 0u);
}

// The text is only described, never read: a string of more than 4 GiB cannot be an object.
TEST_F(ValuesTest, a_text_longer_than_four_gibibytes_is_refused) {
    const testing::Region text((std::size_t{1} << 32) + 4096);
    const std::string_view view(reinterpret_cast<const char*>(text.data()),
                                (std::size_t{1} << 32) + 5);
    EXPECT_EXIT(std::_Exit(try_string(heap(), view).error() == Error::object_too_large ? 0 : 1),
                ::testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace ouro
