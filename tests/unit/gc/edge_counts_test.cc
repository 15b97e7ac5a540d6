// Goal: edge counts are exact on both sides of what the header can hold, for one object and for
// many. Method: every count near the carries, by calling add() that often.
#include "gc/edge_counts.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace ouro {
namespace {

constexpr std::size_t kRegionBytes = std::size_t{1} << 20;  // 131072 fields: 8 carries

class EdgeCountsTest : public ::testing::Test {
protected:
    EdgeCountsTest() : memory_(EdgeCounts::bytes_needed(kRegionBytes)) {
        edges_.init(memory_.data(), kRegionBytes);
    }
    void add(Header& header, std::uint32_t times) {
        for (std::uint32_t i = 0; i < times; ++i) edges_.add(&header);
    }
    std::vector<std::byte> memory_;
    EdgeCounts edges_;
};

TEST_F(EdgeCountsTest, a_fresh_header_explains_no_reference) {
    Header header;
    EXPECT_TRUE(edges_.explains(&header, 0));
    EXPECT_FALSE(edges_.explains(&header, 1));
    EXPECT_FALSE(edges_.explains(&header, 16384));
}

TEST_F(EdgeCountsTest, exactly_the_added_number_is_explained_around_every_carry) {
    for (const std::uint32_t count : {1u, 2u, 16382u, 16383u, 16384u, 16385u, 32767u, 32768u,
                                      32769u, 49152u, 100'000u, 131'071u, 131'072u}) {
        Header header;
        edges_.clear();
        add(header, count);
        EXPECT_TRUE(edges_.explains(&header, count)) << count;
        EXPECT_FALSE(edges_.explains(&header, count - 1)) << count;
        EXPECT_FALSE(edges_.explains(&header, count + 1)) << count;
        EXPECT_FALSE(edges_.explains(&header, count + 16384)) << count;
        if (count >= 16384) {
            EXPECT_FALSE(edges_.explains(&header, count - 16384)) << count;
        }
    }
}

TEST_F(EdgeCountsTest, carries_of_several_objects_are_kept_apart) {
    Header first;
    Header second;
    Header third;
    for (int i = 0; i < 40'000; ++i) {
        edges_.add(&first);
        if (i % 2 == 0) edges_.add(&second);
        if (i % 4 == 0) edges_.add(&third);
    }
    EXPECT_TRUE(edges_.explains(&first, 40'000));
    EXPECT_TRUE(edges_.explains(&second, 20'000));
    EXPECT_TRUE(edges_.explains(&third, 10'000));
    EXPECT_FALSE(edges_.explains(&third, 10'000 + 16'384));
    EXPECT_FALSE(edges_.explains(&first, 40'000 - 16'384));
}

TEST_F(EdgeCountsTest, clear_and_reset_forget_everything) {
    Header header;
    add(header, 20'000);
    edges_.clear();
    EdgeCounts::reset(&header);
    EXPECT_TRUE(edges_.explains(&header, 0));
    add(header, 5);
    EXPECT_TRUE(edges_.explains(&header, 5));
}

TEST_F(EdgeCountsTest, counting_leaves_the_rest_of_the_header_alone) {
    Header header;
    const std::uint32_t bits = InfoValue{77}.with_level(9).bits | InfoValue::kFrozen;
    header.info.store(bits, platform::memory_order_relaxed);
    add(header, 16'385);
    EXPECT_EQ(header.load_info().with_edges(0).bits, bits);
    EXPECT_EQ(header.load_info().edges(), 1u);
    EdgeCounts::reset(&header);
    EXPECT_EQ(header.load_info().bits, bits);
}

TEST_F(EdgeCountsTest, the_table_holds_as_many_carries_as_the_region_has_fields_for) {
    const std::size_t fields = kRegionBytes / sizeof(FieldSlot);
    std::vector<std::unique_ptr<Header>> headers;
    for (std::size_t used = 0; used + 16'384 <= fields; used += 16'384) {
        headers.push_back(std::make_unique<Header>());
        add(*headers.back(), 16'384);
    }
    for (const auto& header : headers) EXPECT_TRUE(edges_.explains(header.get(), 16'384));
}

}  // namespace
}  // namespace ouro
