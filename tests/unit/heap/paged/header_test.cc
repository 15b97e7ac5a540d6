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
            ASSERT_EQ(info.member(), InfoValue{around}.member());
            ASSERT_EQ(info.frozen(), InfoValue{around}.frozen());
            ASSERT_EQ(info.constructing(), InfoValue{around}.constructing());
        }
    }
    EXPECT_EQ(InfoValue::kEdgesMax, 8191u);
}

TEST(HeaderInfo, constructing_frozen_and_member_are_the_three_highest_bits) {
    EXPECT_TRUE(InfoValue{std::uint32_t{1} << 29}.member());
    EXPECT_FALSE(InfoValue{~(std::uint32_t{1} << 29)}.member());
    EXPECT_TRUE(InfoValue{std::uint32_t{1} << 31}.constructing());
    EXPECT_FALSE(InfoValue{std::uint32_t{1} << 31}.frozen());
    EXPECT_TRUE(InfoValue{std::uint32_t{1} << 30}.frozen());
    EXPECT_FALSE(InfoValue{std::uint32_t{1} << 30}.constructing());
}

TEST(Header, membership_begins_without_edges_and_leaves_the_rest_alone) {
    Header header;
    const std::uint32_t rest = InfoValue{~InfoValue::kMember}.with_edges(0).bits;
    // order: relaxed, all; one thread.
    header.info.store(~InfoValue::kMember, platform::memory_order_relaxed);
    header.begin_membership();
    EXPECT_EQ(header.info.load(platform::memory_order_relaxed), rest | InfoValue::kMember);
    header.end_membership();
    EXPECT_EQ(header.info.load(platform::memory_order_relaxed), rest);
}

TEST(Header, edges_are_counted_modulo_a_number) {
    Header header;
    header.info.store(0, platform::memory_order_relaxed);  // order: one thread
    for (std::uint32_t edges = 1; edges < 7; ++edges) {
        EXPECT_FALSE(header.add_edge(7));
        EXPECT_EQ(header.edges(), edges);
    }
    EXPECT_TRUE(header.add_edge(7));
    EXPECT_EQ(header.edges(), 0u);
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
