// Goal: where the header has few bits for edges, two counts that agree in two rounds are told apart
// by the third. Method: such a pair, added one by one.
#include "gc/edge_counts.h"

#include <gtest/gtest.h>

#include <cstdint>

namespace ouro {
namespace {

constexpr std::uint32_t kFirst = Header::kEdgesMax + 1;
constexpr std::uint32_t kSecond = Header::kEdgesMax;
constexpr std::uint32_t kEdges = 5;
constexpr std::uint32_t kCount = kFirst * kSecond + kEdges;
static_assert(kCount < WordValue::kCountMax, "there is an object with so many references");

TEST(EdgeCounts, counts_that_agree_in_two_rounds_are_told_apart_by_the_third) {
    Header header;
    EdgeCounts counting;
    counting.begin();
    for (int round = 1; round <= 3; ++round) {
        EdgeCounts::reset(&header);
        for (std::uint32_t n = 0; n < kEdges; ++n) counting.add(&header);
        EXPECT_EQ(counting.explains(&header, kCount), round < 3) << "round " << round;
        if (round < 3) {
            ASSERT_TRUE(counting.next_round());
        }
    }
}

}  // namespace
}  // namespace ouro
