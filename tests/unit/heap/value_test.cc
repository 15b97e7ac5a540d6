// Goal: immediates are distinct, odd and read back as what they are. Method: all of them, in pairs.
#include "heap/value.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <set>

#include "heap/reference_count.h"

namespace ouro {
namespace {

TEST(Value, every_small_integer_survives_its_reference) {
    for (std::int32_t value = kSmallIntMin; value <= kSmallIntMax; ++value) {
        const std::uintptr_t bits = detail::small_int_bits(value);
        ASSERT_TRUE(detail::is_small_int(value));
        ASSERT_TRUE(detail::is_small_int_bits(bits));
        ASSERT_EQ(detail::small_int_of(bits), value);
    }
}

TEST(Value, all_immediates_are_distinct_and_no_addresses) {
    std::set<std::uintptr_t> seen = {detail::kNoneBits, detail::kFalseBits, detail::kTrueBits};
    for (std::int32_t value = kSmallIntMin; value <= kSmallIntMax; ++value)
        seen.insert(detail::small_int_bits(value));
    EXPECT_EQ(seen.size(), 3u + 262u);
    for (const std::uintptr_t bits : seen) {
        EXPECT_EQ(bits & 1, 1u);
        EXPECT_FALSE(detail::is_object(bits));
    }
}

TEST(Value, the_constants_are_no_small_integers) {
    for (const std::uintptr_t bits : {detail::kNoneBits, detail::kFalseBits, detail::kTrueBits})
        EXPECT_FALSE(detail::is_small_int_bits(bits));
}

TEST(Value, the_range_ends_where_the_documents_say) {
    EXPECT_FALSE(detail::is_small_int(-6));
    EXPECT_TRUE(detail::is_small_int(-5));
    EXPECT_TRUE(detail::is_small_int(256));
    EXPECT_FALSE(detail::is_small_int(257));
    EXPECT_FALSE(detail::is_small_int(std::int64_t{1} << 40));
    EXPECT_FALSE(detail::is_small_int(-(std::int64_t{1} << 40)));
}

TEST(Value, null_is_neither_object_nor_immediate) {
    EXPECT_FALSE(detail::is_object(0));
    EXPECT_FALSE(detail::is_small_int_bits(0));
}

}  // namespace
}  // namespace ouro
