// Goal: a count change is one step that says so in the flags, and a swap fails after any write,
// also of the same value. Method: one header, by hand.
#include "heap/header.h"

#include <gtest/gtest.h>

namespace ouro {
namespace {

using platform::memory_order_acq_rel;
using platform::memory_order_relaxed;

class CompactHeader : public ::testing::Test {
protected:
    void SetUp() override { header_.store_word(WordValue{}.newborn(0), memory_order_relaxed); }
    WordValue word() const { return header_.load_word(); }
    /// As after the collector's first reading.
    void read_first() {
        LinkedWord look(&header_);
        ASSERT_TRUE(look.swap_first_reading(memory_order_acq_rel));
        ASSERT_TRUE(word().unchanged());
    }

    Header header_;
};

TEST_F(CompactHeader, is_two_words) { EXPECT_EQ(sizeof(Header), 2 * sizeof(void*)); }

TEST_F(CompactHeader, every_count_change_shows) {
    read_first();
    header_.count_up(memory_order_acq_rel);
    EXPECT_EQ(word().count(), 2u);
    EXPECT_FALSE(word().unchanged());

    read_first();
    header_.count_down(memory_order_acq_rel);
    EXPECT_EQ(word().count(), 1u);
    EXPECT_TRUE(word().marked());
    EXPECT_FALSE(word().unchanged());

    read_first();
    header_.touch(memory_order_acq_rel);
    EXPECT_EQ(word().count(), 1u);
    EXPECT_FALSE(word().unchanged());
}

TEST_F(CompactHeader, a_swap_fails_after_any_write_since_the_look) {
    LinkedWord look(&header_);
    header_.count_up(memory_order_acq_rel);
    header_.count_down(memory_order_acq_rel);
    EXPECT_FALSE(look.swap(look.value().with(WordValue::kHeld), memory_order_acq_rel));

    LinkedWord again(&header_);
    header_.store_word(again.value(), memory_order_relaxed);  // the same value
    EXPECT_FALSE(again.swap(again.value().with(WordValue::kHeld), memory_order_acq_rel));
    EXPECT_FALSE(word().has(WordValue::kHeld));
}

TEST_F(CompactHeader, the_collectors_parts_leave_count_and_flags_alone) {
    const WordValue before = word();
    header_.set_level(3);
    header_.set_edges(100);
    EXPECT_EQ(header_.level(), 3u);
    EXPECT_EQ(header_.edges(), 100u);
    header_.set_level(0);
    header_.set_edges(0);
    EXPECT_EQ(word().bits, before.bits);
}

TEST_F(CompactHeader, info_tells_a_free_block_from_an_object) {
    const InfoValue object = InfoValue::in_use(9, 0x1'2345, InfoValue::kConstructing);
    EXPECT_EQ(object.type(), 9u);
    EXPECT_EQ(object.generation(), 0x2345u);
    EXPECT_TRUE(object.constructing());
    const InfoValue block = InfoValue::free(60'000, InfoValue::kAfterFree);
    EXPECT_EQ(block.type(), 0u);
    EXPECT_EQ(block.units(), 60'000u);
    EXPECT_TRUE(block.has(InfoValue::kAfterFree));
}

}  // namespace
}  // namespace ouro
