// Goal: the arithmetic of the count word does exactly what its table says. Method: every count near
// the limits, every version residue and every combination of flags, against plain integers.
#include "heap/paged/word.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <vector>

namespace ouro {
namespace {

constexpr std::uint32_t kCountLimit = 1u << 25;  // counts are 25 bits wide
constexpr std::uint32_t kImmortalFrom = 1u << 24;

WordValue word_of(std::uint32_t version, std::uint32_t count, std::uint32_t flags) {
    return {std::uint64_t{version} << WordValue::kVersionShift |
            std::uint64_t{count} << WordValue::kCountShift | flags};
}

std::uint32_t flags_of(WordValue word) {
    return static_cast<std::uint32_t>(word.bits) & ((1u << WordValue::kCountShift) - 1);
}

const std::vector<std::uint32_t> kVersions = {0,    1,          2,           1022,      1023,
                                              1024, 0x7fffffff, 0xfffffbffu, 0xfffffffe};
const std::vector<std::uint32_t> kCounts = {
    0, 1, 2, 3, 127, 128, 16383, 16384, kImmortalFrom - 2, kImmortalFrom - 1, kImmortalFrom};

template <class Check>
void for_all_words(Check check) {
    for (const std::uint32_t version : kVersions) {
        for (const std::uint32_t count : kCounts) {
            for (std::uint32_t flags = 0; flags < 128; ++flags) check(version, count, flags);
        }
    }
}

TEST(Word, version_count_and_flags_do_not_overlap) {
    for_all_words([](std::uint32_t version, std::uint32_t count, std::uint32_t flags) {
        const WordValue word = word_of(version, count, flags);
        ASSERT_EQ(word.version(), version);
        ASSERT_EQ(word.count(), count);
        ASSERT_EQ(flags_of(word), flags);
    });
}

TEST(Word, the_seven_flags_are_the_seven_lowest_bits) {
    const std::uint64_t flags[] = {WordValue::kUnmarked,  WordValue::kClaimed,   WordValue::kClean,
                                   WordValue::kCondemned, WordValue::kFinalized, WordValue::kHeld,
                                   WordValue::kPostponed};
    for (unsigned i = 0; i < 7; ++i) EXPECT_EQ(flags[i], std::uint64_t{1} << i);
    EXPECT_EQ(WordValue::kCountShift, 7u);
}

TEST(Word, an_increment_adds_one_to_the_count_only) {
    for_all_words([](std::uint32_t version, std::uint32_t count, std::uint32_t flags) {
        if (count + 1 == kCountLimit) return;
        const WordValue after = word_of(version, count, flags).incremented();
        ASSERT_EQ(after.version(), version);
        ASSERT_EQ(after.count(), count + 1);
        ASSERT_EQ(flags_of(after), flags);
    });
}

TEST(Word, a_decrement_takes_one_from_the_count) {
    for_all_words([](std::uint32_t version, std::uint32_t count, std::uint32_t flags) {
        if (count == 0) return;
        const WordValue after = word_of(version, count, flags).decremented();
        ASSERT_EQ(after.version(), version);
        ASSERT_EQ(after.count(), count - 1);
        ASSERT_EQ(flags_of(after), flags);
    });
}

// Subtracting from the count borrows from the version, which kDecrement makes up for: the version
// must grow by one exactly, whatever the count.
TEST(Word, what_is_added_for_a_count_change_moves_the_version_by_one) {
    for_all_words([](std::uint32_t version, std::uint32_t count, std::uint32_t flags) {
        const WordValue before = word_of(version, count, flags);
        if (count != 0) {
            const WordValue down{before.bits + WordValue::kDecrement};
            ASSERT_EQ(down.bits, before.decremented().bumped().bits);
        }
        if (count + 1 == kCountLimit) return;
        const WordValue up{before.bits + WordValue::kIncrement};
        ASSERT_EQ(up.bits, before.incremented().bumped().bits);
    });
}

TEST(Word, a_decrement_of_count_zero_is_visible_as_an_impossible_count) {
    const WordValue after{word_of(7, 0, 0).bits + WordValue::kDecrement};
    EXPECT_EQ(after.count(), kCountLimit - 1);
    EXPECT_TRUE(after.immortal());
    EXPECT_EQ(after.version(), 7u);
}

TEST(Word, the_version_wraps_without_touching_the_count) {
    const WordValue after = word_of(0xffffffff, 5, WordValue::kUnmarked).bumped();
    EXPECT_EQ(after.version(), 0u);
    EXPECT_EQ(after.count(), 5u);
    EXPECT_EQ(flags_of(after), WordValue::kUnmarked);
}

TEST(Word, a_bump_changes_the_version_only) {
    for_all_words([](std::uint32_t version, std::uint32_t count, std::uint32_t flags) {
        ASSERT_EQ(word_of(version, count, flags).bumped().bits,
                  word_of(version + 1, count, flags).bits);
    });
}

TEST(Word, a_first_reading_moves_the_version_on_to_the_next_multiple_and_claims) {
    for (std::uint32_t version = 0; version < 3 * WordValue::kVersionAlign; ++version) {
        const WordValue after = word_of(version, 3, 0x50).first_reading();
        ASSERT_EQ(after.version() % WordValue::kVersionAlign, 0u);
        ASSERT_GT(after.version(), version);
        ASSERT_LE(after.version() - version, WordValue::kVersionAlign);
        ASSERT_EQ(after.count(), 3u);
        ASSERT_EQ(flags_of(after), 0x51u | WordValue::kClaimed | WordValue::kClean);
    }
}

TEST(Word, a_first_reading_wraps_at_the_end_of_the_version) {
    const WordValue after = word_of(0xfffffc01, 1, 0).first_reading();
    EXPECT_EQ(after.version(), 0u);
    EXPECT_EQ(after.count(), 1u);
}

TEST(Word, unchanged_means_clean_unmarked_and_an_aligned_version) {
    for (std::uint32_t version = 0; version <= 2 * WordValue::kVersionAlign; ++version) {
        for (std::uint32_t flags = 0; flags < 128; ++flags) {
            const bool expected = (flags & WordValue::kClean) != 0 &&
                                  (flags & WordValue::kUnmarked) != 0 && version % 2048 == 0;
            ASSERT_EQ(word_of(version, 9, flags).unchanged(), expected) << version << ' ' << flags;
        }
    }
}

// W3: up to one change per context may be without its second step; none of them may hide.
TEST(Word, no_number_of_changes_below_the_alignment_looks_unchanged) {
    WordValue word = word_of(1, 1, 0).first_reading();
    ASSERT_TRUE(word.unchanged());
    for (std::uint32_t changes = 1; changes < WordValue::kVersionAlign; ++changes) {
        word = {word.bits + (changes % 2 != 0 ? WordValue::kIncrement : WordValue::kDecrement)};
        ASSERT_FALSE(word.unchanged()) << changes;
    }
}

TEST(Word, the_immortal_band_is_the_upper_half_of_the_counts) {
    EXPECT_FALSE(word_of(0, kImmortalFrom - 1, 127).immortal());
    EXPECT_TRUE(word_of(0, kImmortalFrom, 0).immortal());
    EXPECT_TRUE(word_of(0, kCountLimit - 1, 0).immortal());
    EXPECT_TRUE(word_of(0, kImmortalFrom - 1, 0).incremented().immortal());
}

TEST(Word, saturated_lies_in_the_middle_of_the_band) {
    const WordValue word = word_of(77, 5, 0x2a).saturated();
    EXPECT_TRUE(word.immortal());
    EXPECT_EQ(word.version(), 77u);
    EXPECT_EQ(flags_of(word), 0x2au);
    EXPECT_EQ(word.count(), (kImmortalFrom + kCountLimit) / 2);
    EXPECT_EQ(word.count() - kImmortalFrom, kCountLimit - word.count());
}

TEST(Word, incremented_or_pinned_returns_to_the_middle_of_the_band) {
    EXPECT_EQ(word_of(3, 4, 1).incremented_or_pinned().bits, word_of(3, 5, 1).bits);
    const WordValue before = word_of(3, kImmortalFrom + 12345, 1);
    const WordValue after = before.incremented_or_pinned();
    EXPECT_EQ(after.count(), word_of(0, 0, 0).saturated().count());
    EXPECT_EQ(after.version(), 3u);
}

TEST(Word, dead_keeps_the_version_and_finalized_only) {
    for_all_words([](std::uint32_t version, std::uint32_t count, std::uint32_t flags) {
        const WordValue dead = word_of(version, count, flags).dead();
        ASSERT_EQ(dead.version(), version);
        ASSERT_EQ(dead.count(), 0u);
        ASSERT_EQ(flags_of(dead), WordValue::kFinalized);
        ASSERT_FALSE(dead.unchanged());
    });
}

TEST(Word, the_heaps_own_references_do_not_show_in_the_user_count) {
    const std::uint32_t held = WordValue::kHeld;
    const std::uint32_t postponed = WordValue::kPostponed;
    EXPECT_EQ(word_of(0, 5, 0).user_count(), 5u);
    EXPECT_EQ(word_of(0, 5, held).user_count(), 4u);
    EXPECT_EQ(word_of(0, 5, postponed).user_count(), 4u);
    EXPECT_EQ(word_of(0, 5, held | postponed).user_count(), 3u);
    EXPECT_EQ(word_of(0, 5, held | postponed).own_references(), 2u);
}

TEST(Word, with_and_without_set_and_clear_one_flag) {
    const WordValue word = word_of(1, 2, WordValue::kClean);
    EXPECT_TRUE(word.with(WordValue::kHeld).has(WordValue::kHeld));
    EXPECT_TRUE(word.with(WordValue::kHeld).has(WordValue::kClean));
    EXPECT_EQ(word.with(WordValue::kHeld).without(WordValue::kHeld).bits, word.bits);
    EXPECT_FALSE(word.without(WordValue::kClean).has(WordValue::kClean));
}

}  // namespace
}  // namespace ouro
