// Goal: edge counts are exact on both sides of what the header can hold, for one object and for
// many. Method: in all rounds, every count near the moduli, by calling add() that often.
#include "gc/edge_counts.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <vector>

namespace ouro {
namespace {

constexpr std::uint32_t kOneRound = Header::kEdgesMax + 1;
// As many as all rounds together could confuse, if the largest count were as large as that.
constexpr std::uint32_t kMost =
    WordValue::kCountMax / 2 < 200'000 ? WordValue::kCountMax / 2 : 200'000;

/// Do edges, counted as a pass does it, explain the counts of all objects?
bool all_explained(const std::vector<std::uint32_t>& edges,
                   const std::vector<std::uint32_t>& counts, int* rounds = nullptr) {
    std::vector<Header> headers(edges.size());
    EdgeCounts counting;
    counting.begin();
    for (int round = 1;; ++round) {
        if (rounds != nullptr) *rounds = round;
        bool all = true;
        for (std::size_t i = 0; i < edges.size(); ++i) {
            EdgeCounts::reset(&headers[i]);
            for (std::uint32_t n = 0; n < edges[i]; ++n) counting.add(&headers[i]);
        }
        for (std::size_t i = 0; i < edges.size(); ++i)
            all = counting.explains(&headers[i], counts[i]) && all;
        if (!all) return false;
        if (!counting.next_round()) return true;
    }
}

bool explained(std::uint32_t edges, std::uint32_t count) { return all_explained({edges}, {count}); }

TEST(EdgeCounts, a_fresh_header_explains_no_reference) {
    EXPECT_TRUE(explained(0, 0));
    EXPECT_FALSE(explained(0, 1));
    EXPECT_FALSE(explained(0, kOneRound));
    EXPECT_FALSE(explained(0, kOneRound - 1));
}

TEST(EdgeCounts, exactly_the_added_number_is_explained) {
    for (const std::uint32_t base : {0u, kOneRound, 2 * kOneRound, 3 * kOneRound, kMost - 4}) {
        for (std::uint32_t edges = base < 3 ? 0 : base - 3; edges <= base + 3; ++edges) {
            EXPECT_TRUE(explained(edges, edges)) << edges;
            for (const std::uint32_t off : {1u, kOneRound - 3, kOneRound - 1, kOneRound}) {
                EXPECT_FALSE(explained(edges, edges + off)) << edges << " and " << off;
                if (edges >= off) {
                    EXPECT_FALSE(explained(edges, edges - off)) << edges << " less " << off;
                }
            }
        }
    }
}

TEST(EdgeCounts, one_round_is_enough_without_hubs) {
    int rounds = 0;
    EXPECT_TRUE(all_explained({1, 7, kOneRound - 1}, {1, 7, kOneRound - 1}, &rounds));
    EXPECT_EQ(rounds, 1);
    EXPECT_TRUE(all_explained({1, 7, kOneRound}, {1, 7, kOneRound}, &rounds));
    EXPECT_GT(rounds, 1);
}

TEST(EdgeCounts, hubs_are_kept_apart) {
    const std::uint32_t many = kMost / 2;
    EXPECT_TRUE(all_explained({many, many / 2, many / 4}, {many, many / 2, many / 4}));
    EXPECT_FALSE(all_explained({many, many / 2, many / 4}, {many, many / 2, many / 4 + kOneRound}));
    EXPECT_FALSE(all_explained({many, many / 2, many / 4}, {many - kOneRound, many / 2, many / 4}));
}

TEST(EdgeCounts, begin_forgets_that_there_were_hubs) {
    Header header;
    EdgeCounts counting;
    counting.begin();
    EXPECT_FALSE(counting.explains(&header, 3 * kOneRound + 1));
    counting.begin();
    EXPECT_FALSE(counting.next_round());
}

TEST(EdgeCounts, counting_leaves_the_rest_of_the_header_alone) {
    Header header;
    header.set_level(Header::kLevelMax);
    const auto info = header.load_info().bits;
    const WordValue::Bits word = header.load_word().bits;
    EdgeCounts counting;
    counting.begin();
    for (std::uint32_t i = 0; i < kOneRound + 1; ++i) counting.add(&header);
    EXPECT_EQ(header.edges(), 1u);
    EXPECT_EQ(header.level(), Header::kLevelMax);
    EdgeCounts::reset(&header);
    EXPECT_EQ(header.load_info().bits, info);
    EXPECT_EQ(header.load_word().bits, word);
}

}  // namespace
}  // namespace ouro
