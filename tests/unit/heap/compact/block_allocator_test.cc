// Goal: blocks are aligned, disjoint, joined when free, used only when nobody can be looking at
// what was joined; figures and the allocator's own check are right. Method: the allocator alone on
// a mapped region, with one variable type, beside a model that is kept outside of it.
#include "heap/compact/block_allocator.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <map>
#include <memory>
#include <vector>

#include "platform/annotate.h"
#include "platform/context.h"
#include "tests/support/random.h"
#include "tests/support/record_damage.h"
#include "tests/support/region.h"

namespace ouro {
namespace {

using testing::kKiB;

constexpr TypeInfo kBytes{"bytes", 0,      0, TypeInfo::kVariable, [](std::uint16_t*) {},
                          nullptr, nullptr};

class CompactBlocks : public ::testing::Test {
protected:
    void SetUp() override {
        memory_.resize(TypeTable::bytes_needed(4, 4));
        types_.init(memory_.data(), 4, 4);
        type_ = types_.index_of(types_.enter(kBytes).value());
        ASSERT_TRUE(blocks_.init(region_.data(), region_.size(), {}, types_));
    }
    void TearDown() override {
        EXPECT_EQ(blocks_.verify(), nullptr);
        blocks_.abandon();
    }
    /// A block of so many units, its header included.
    Header* allocate(std::uint32_t units) {
        const std::size_t payload = (units - 1) * kUnitBytes - platform::kRedzoneBytes;
        const auto trailing = static_cast<std::uint32_t>(payload - sizeof(Trailing));
        return blocks_.allocate({payload, type_, &kBytes, Trailing{0, trailing}});
    }
    std::size_t largest() { return blocks_.figures().largest_free_block; }
    /// All headers that the cards show, free blocks included.
    std::vector<const Header*> all_headers() {
        std::vector<const Header*> found;
        for (PageIndex card = 0; card < blocks_.page_count(); ++card) {
            const CellBits cells = blocks_.headers(card);
            for (std::uint32_t cell = cells.next(0); cell < kCellsMax; cell = cells.next(cell + 1))
                found.push_back(blocks_.header_of_cell({card, cell}));
        }
        return found;
    }

    static constexpr std::uint32_t kSmall =
        8 + static_cast<std::uint32_t>(platform::kRedzoneBytes / kUnitBytes);
    testing::Region region_{64 * kKiB};
    std::vector<std::byte> memory_;
    TypeTable types_;
    TypeIndex type_ = 0;
    BlockAllocator blocks_;
};

TEST_F(CompactBlocks, an_empty_heap_is_one_free_block) {
    EXPECT_EQ(all_headers().size(), 1u);
    EXPECT_EQ(blocks_.figures().used_bytes, 0u);
    EXPECT_GT(largest(), 60 * kKiB);
}

TEST_F(CompactBlocks, neighbours_are_joined_in_whatever_order_they_are_freed) {
    const std::size_t before = largest();
    std::vector<int> order = {0, 1, 2, 3};
    do {
        Header* blocks[4];
        for (Header*& block : blocks) block = allocate(kSmall);
        for (const int i : order) blocks_.free(blocks[i]);
        EXPECT_TRUE(blocks_.tidy());
        EXPECT_EQ(all_headers().size(), 1u);
        EXPECT_EQ(largest(), before);
    } while (std::next_permutation(order.begin(), order.end()));
}

TEST_F(CompactBlocks, nothing_is_joined_while_somebody_looks) {
    Header* first = allocate(kSmall);
    Header* second = allocate(kSmall);
    Header* behind = allocate(kSmall);
    const std::size_t headers = all_headers().size();
    {
        platform::LoadWindow window;
        blocks_.free(first);
        blocks_.free(second);
        EXPECT_EQ(all_headers().size(), headers);
        EXPECT_FALSE(blocks_.tidy());
        EXPECT_EQ(all_headers().size(), headers);
    }
    EXPECT_TRUE(blocks_.tidy());
    EXPECT_EQ(all_headers().size(), headers - 1);
    blocks_.free(behind);
}

TEST_F(CompactBlocks, what_was_joined_while_nobody_looked_is_usable_at_once) {
    Header* first = allocate(kSmall);
    Header* second = allocate(kSmall);
    while (allocate(kSmall) != nullptr) {
    }
    blocks_.free(first);
    blocks_.free(second);
    platform::LoadWindow window;  // whoever looks from now on finds the joined block
    EXPECT_EQ(allocate(2 * kSmall), first);
}

TEST_F(CompactBlocks, a_window_never_keeps_the_large_free_block_from_an_allocation) {
    Header* first = allocate(kSmall);
    {
        platform::LoadWindow window;
        blocks_.free(first);  // beside all that is free, but not joined with it
        EXPECT_NE(allocate(4 * kSmall), nullptr);
    }
    Header* last = allocate(kSmall);
    blocks_.free(last);  // joined
    platform::LoadWindow window;
    EXPECT_NE(allocate(4 * kSmall), nullptr);
}

TEST_F(CompactBlocks, what_was_found_stays_found_until_a_header_goes) {
    Header* first = allocate(kSmall);
    Header* second = allocate(kSmall);
    Header* third = allocate(kSmall);
    allocate(kSmall);
    std::uint32_t gone = blocks_.headers_gone();
    std::uint32_t looks = 0;
    CellBits cells = blocks_.headers(0);
    const auto is_header = [&](const Header* header) {
        return blocks_.is_still_header(blocks_.cell_of(header), cells, gone, looks);
    };
    blocks_.free(first);  // stays a header
    EXPECT_TRUE(is_header(first));
    EXPECT_TRUE(is_header(second));
    EXPECT_EQ(looks, 0u) << "no header went";
    blocks_.free(second);  // joined with the one before
    EXPECT_FALSE(is_header(second));
    EXPECT_GT(looks, 0u);
    looks = 0;
    EXPECT_TRUE(is_header(first));
    EXPECT_TRUE(is_header(third));
    EXPECT_EQ(looks, 0u) << "one look for all of them";
}

TEST_F(CompactBlocks, a_look_at_a_card_says_how_many_headers_it_has_looked_at) {
    static constexpr TypeInfo kSmallest{"smallest", 1,       1,      TypeInfo::kTracked,
                                        nullptr,    nullptr, nullptr};
    TypeInfo info = kSmallest;
    info.fixed_fields = 0;
    const TypeIndex smallest = types_.index_of(types_.enter(info).value());
    while (blocks_.allocate({1, smallest, &info, {}}) != nullptr) {
    }
    std::uint32_t most = 0;
    for (PageIndex card = 0; card < blocks_.page_count(); ++card) {
        std::uint32_t looks = 0;
        const CellBits cells = blocks_.headers(card, looks);
        std::uint32_t headers = 0;
        for (std::uint32_t cell = cells.next(0); cell < kCellsMax; cell = cells.next(cell + 1))
            ++headers;
        EXPECT_EQ(looks, headers);
        most = std::max(most, looks);
    }
    EXPECT_LE(most, BlockAllocator::kLooksMax);
    if (platform::kRedzoneBytes == 0) {
        EXPECT_EQ(most, BlockAllocator::kLooksMax);
    }
}

TEST_F(CompactBlocks, every_address_leads_to_the_header_before_it) {
    testing::SeededRandom random = testing::seeded_random();
    std::vector<Header*> blocks;
    while (Header* block = allocate(kSmall + static_cast<std::uint32_t>(random.below(200))))
        blocks.push_back(block);
    platform::LoadWindow window;
    for (const Header* block : blocks) {
        const std::size_t bytes = blocks_.cell_bytes(blocks_.cell_of(block));
        for (const std::size_t offset : {std::size_t{0}, bytes / 2, bytes - 1}) {
            const void* address = reinterpret_cast<const std::byte*>(block) + offset;
            const BlockAllocator::Cell cell = blocks_.cell_containing(address);
            ASSERT_NE(cell.page, kNoPage);
            EXPECT_EQ(blocks_.header_of_cell(cell), block);
        }
        EXPECT_TRUE(blocks_.is_header(block));
        EXPECT_FALSE(blocks_.is_header(block + 1));
    }
}

TEST_F(CompactBlocks, random_work_agrees_with_a_model) {
    testing::SeededRandom random = testing::seeded_random();
    const std::size_t before = largest();
    std::map<Header*, std::size_t> live;  // units
    std::size_t used = 0;
    for (int i = 0; i < 20'000; ++i) {
        if (random.below(2) == 0 && !live.empty()) {
            auto at = live.begin();
            std::advance(at, random.below(live.size()));
            used -= blocks_.cell_bytes(blocks_.cell_of(at->first));
            blocks_.free(at->first);
            live.erase(at);
        } else {
            const auto units =
                kSmall + static_cast<std::uint32_t>(random.below(random.below(8) == 0 ? 400 : 12));
            Header* block = allocate(units);
            if (block == nullptr) continue;
            const auto next = live.upper_bound(block);
            ASSERT_TRUE(next == live.end() || block + units <= next->first);
            ASSERT_TRUE(next == live.begin() ||
                        std::prev(next)->first + std::prev(next)->second <= block);
            live[block] = units;
            used += blocks_.cell_bytes(blocks_.cell_of(block));
        }
        ASSERT_EQ(blocks_.figures().used_bytes, used);
        if (i % 500 == 0) {
            ASSERT_EQ(blocks_.verify(), nullptr);
        }
    }
    for (const auto& [block, units] : live) blocks_.free(block);
    EXPECT_TRUE(blocks_.tidy());
    EXPECT_EQ(largest(), before);
    EXPECT_EQ(blocks_.figures().used_bytes, 0u);
}

TEST_F(CompactBlocks, one_place_gets_another_generation_every_time) {
    Header* block = allocate(kSmall);
    std::uint32_t generation = block->load_generation();
    for (int i = 0; i < 1000; ++i) {
        blocks_.free(block);
        ASSERT_EQ(allocate(kSmall), block);
        ASSERT_NE(block->load_generation(), generation);
        generation = block->load_generation();
    }
}

TEST_F(CompactBlocks, damage_is_named) {
    Header* first = allocate(kSmall);
    Header* second = allocate(kSmall);
    const auto damage = [&](Header* header, InfoValue::Bits bits, const char* name) {
        // order: relaxed; nobody else is there.
        const InfoValue::Bits sound = header->info.load(platform::memory_order_relaxed);
        header->info.store(sound ^ bits, platform::memory_order_relaxed);
        const char* found = blocks_.verify();
        ASSERT_NE(found, nullptr) << name;
        EXPECT_STREQ(found, name);
        header->info.store(sound, platform::memory_order_relaxed);  // order: as above
        EXPECT_EQ(blocks_.verify(), nullptr);
    };
    damage(second, InfoValue::kAfterFree, "C2: the mark after a free block");
    damage(first, InfoValue::kSlack, "C1: the size of a block");
    Header* free_block = second + kSmall;
    damage(free_block, InfoValue::kKept, "C1: the flags of a free block");
    damage(free_block, InfoValue::kPending, "C3: the lists of free blocks");
    Header* end = free_block + free_block->load_info().units();
    damage(end, InfoValue::kKept, "C1: the header behind the last block");
}

TEST_F(CompactBlocks, a_size_at_the_end_of_a_free_block_that_is_another_is_named) {
    Header* free_block = allocate(kSmall) + kSmall;
    Unit* size = reinterpret_cast<Unit*>(free_block + free_block->load_info().units()) - 1;
    platform::unpoison(size, sizeof *size);
    *size ^= 1;
    EXPECT_STREQ(blocks_.verify(), "C2: the size at the end of a free block");
    *size ^= 1;
}

TEST_F(CompactBlocks, a_first_header_of_a_card_that_is_none_is_named) {
    allocate(kSmall);
    auto* sets =
        reinterpret_cast<std::uint8_t*>(&blocks_.card_word(BlockAllocator::kCandidateCards, 0));
    std::uint8_t* firsts =
        sets + BlockAllocator::kCardSets * blocks_.card_words() * sizeof(BlockAllocator::CardWord) +
        blocks_.page_count() * sizeof(std::uint16_t);
    for (const PageIndex card : {PageIndex{0}, PageIndex{1}, blocks_.page_count() - 1}) {
        firsts[card] ^= 1;
        EXPECT_STREQ(blocks_.verify(), "C5: the first header of a card") << card;
        firsts[card] ^= 1;
    }
}

TEST_F(CompactBlocks, a_place_inside_a_block_where_tidying_would_go_on_is_named) {
    allocate(kSmall);
    std::vector<unsigned char> copy(sizeof blocks_);
    platform::reveal(&blocks_, sizeof blocks_);
    std::memcpy(copy.data(), static_cast<const void*>(&blocks_), sizeof blocks_);
    ASSERT_TRUE(blocks_.tidy());
    const auto units = static_cast<std::uint32_t>(blocks_.figures().capacity_bytes / kUnitBytes);
    EXPECT_EQ(testing::for_changed_words(&blocks_, copy.data(), sizeof blocks_, 0, units,
                                         [&](std::uint32_t& word) {
                                             word = 1;
                                             EXPECT_STREQ(blocks_.verify(), "where tidy() goes on");
                                         }),
              1);
}

TEST_F(CompactBlocks, links_that_make_no_list_are_named) {
    std::vector<Header*> blocks;
    for (int i = 0; i < 8; ++i) blocks.push_back(allocate(kSmall));
    for (const int i : {1, 3, 5}) blocks_.free(blocks[static_cast<std::size_t>(i)]);
    ASSERT_EQ(blocks_.verify(), nullptr);
    platform::unpoison(blocks[3]->payload(), 2 * sizeof(Unit));
    auto* links = static_cast<Unit*>(blocks[3]->payload());
    const auto unit = [&](Header* header) { return static_cast<Unit>(header - blocks[0]); };
    for (Unit* link : {&links[0], &links[1]}) {
        const Unit good = *link;
        for (const Unit bad : {static_cast<Unit>(kNoUnit - 1), unit(blocks[3]), unit(blocks[4]),
                               static_cast<Unit>(unit(blocks[5]) + 1), kNoUnit}) {
            *link = bad;
            EXPECT_STREQ(blocks_.verify(), "C3: the lists of free blocks") << bad;
        }
        *link = good;
    }
    for (const int i : {0, 2, 4, 6, 7}) blocks_.free(blocks[static_cast<std::size_t>(i)]);
}

TEST_F(CompactBlocks, cards_that_do_not_exist_are_in_no_set) {
    EXPECT_EQ(blocks_.cards_in(BlockAllocator::kTodoCards), 0u);
    auto& last = blocks_.card_word(BlockAllocator::kTodoCards, blocks_.card_words() - 1);
    ASSERT_NE(blocks_.page_count() % 32, 0u);
    // order: relaxed; nobody else is there.
    last.store(1u << (blocks_.page_count() - 1) % 32, platform::memory_order_relaxed);
    EXPECT_EQ(blocks_.cards_in(BlockAllocator::kTodoCards), 1u);
    last.store(1u << blocks_.page_count() % 32, platform::memory_order_relaxed);
    EXPECT_EQ(blocks_.cards_in(BlockAllocator::kTodoCards), kNoPage);
    last.store(0, platform::memory_order_relaxed);
}

}  // namespace
}  // namespace ouro
