// Goal: freed memory is held back as long as the quarantine promises, and the allocator's own check
// names planted damage. Method: the allocator alone; one damage at a time, undone before the end.
#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "heap/paged/block_allocator.h"
#include "platform/annotate.h"
#include "platform/context.h"
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

TEST_F(Quarantine, a_broken_chain_is_named) {
    Header* blocks[] = {blocks_.allocate(kPayload), blocks_.allocate(kPayload)};
    for (Header* header : blocks) blocks_.free(header);
    auto& link = blocks[0]->generation;
    const std::uint32_t good = link.load(platform::memory_order_relaxed);
    const auto to = [&](Header* header) {
        return static_cast<std::uint32_t>(
            (reinterpret_cast<std::uintptr_t>(header) - blocks_.begin()) / 16 + 1);
    };
    // Nowhere, back to itself, into the middle of a cell, to the end.
    for (const std::uint32_t bad : {~0u, to(blocks[0]), good + 1, 0u}) {
        link.store(bad, platform::memory_order_relaxed);
        EXPECT_STREQ(blocks_.verify(), "the quarantine") << bad;
    }
    link.store(good, platform::memory_order_relaxed);
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
    void set_layout(PageIndex page, PageLayout layout) {
        blocks_.page(page).layout.store(layout.encode(), platform::memory_order_relaxed);
    }
    template <class Condition>
    PageIndex find(Condition&& condition) {
        PageIndex page = 0;
        while (!condition(blocks_.page(page))) ++page;
        return page;
    }
    PageIndex free_run() {
        return find(
            [](const PageInfo& page) { return page.load_layout().kind == PageLayout::kFree; });
    }
    std::uint32_t free_length() { return blocks_.page(free_run()).load_layout().pages; }

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
    const PageIndex head = blocks_.cell_of(large_).page;
    const std::uint32_t pages = blocks_.page(head).load_layout().pages;
    set_layout(head, {PageLayout::kFree, 0, pages});
    EXPECT_STREQ(blocks_.verify(), "page record: a tail");
    set_layout(head + pages - 1, {PageLayout::kFreeTail, 0, pages - 1});
    EXPECT_STREQ(blocks_.verify(), "free pages: sum");
}

TEST_F(PlantedDamage, a_cache_that_nobody_knows_is_named) {
    const PageIndex head = blocks_.cell_of(large_).page;
    set_layout(head, {PageLayout::kCache, 0, blocks_.page(head).load_layout().pages});
    EXPECT_STREQ(blocks_.verify(), "page record: a cache that is none");
}

TEST_F(PlantedDamage, a_span_that_is_held_by_nobody_is_named) {
    for (Header* header : {kept_, large_}) {
        record_of(header).held.store(1, platform::memory_order_relaxed);
        EXPECT_STREQ(blocks_.verify(), "K3: held by nobody, or not held by its holder");
        record_of(header).held.store(0, platform::memory_order_relaxed);
    }
}

TEST_F(PlantedDamage, tails_that_lead_elsewhere_are_named) {
    const PageIndex head = blocks_.cell_of(large_).page;
    set_layout(head + 2, {PageLayout::kSpanTail, 0, 1});
    EXPECT_STREQ(blocks_.verify(), "page record: a tail");
    set_layout(head + 2, {PageLayout::kSpanTail, 0, 2});
    EXPECT_EQ(blocks_.verify(), nullptr);
    set_layout(free_run() + free_length() - 1, {PageLayout::kFreeTail, 0, 1});
    EXPECT_STREQ(blocks_.verify(), "page record: a tail");
}

TEST_F(PlantedDamage, a_layout_with_bits_that_mean_nothing_is_named) {
    record_of(kept_).layout.fetch_or(std::uint64_t{1} << 20, platform::memory_order_relaxed);
    EXPECT_STREQ(blocks_.verify(), "page record: layout");
}

TEST_F(PlantedDamage, a_class_that_does_not_exist_is_named) {
    const PageIndex page = blocks_.cell_of(kept_).page;
    PageLayout layout = blocks_.page(page).load_layout();
    layout.size_class = 200;
    set_layout(page, layout);
    EXPECT_STREQ(blocks_.verify(), "page record: class");
}

TEST_F(PlantedDamage, free_cells_of_a_large_object_are_named) {
    record_of(large_).free[0].store(1, platform::memory_order_relaxed);
    EXPECT_STREQ(blocks_.verify(), "B3: a free cell behind the span");
}

TEST_F(PlantedDamage, a_page_that_says_to_be_listed_and_is_no_span_is_named) {
    blocks_.page(free_run()).listed = PageInfo::kRetired;
    EXPECT_STREQ(blocks_.verify(), "B5: a page on a list that is no span");
    blocks_.page(free_run()).listed = PageInfo::kUnlisted;
    blocks_.page(free_run() + 1).listed = PageInfo::kRetired;
    EXPECT_STREQ(blocks_.verify(), "page record: a tail");
}

// Of each list: a link that leads to no page, one that leads to a page of another list, one that
// leads back, and a way back that is none.
TEST_F(PlantedDamage, links_that_make_no_list_are_named) {
    Header* other = blocks_.allocate(2000);
    blocks_.free(blocks_.allocate(500));
    EXPECT_EQ(blocks_.verify(), nullptr);
    const PageIndex available = blocks_.cell_of(kept_).page;
    const PageIndex retired =
        find([](const PageInfo& page) { return page.listed == PageInfo::kRetired; });
    const struct {
        PageIndex page;
        const char* sentence;
    } lists[] = {{available, "B5: the list of a class"},
                 {retired, "B5: the list of retired spans"},
                 {free_run(), "the lists of free runs"}};
    for (const auto& list : lists) {
        PageInfo& record = blocks_.page(list.page);
        for (const PageIndex bad : {PageIndex{100'000}, blocks_.cell_of(large_).page, list.page}) {
            const PageIndex next = std::exchange(record.next, bad);
            EXPECT_STREQ(blocks_.verify(), list.sentence) << bad;
            record.next = next;
        }
        record.prev = list.page;
        EXPECT_STREQ(blocks_.verify(), list.sentence);
        record.prev = kNoPage;
        EXPECT_EQ(blocks_.verify(), nullptr);
    }
    blocks_.free(other);
}

TEST_F(PlantedDamage, a_list_of_dissolving_spans_that_is_broken_is_named) {
    blocks_.free(blocks_.allocate(500));
    platform::LoadWindow window;
    EXPECT_FALSE(blocks_.tidy());
    EXPECT_EQ(blocks_.verify(), nullptr);
    const PageIndex page = find(
        [](const PageInfo& info) { return info.load_layout().kind == PageLayout::kDissolving; });
    blocks_.page(page).next = 100'000;
    EXPECT_STREQ(blocks_.verify(), "B2: the lists of dissolving spans");
    blocks_.page(page).next = kNoPage;
    ++blocks_.page(page).cells;
    EXPECT_STREQ(blocks_.verify(), "page record: cells");
    --blocks_.page(page).cells;
    auto& free = blocks_.page(page).free[0];
    free.fetch_and(~std::uint64_t{1}, platform::memory_order_relaxed);
    EXPECT_STREQ(blocks_.verify(), "B2: a dissolving span has cells in use");
    free.fetch_or(1, platform::memory_order_relaxed);
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
