// Goal: the arithmetic of the compact count word does exactly what its table says. Method: counts
// near the limits with every combination of flags, against plain integers.
#include "heap/compact/word.h"

#include <gtest/gtest.h>

#include <cstdint>

namespace ouro {
namespace {

constexpr std::uint32_t kCounts[] = {0, 1, 2, 3, 127, 128, 8191, 16382, 16383, 16384, 32766};

template <class Check>
void for_all_words(Check check) {
    for (const std::uint32_t count : kCounts) {
        for (std::uint32_t rest = 0; rest < (1u << WordValue::kCountShift); rest += 37)
            check(WordValue{count << WordValue::kCountShift | rest}, count, rest);
    }
}

std::uint32_t rest_of(WordValue word) { return word.bits & (WordValue::kCountOne - 1); }

TEST(CompactWord, count_edges_level_and_flags_fill_the_word_without_overlap) {
    const WordValue all = WordValue{0xff}
                              .with_level(WordValue::kLevelMax)
                              .with_edges(WordValue::kEdgesMax)
                              .with_count(WordValue::kCountMax);
    EXPECT_EQ(all.bits, 0xffff'ffffu);
    EXPECT_EQ(WordValue::kCountMax, 32767u);
    EXPECT_EQ(WordValue::kImmortalFrom, 16384u);
}

TEST(CompactWord, an_increment_adds_one_to_the_count_only) {
    for_all_words([](WordValue word, std::uint32_t count, std::uint32_t rest) {
        ASSERT_EQ(word.incremented().count(), count + 1);
        ASSERT_EQ(rest_of(word.incremented()), rest);
        if (count == 0) return;
        ASSERT_EQ(word.decremented().count(), count - 1);
        ASSERT_EQ(rest_of(word.decremented()), rest);
    });
}

TEST(CompactWord, parts_are_set_one_by_one) {
    for_all_words([](WordValue word, std::uint32_t count, std::uint32_t rest) {
        ASSERT_EQ(word.with_level(2).level(), 2u);
        ASSERT_EQ(word.with_level(2).edges(), word.edges());
        ASSERT_EQ(word.with_edges(99).edges(), 99u);
        ASSERT_EQ(word.with_edges(99).level(), word.level());
        ASSERT_EQ(word.with_edges(99).count(), count);
        ASSERT_EQ(word.with_count(5).count(), 5u);
        ASSERT_EQ(rest_of(word.with_count(5)), rest);
    });
}

TEST(CompactWord, from_half_of_all_counts_on_an_object_is_immortal) {
    for_all_words([](WordValue word, std::uint32_t count, std::uint32_t rest) {
        ASSERT_EQ(word.immortal(), count >= WordValue::kImmortalFrom);
        ASSERT_TRUE(word.saturated().immortal());
        ASSERT_EQ(rest_of(word.saturated()), rest);
    });
    const std::uint32_t middle = WordValue{}.saturated().count();
    EXPECT_EQ(middle - WordValue::kImmortalFrom, WordValue::kCountMax + 1 - middle);
}

TEST(CompactWord, unchanged_is_clean_and_not_marked) {
    for_all_words([](WordValue word, std::uint32_t, std::uint32_t) {
        const bool clean = word.has(WordValue::kClean) && !word.marked();
        ASSERT_EQ(word.unchanged(), clean);
        ASSERT_TRUE(word.first_reading().unchanged());
        ASSERT_TRUE(word.first_reading().has(WordValue::kClaimed));
    });
}

TEST(CompactWord, what_the_heap_holds_itself_is_no_reference_of_the_program) {
    const WordValue word{5u << WordValue::kCountShift};
    EXPECT_EQ(word.user_count(), 5u);
    EXPECT_EQ(word.with(WordValue::kHeld).user_count(), 4u);
    EXPECT_EQ(word.with(WordValue::kHeld | WordValue::kPostponed).user_count(), 3u);
}

}  // namespace
}  // namespace ouro
