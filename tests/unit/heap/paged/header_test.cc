// Goal: the header has the layout that its table draws, and the parts of `info` do not disturb each
// other. Method: byte offsets, and every value of every part beside all-zero and all-one
// neighbours.
#include "heap/header.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>

namespace ouro {
namespace {

TEST(Header, sixteen_bytes_with_word_info_and_generation_in_place) {
    EXPECT_EQ(sizeof(Header), 16u);
    EXPECT_EQ(offsetof(Header, word), 0u);
    EXPECT_EQ(offsetof(Header, info), 8u);
    EXPECT_EQ(offsetof(Header, generation), 12u);
    EXPECT_EQ(sizeof(WordValue::Bits), 8u);
}

TEST(Header, the_payload_follows_and_leads_back) {
    alignas(16) std::byte memory[64];
    Header* header = new (memory) Header;
    EXPECT_EQ(header->payload(), memory + 16);
    EXPECT_EQ(header_of(header->payload()), header);
}

TEST(HeaderInfo, type_takes_the_lowest_twelve_bits) {
    for (std::uint32_t type = 0; type <= InfoValue::kTypeMask; ++type) {
        ASSERT_EQ(InfoValue{type}.type(), type);
        ASSERT_EQ(InfoValue{type | ~InfoValue::kTypeMask}.type(), type);
    }
    EXPECT_EQ(InfoValue::kTypeMask, 4095u);
}

TEST(HeaderInfo, every_level_is_stored_and_read_beside_any_neighbours) {
    for (const std::uint32_t around : {0u, ~0u}) {
        for (std::uint32_t level = 0; level <= InfoValue::kLevelMax; ++level) {
            const InfoValue info = InfoValue{around}.with_level(level);
            ASSERT_EQ(info.level(), level);
            ASSERT_EQ(info.type(), InfoValue{around}.type());
            ASSERT_EQ(info.edges(), InfoValue{around}.edges());
            ASSERT_EQ(info.frozen(), InfoValue{around}.frozen());
            ASSERT_EQ(info.constructing(), InfoValue{around}.constructing());
        }
    }
    EXPECT_EQ(InfoValue::kLevelMax, 15u);
}

TEST(HeaderInfo, every_edge_count_is_stored_and_read_beside_any_neighbours) {
    for (const std::uint32_t around : {0u, ~0u}) {
        for (std::uint32_t edges = 0; edges <= InfoValue::kEdgesMax; ++edges) {
            const InfoValue info = InfoValue{around}.with_edges(edges);
            ASSERT_EQ(info.edges(), edges);
            ASSERT_EQ(info.type(), InfoValue{around}.type());
            ASSERT_EQ(info.level(), InfoValue{around}.level());
            ASSERT_EQ(info.frozen(), InfoValue{around}.frozen());
            ASSERT_EQ(info.constructing(), InfoValue{around}.constructing());
        }
    }
    EXPECT_EQ(InfoValue::kEdgesMax, 16383u);
}

TEST(HeaderInfo, constructing_and_frozen_are_the_two_highest_bits) {
    EXPECT_TRUE(InfoValue{std::uint32_t{1} << 31}.constructing());
    EXPECT_FALSE(InfoValue{std::uint32_t{1} << 31}.frozen());
    EXPECT_TRUE(InfoValue{std::uint32_t{1} << 30}.frozen());
    EXPECT_FALSE(InfoValue{std::uint32_t{1} << 30}.constructing());
}

TEST(Header, loads_give_what_was_stored) {
    Header header;
    // order: relaxed; one thread.
    header.word.store(WordValue::kIncrement, platform::memory_order_relaxed);
    header.info.store(123u, platform::memory_order_relaxed);
    EXPECT_EQ(header.load_word().count(), 1u);
    EXPECT_EQ(header.load_word().version(), 1u);
    EXPECT_EQ(header.load_info().type(), 123u);
}

}  // namespace
}  // namespace ouro
