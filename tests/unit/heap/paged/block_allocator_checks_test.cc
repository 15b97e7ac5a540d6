// Goal: freed memory is held back as long as the quarantine promises, and the allocator's own check
// names planted damage. Method: the allocator alone; one damage at a time, undone before the end.
#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <vector>

#include "heap/paged/block_allocator.h"
#include "platform/annotate.h"
#include "tests/support/region.h"

namespace ouro {
namespace {

using testing::kKiB;
using testing::kMiB;

constexpr std::size_t kPayload = 112 - platform::kRedzoneBytes;  // cells of 128 bytes

class Quarantine : public ::testing::Test {
protected:
    static constexpr std::size_t kLimit = 10 * 128;
    Quarantine() : region_(256 * kKiB) {
        EXPECT_TRUE(
            blocks_.init(region_.data(), region_.size(), {.quarantine_bytes = kLimit}, types_));
    }
    ~Quarantine() override {
        EXPECT_EQ(blocks_.verify(), nullptr);
        blocks_.abandon();
    }
    testing::Region region_;
    TypeTable types_;
    BlockAllocator blocks_;
};

TEST_F(Quarantine, a_freed_block_is_not_reused_before_the_limit_is_reached) {
    Header* first = blocks_.allocate(kPayload);
    blocks_.free(first);
    for (std::size_t i = 0; i < 9; ++i) {
        Header* other = blocks_.allocate(kPayload);
        ASSERT_NE(other, first);
        blocks_.free(other);
    }
    EXPECT_EQ(blocks_.figures().quarantined_bytes, kLimit);
}

TEST_F(Quarantine, the_oldest_leaves_first) {
    std::vector<Header*> blocks;
    for (int i = 0; i < 11; ++i) blocks.push_back(blocks_.allocate(kPayload));
    for (Header* header : blocks) blocks_.free(header);
    EXPECT_EQ(blocks_.figures().quarantined_bytes, kLimit);
    EXPECT_EQ(blocks_.allocate(kPayload), blocks[0]);
}

TEST_F(Quarantine, quarantined_memory_is_counted_apart_and_not_as_used) {
    Header* header = blocks_.allocate(kPayload);
    EXPECT_EQ(blocks_.figures().used_bytes, 128u);
    blocks_.free(header);
    EXPECT_EQ(blocks_.figures().used_bytes, 0u);
    EXPECT_EQ(blocks_.figures().quarantined_bytes, 128u);
}

TEST_F(Quarantine, is_given_up_before_memory_is_reported_exhausted) {
    std::vector<Header*> taken;
    while (Header* header = blocks_.allocate(kPayload)) taken.push_back(header);
    const std::size_t capacity = taken.size();
    for (std::size_t i = 0; i < 5; ++i) {
        blocks_.free(taken.back());
        taken.pop_back();
    }
    while (Header* header = blocks_.allocate(kPayload)) taken.push_back(header);
    EXPECT_EQ(taken.size(), capacity);
    EXPECT_EQ(blocks_.figures().quarantined_bytes, 0u);
    for (Header* header : taken) blocks_.free(header);
}

TEST_F(Quarantine, is_given_up_for_a_large_request_too) {
    const std::size_t large = blocks_.figures().largest_free_block;
    std::vector<Header*> taken;
    while (Header* header = blocks_.allocate(kPayload)) taken.push_back(header);
    for (Header* header : taken) blocks_.free(header);
    Header* header = blocks_.allocate(large);
    EXPECT_NE(header, nullptr);
    if (header != nullptr) blocks_.free(header);
}

class PlantedDamage : public ::testing::Test {
protected:
    PlantedDamage() : region_(kMiB) {
        EXPECT_TRUE(blocks_.init(region_.data(), region_.size(), {}, types_));
        kept_ = blocks_.allocate(kPayload);
        free_ = blocks_.allocate(kPayload);
        large_ = blocks_.allocate(20'000);
        blocks_.free(free_);
        EXPECT_EQ(blocks_.verify(), nullptr);
    }
    ~PlantedDamage() override { blocks_.abandon(); }

    PageInfo& record_of(Header* header) { return blocks_.page(blocks_.cell_of(header).page); }

    testing::Region region_;
    TypeTable types_;
    BlockAllocator blocks_;
    Header* kept_ = nullptr;
    Header* free_ = nullptr;
    Header* large_ = nullptr;
};

TEST_F(PlantedDamage, a_free_cell_behind_the_span_is_named) {
    auto& last = record_of(kept_).free[CellBits::kWords - 1];
    last.fetch_or(std::uint64_t{1} << 63, platform::memory_order_relaxed);
    EXPECT_STREQ(blocks_.verify(), "B3: a free cell behind the span");
}

TEST_F(PlantedDamage, a_live_cell_that_is_free_is_named) {
    free_->info.store(3, platform::memory_order_relaxed);
    EXPECT_STREQ(blocks_.verify(), "B3: a cell in use is free");
}

TEST_F(PlantedDamage, a_lost_cell_is_named) {
    kept_->info.store(0, platform::memory_order_relaxed);
    EXPECT_STREQ(blocks_.verify(), "B3: a cell is lost");
}

TEST_F(PlantedDamage, a_span_on_the_wrong_list_is_named) {
    record_of(kept_).listed = PageInfo::kRetired;
    EXPECT_STREQ(blocks_.verify(), "B5: the list of a span");
}

TEST_F(PlantedDamage, a_wrong_number_of_cells_is_named) {
    ++record_of(kept_).cells;
    EXPECT_STREQ(blocks_.verify(), "page record: cells");
}

TEST_F(PlantedDamage, an_impossible_run_length_is_named) {
    const PageLayout layout{PageLayout::kSpan, kLargeClass, 0xfffff};
    record_of(large_).layout.store(layout.encode(), platform::memory_order_relaxed);
    EXPECT_STREQ(blocks_.verify(), "page record: length");
}

TEST_F(PlantedDamage, a_tail_in_the_place_of_a_head_is_named) {
    const PageLayout layout{PageLayout::kSpanTail, 0, 1};
    record_of(large_).layout.store(layout.encode(), platform::memory_order_relaxed);
    EXPECT_STREQ(blocks_.verify(), "page record: a tail where a head must be");
}

TEST_F(PlantedDamage, a_used_run_that_calls_itself_free_is_named) {
    PageInfo& record = record_of(large_);
    const PageLayout layout{PageLayout::kFree, 0, record.load_layout().pages};
    record.layout.store(layout.encode(), platform::memory_order_relaxed);
    EXPECT_STREQ(blocks_.verify(), "free pages: sum");
}

TEST_F(PlantedDamage, a_large_object_that_is_not_counted_is_named) {
    record_of(large_).listed = PageInfo::kRetired;
    EXPECT_STREQ(blocks_.verify(), "used bytes: sum");
}

TEST_F(PlantedDamage, freeing_a_foreign_address_stops_the_program) {
    alignas(16) static std::byte memory[64];
    EXPECT_DEATH(blocks_.free(reinterpret_cast<Header*>(memory)), "free of a foreign address");
}

}  // namespace
}  // namespace ouro
