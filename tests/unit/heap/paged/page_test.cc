// Goal: a set of cells finds its members, and a page's layout survives its encoding. Method: every
// cell, every pair of neighbours, every kind; `next` against a plain loop on random sets.
#include "heap/paged/page.h"

#include <gtest/gtest.h>

#include <cstdint>

#include "tests/support/random.h"

namespace ouro {
namespace {

std::uint32_t next_by_hand(const CellBits& bits, std::uint32_t from) {
    for (std::uint32_t cell = from; cell < kCellsMax; ++cell) {
        if (bits.test(cell)) return cell;
    }
    return kCellsMax;
}

TEST(CellBits, set_test_and_clear_are_about_one_cell_only) {
    for (std::uint32_t cell = 0; cell < kCellsMax; ++cell) {
        CellBits bits;
        EXPECT_FALSE(bits.any());
        bits.set(cell);
        EXPECT_TRUE(bits.any());
        for (std::uint32_t other = 0; other < kCellsMax; ++other)
            ASSERT_EQ(bits.test(other), other == cell);
        bits.set((cell + 1) % kCellsMax);
        bits.clear(cell);
        EXPECT_FALSE(bits.test(cell));
        EXPECT_TRUE(bits.test((cell + 1) % kCellsMax));
    }
}

TEST(CellBits, next_finds_the_lowest_member_from_every_start) {
    testing::SeededRandom random = testing::seeded_random();
    SCOPED_TRACE(random.seed_text());
    for (int round = 0; round < 200; ++round) {
        CellBits bits;
        for (std::uint32_t i = random.below(1 + round % 40); i > 0; --i)
            bits.set(random.below(kCellsMax));
        for (std::uint32_t from = 0; from < kCellsMax; ++from)
            ASSERT_EQ(bits.next(from), next_by_hand(bits, from));
    }
}

TEST(CellBits, next_beyond_the_last_cell_is_none) {
    CellBits bits;
    for (std::uint32_t cell = 0; cell < kCellsMax; ++cell) bits.set(cell);
    EXPECT_EQ(bits.next(kCellsMax), kCellsMax);
    EXPECT_EQ(bits.next(kCellsMax - 1), kCellsMax - 1);
}

TEST(CellBits, reset_empties_the_set) {
    CellBits bits;
    bits.set(0);
    bits.set(kCellsMax - 1);
    bits.reset();
    EXPECT_FALSE(bits.any());
    EXPECT_EQ(bits.next(0), kCellsMax);
}

TEST(PageLayout, every_layout_survives_encoding) {
    for (const auto kind :
         {PageLayout::kFree, PageLayout::kFreeTail, PageLayout::kSpan, PageLayout::kSpanTail}) {
        for (std::uint32_t size_class = 0; size_class < 256; ++size_class) {
            for (const std::uint32_t pages : {0u, 1u, 16u, 0x12345678u, 0xffffffffu}) {
                const PageLayout layout{kind, static_cast<std::uint8_t>(size_class), pages};
                const PageLayout back = PageLayout::decode(layout.encode());
                ASSERT_EQ(back.kind, kind);
                ASSERT_EQ(back.size_class, size_class);
                ASSERT_EQ(back.pages, pages);
            }
        }
    }
}

TEST(PageInfo, a_candidate_bit_is_seen_in_its_own_cell_only) {
    for (std::uint32_t cell = 0; cell < kCellsMax; ++cell) {
        PageInfo info;
        for (auto& word : info.candidate) word.store(0, platform::memory_order_relaxed);
        info.candidate[cell / 64].fetch_or(std::uint64_t{1} << (cell % 64),
                                           platform::memory_order_relaxed);
        for (std::uint32_t other = 0; other < kCellsMax; ++other)
            ASSERT_EQ(info.candidate_test(other), other == cell);
    }
}

TEST(PageInfo, a_fresh_record_is_on_no_list_and_describes_a_free_page) {
    PageInfo info;
    EXPECT_EQ(info.load_layout().kind, PageLayout::kFree);
    EXPECT_EQ(info.next, kNoPage);
    EXPECT_EQ(info.prev, kNoPage);
    EXPECT_EQ(info.on_set + info.on_todo + info.on_deferred + info.on_batch, 0);
    for (const CellBits& bits : info.marks) EXPECT_FALSE(bits.any());
}

}  // namespace
}  // namespace ouro
