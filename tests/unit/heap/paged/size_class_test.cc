// Goal: every request finds the smallest cell that holds it, cells do not waste more than promised,
// and the reciprocal finds the cell of every byte. Method: all requests, all classes, all offsets.
#include "heap/paged/size_class.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>

namespace ouro {
namespace {

TEST(SizeClass, sizes_ascend_in_multiples_of_sixteen) {
    std::uint32_t before = 0;
    for (const SizeClass& size_class : kSizeClassTable) {
        EXPECT_EQ(size_class.cell_bytes % 16, 0u);
        EXPECT_GT(size_class.cell_bytes, before);
        before = size_class.cell_bytes;
    }
    EXPECT_EQ(kSizeClassTable[0].cell_bytes, kSmallestCell);
    EXPECT_EQ(before, kLargestCell);
}

TEST(SizeClass, every_request_gets_the_smallest_cell_that_holds_it) {
    for (std::size_t bytes = 1; bytes <= kLargestCell; ++bytes) {
        const std::uint32_t found = kClassOfUnits[(bytes + 15) / 16];
        ASSERT_LT(found, kSizeClasses);
        ASSERT_GE(kSizeClassTable[found].cell_bytes, bytes);
        if (found > 0) {
            ASSERT_LT(kSizeClassTable[found - 1].cell_bytes, bytes);
        }
    }
}

TEST(SizeClass, at_most_a_fifth_of_a_cell_above_128_bytes_is_unused) {
    for (std::size_t bytes = 129; bytes <= kLargestCell; ++bytes) {
        const std::size_t cell = kSizeClassTable[kClassOfUnits[(bytes + 15) / 16]].cell_bytes;
        ASSERT_LE((cell - bytes) * 5, cell) << bytes;
    }
}

TEST(SizeClass, up_to_128_bytes_at_most_fifteen_bytes_are_unused) {
    for (std::size_t bytes = kSmallestCell; bytes <= 128; ++bytes) {
        const std::size_t cell = kSizeClassTable[kClassOfUnits[(bytes + 15) / 16]].cell_bytes;
        ASSERT_LT(cell - bytes, 16u) << bytes;
    }
}

TEST(SizeClass, spans_hold_their_capacity_and_waste_at_most_an_eighth) {
    for (const SizeClass& size_class : kSizeClassTable) {
        const std::size_t span = size_class.span_pages * kPageBytes;
        EXPECT_GE(size_class.capacity, 1u);
        EXPECT_LE(size_class.capacity, kCellsMax);
        EXPECT_EQ(size_class.capacity, span / size_class.cell_bytes);
        EXPECT_LE((span - size_class.capacity * size_class.cell_bytes) * 8, span)
            << size_class.cell_bytes;
    }
}

TEST(SizeClass, the_reciprocal_finds_the_cell_of_every_byte_of_a_span) {
    for (const SizeClass& size_class : kSizeClassTable) {
        const std::uint64_t span = size_class.span_pages * kPageBytes;
        for (std::uint64_t offset = 0; offset < span; ++offset) {
            ASSERT_EQ((offset * size_class.reciprocal) >> 32, offset / size_class.cell_bytes);
        }
    }
}

TEST(SizeClass, the_number_of_a_large_object_is_no_class) {
    EXPECT_GT(kLargeClass, kSizeClasses);
    EXPECT_LE(kLargeClass, 255u);
}

}  // namespace
}  // namespace ouro
