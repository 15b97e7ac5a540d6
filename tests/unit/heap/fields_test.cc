// Goal: fields are found by number, the fixed ones at their offsets and the trailing ones behind
// the fixed part. Method: hand-made objects in plain memory.
#include "heap/fields.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>

namespace ouro {
namespace {

TypeInfo info_with(std::uint32_t size, std::uint16_t fixed, std::uint16_t flags) {
    return {"T", size, fixed, flags, nullptr, nullptr, nullptr};
}

TEST(Fields, fixed_fields_are_where_the_offsets_say_in_their_order) {
    alignas(16) std::byte memory[64] = {};
    const std::uint16_t offsets[] = {40, 8, 16};
    TypeTable::Entry entry{};
    entry.offsets = offsets;
    const TypeInfo info = info_with(48, 3, TypeInfo::kHasFields);
    const Fields fields(memory, entry, info);
    ASSERT_EQ(fields.count(), 3u);
    for (std::uint32_t i = 0; i < 3; ++i)
        EXPECT_EQ(reinterpret_cast<std::byte*>(&fields[i]), memory + offsets[i]);
}

TEST(Fields, an_object_without_fields_has_none) {
    std::byte memory[16] = {};
    TypeTable::Entry entry{};
    const TypeInfo info = info_with(16, 0, 0);
    EXPECT_EQ(Fields(memory, entry, info).count(), 0u);
}

TEST(Fields, trailing_fields_follow_the_fixed_part_aligned) {
    alignas(16) std::byte memory[128] = {};
    const std::uint16_t offsets[] = {8};
    TypeTable::Entry entry{};
    entry.offsets = offsets;
    const TypeInfo info = info_with(20, 1, TypeInfo::kHasFields | TypeInfo::kVariable);
    *reinterpret_cast<Trailing*>(memory + 24) = {5, 3};
    const Fields fields(memory, entry, info);
    ASSERT_EQ(fields.count(), 6u);
    EXPECT_EQ(reinterpret_cast<std::byte*>(&fields[0]), memory + 8);
    for (std::uint32_t i = 0; i < 5; ++i)
        EXPECT_EQ(reinterpret_cast<std::byte*>(&fields[1 + i]), memory + 32 + 8 * i);
}

TEST(Fields, the_record_of_the_trailing_part_is_at_the_next_multiple_of_eight) {
    for (std::uint32_t size = 8; size < 64; ++size) {
        const std::size_t offset = Trailing::offset(info_with(size, 0, 0));
        EXPECT_EQ(Fields::trailing_offset(info_with(size, 0, 0)), offset + sizeof(Trailing));
        EXPECT_EQ(offset % 8, 0u);
        EXPECT_GE(offset, size);
        EXPECT_LT(offset, size + 8);
    }
}

}  // namespace
}  // namespace ouro
