// Goal: memory is aligned, disjoint, reusable for every other size, and its figures and its own
// check are right. Method: the allocator alone on a mapped region, every size class and beyond.
#include "heap/paged/block_allocator.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <barrier>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <utility>
#include <vector>

#include "platform/annotate.h"
#include "platform/context.h"
#include "tests/support/random.h"
#include "tests/support/region.h"
#include "tests/support/sanitizer.h"
#include "tests/support/threads.h"

namespace ouro {
namespace {

using testing::kKiB;
using testing::kMiB;

class BlockAllocatorTest : public ::testing::Test {
protected:
    /// Begins with a new region; the one before ends, sound.
    void init(std::size_t bytes) {
        TearDown();
        region_ = std::make_unique<testing::Region>(bytes);
        blocks_ = std::make_unique<BlockAllocator>();
        ASSERT_TRUE(blocks_->init(region_->data(), bytes, {}, types_));
    }
    void TearDown() override {
        if (blocks_ == nullptr) return;
        EXPECT_EQ(blocks_->verify(), nullptr);
        blocks_->abandon();
    }
    /// Allocates until nothing more fits.
    std::vector<Header*> fill(std::size_t payload) {
        std::vector<Header*> taken;
        while (Header* header = blocks_->allocate(payload)) taken.push_back(header);
        return taken;
    }
    void free_all(const std::vector<Header*>& headers) {
        for (Header* header : headers) blocks_->free(header);
    }

    std::unique_ptr<testing::Region> region_;
    TypeTable types_;
    std::unique_ptr<BlockAllocator> blocks_;
};

/// Payloads that stand for all: around every cell size, and runs of pages.
std::vector<std::size_t> interesting_payloads() {
    std::vector<std::size_t> sizes = {0, 1, 8, 15, 16, 17};
    const std::size_t overhead = sizeof(Header) + platform::kRedzoneBytes;
    for (const SizeClass& size_class : kSizeClassTable) {
        if (size_class.cell_bytes < overhead + 17) continue;
        sizes.push_back(size_class.cell_bytes - overhead - 1);
        sizes.push_back(size_class.cell_bytes - overhead);
        sizes.push_back(size_class.cell_bytes - overhead + 1);
    }
    for (const std::size_t size : {9000u, 12000u, 65536u, 200000u}) sizes.push_back(size);
    return sizes;
}

TEST_F(BlockAllocatorTest, payloads_are_aligned_writable_and_disjoint) {
    init(4 * kMiB);
    std::map<std::byte*, std::size_t> taken;
    for (const std::size_t payload : interesting_payloads()) {
        for (int i = 0; i < 3; ++i) {
            Header* header = blocks_->allocate(payload);
            ASSERT_NE(header, nullptr) << payload;
            auto* memory = static_cast<std::byte*>(header->payload());
            EXPECT_EQ(reinterpret_cast<std::uintptr_t>(memory) % 16, 0u);
            EXPECT_TRUE(blocks_->contains(header));
            std::memset(memory, 0xa5, payload);
            taken[reinterpret_cast<std::byte*>(header)] = payload + sizeof(Header);
        }
    }
    std::byte* end = region_->data();
    for (const auto& [start, bytes] : taken) {
        ASSERT_GE(start, end) << "two blocks overlap";
        end = start + bytes;
    }
    EXPECT_LE(end, region_->data() + region_->size());
}

TEST_F(BlockAllocatorTest, a_fresh_block_has_count_zero_no_type_and_a_new_generation) {
    init(kMiB);
    std::uint32_t before = 0;
    for (int i = 0; i < 10; ++i) {
        Header* header = blocks_->allocate(40);
        EXPECT_EQ(header->load_word().count(), 0u);
        EXPECT_EQ(header->load_info().type(), 0u);
        const std::uint32_t generation = header->generation.load(platform::memory_order_relaxed);
        EXPECT_GT(generation, before);
        before = generation;
        blocks_->free(header);
    }
}

TEST_F(BlockAllocatorTest, a_freed_block_is_reused_at_once) {
    init(kMiB);
    Header* first = blocks_->allocate(100);
    blocks_->free(first);
    EXPECT_EQ(blocks_->allocate(100), first);
}

TEST_F(BlockAllocatorTest, the_largest_payload_fits_an_empty_region_of_any_size) {
    for (std::size_t pages = 2; pages < 80; ++pages) {
        init(pages * 4096 + 700);
        Header* header = blocks_->allocate(blocks_->payload_max());
        ASSERT_NE(header, nullptr) << blocks_->page_count() << " pages";
        std::memset(header->payload(), 1, blocks_->payload_max());
        EXPECT_EQ(blocks_->allocate(1), nullptr);
        blocks_->free(header);
        EXPECT_EQ(blocks_->allocate(blocks_->payload_max() + 1), nullptr);
    }
}

TEST_F(BlockAllocatorTest, a_region_without_room_for_a_page_is_refused) {
    testing::Region region(64 * kKiB);
    for (std::size_t bytes = 0; bytes < 4096; bytes += 64)
        EXPECT_FALSE(BlockAllocator().init(region.data(), bytes, {}, types_)) << bytes;
}

TEST_F(BlockAllocatorTest, emptied_space_is_usable_for_every_other_size) {
    init(kMiB);
    const std::vector<std::size_t> sizes = interesting_payloads();
    const std::size_t first_count = fill(sizes[0]).size();
    ASSERT_GT(first_count, 100u);
    for (const std::size_t size : sizes) {
        init(kMiB);
        std::vector<Header*> taken = fill(size);
        const std::size_t count = taken.size();
        ASSERT_GT(count, 0u) << size;
        free_all(taken);
        for (const std::size_t other : {std::size_t{10}, std::size_t{700}, 150 * kKiB}) {
            taken = fill(other);
            ASSERT_GT(taken.size() * (other + 16), kMiB / 2) << size << " then " << other;
            free_all(taken);
        }
        taken = fill(size);  // spans of several pages may lie differently now
        ASSERT_GE(taken.size() * 8, count * 7) << size;
        free_all(taken);
    }
}

TEST_F(BlockAllocatorTest, whatever_fits_into_a_free_page_is_served) {
    init(kMiB);
    const std::size_t page = kPageBytes - sizeof(Header) - platform::kRedzoneBytes;
    std::vector<Header*> pages = fill(page);
    ASSERT_GT(pages.size(), 20u);
    std::sort(pages.begin(), pages.end());
    std::vector<Header*> kept;
    for (std::size_t i = 0; i < pages.size(); ++i) {  // no two free ones in a row
        if (i % 2 == 0) {
            blocks_->free(pages[i]);
        } else {
            kept.push_back(pages[i]);
        }
    }
    ASSERT_TRUE(blocks_->tidy());
    for (const std::size_t bytes : {880u, 1500u, 1700u, 2400u, 2900u, 3900u}) {
        Header* header = blocks_->allocate(bytes);
        ASSERT_NE(header, nullptr) << bytes;
        EXPECT_EQ(blocks_->verify(), nullptr) << bytes;
        blocks_->free(header);
        ASSERT_TRUE(blocks_->tidy());
    }
    EXPECT_EQ(blocks_->allocate(page + 1), nullptr) << "that needs two pages in a row";
    free_all(kept);
}

TEST_F(BlockAllocatorTest, a_free_cell_of_a_larger_class_serves_when_there_are_no_pages) {
    init(kMiB);
    std::vector<Header*> cells = fill(1000);
    Header* last = cells.back();
    blocks_->free(last);
    EXPECT_EQ(blocks_->allocate(24), last);
    EXPECT_EQ(blocks_->verify(), nullptr);
    free_all(cells);
}

TEST_F(BlockAllocatorTest, an_object_as_large_as_the_largest_free_block_succeeds) {
    testing::SeededRandom random = testing::seeded_random();
    SCOPED_TRACE(random.seed_text());
    for (const std::size_t size : interesting_payloads()) {
        init(kMiB);
        const std::vector<Header*> taken = fill(size);
        std::vector<Header*> rest;
        for (Header* header : taken) {
            if (random.below(3) == 0) {
                rest.push_back(header);
            } else {
                blocks_->free(header);
            }
        }
        const std::size_t largest = blocks_->figures().largest_free_block;
        Header* header = largest > 0 ? blocks_->allocate(largest) : nullptr;
        if (largest > 0) {
            ASSERT_NE(header, nullptr) << size << ", " << largest;
        }
        if (header != nullptr) blocks_->free(header);
        free_all(rest);
        header = blocks_->allocate(blocks_->figures().largest_free_block);
        ASSERT_NE(header, nullptr) << size;
        blocks_->free(header);
    }
}

// Spans without a used cell count as free space: after everything was freed the figure must say so.
TEST_F(BlockAllocatorTest, the_largest_free_block_of_an_emptied_region_is_most_of_it) {
    for (const std::size_t size : {std::size_t{20}, std::size_t{500}, std::size_t{9000}}) {
        init(kMiB);
        free_all(fill(size));
        const MemoryFigures figures = blocks_->figures();
        EXPECT_EQ(figures.free_bytes, figures.capacity_bytes);
        EXPECT_GE(figures.largest_free_block, figures.capacity_bytes / 8 * 7 - 64) << size;
    }
}

TEST_F(BlockAllocatorTest, figures_add_up_and_the_high_water_mark_stays) {
    init(kMiB);
    const MemoryFigures empty = blocks_->figures();
    EXPECT_EQ(empty.used_bytes, 0u);
    EXPECT_EQ(empty.free_bytes, empty.capacity_bytes);
    EXPECT_EQ(empty.capacity_bytes, blocks_->page_count() * kPageBytes);
    Header* small = blocks_->allocate(48 - platform::kRedzoneBytes);
    Header* large = blocks_->allocate(3 * 4096);
    const MemoryFigures full = blocks_->figures();
    EXPECT_EQ(full.used_bytes, 64u + 4 * 4096u);
    EXPECT_EQ(full.used_bytes + full.free_bytes, full.capacity_bytes);
    blocks_->free(small);
    blocks_->free(large);
    const MemoryFigures after = blocks_->figures();
    EXPECT_EQ(after.used_bytes, 0u);
    EXPECT_EQ(after.used_bytes_max, full.used_bytes);
}

TEST_F(BlockAllocatorTest, every_address_of_a_block_leads_to_its_cell) {
    init(kMiB);
    for (const std::size_t payload : interesting_payloads()) {
        Header* header = blocks_->allocate(payload);
        ASSERT_NE(header, nullptr);
        const auto* bytes = reinterpret_cast<const std::byte*>(header);
        const BlockAllocator::Cell cell = blocks_->cell_of(header);
        ASSERT_EQ(blocks_->header_of_cell(cell), header);
        ASSERT_LT(cell.index, blocks_->cells_in(cell.page));
        ASSERT_GE(blocks_->cell_bytes(cell), payload + sizeof(Header));
        const std::size_t end = payload + sizeof(Header);
        for (std::size_t offset = 0; offset < end; offset += offset < 9000 ? 1 : 997) {
            const BlockAllocator::Cell found = blocks_->cell_of(bytes + offset);
            ASSERT_EQ(found.page, cell.page);
            ASSERT_EQ(found.index, cell.index);
        }
        blocks_->free(header);
    }
}

TEST_F(BlockAllocatorTest, addresses_outside_any_span_have_no_cell) {
    init(kMiB);
    EXPECT_EQ(blocks_->cell_of(region_->data()).page, kNoPage) << "the records are no pages";
    EXPECT_EQ(blocks_->cell_of(region_->data() + region_->size()).page, kNoPage);
    EXPECT_EQ(blocks_->cell_of(reinterpret_cast<void*>(blocks_->begin())).page, kNoPage) << "free";
    EXPECT_EQ(blocks_->cell_of(nullptr).page, kNoPage);
    EXPECT_EQ(blocks_->cells_in(0), 0u);
}

TEST_F(BlockAllocatorTest, an_open_window_keeps_an_empty_span_in_its_shape) {
    init(64 * kKiB);
    const std::vector<Header*> taken = fill(100);
    const std::set<Header*> cells(taken.begin(), taken.end());
    free_all(taken);
    {
        platform::LoadWindow window;
        EXPECT_EQ(blocks_->allocate(blocks_->payload_max() / 2), nullptr);
        EXPECT_EQ(blocks_->cell_of(taken[0]).page, kNoPage) << "nobody new may look at its cells";
        for (Header* header : taken) ASSERT_EQ(header->load_word().count(), 0u);
        std::vector<Header*> again = fill(100);
        EXPECT_EQ(again.size(), taken.size()) << "its own class may have the spans back at once";
        for (Header* header : again) {
            EXPECT_EQ(cells.count(header), 1u) << "another shape";
            EXPECT_NE(blocks_->cell_of(header).page, kNoPage);
        }
        EXPECT_EQ(blocks_->verify(), nullptr);
        free_all(again);
    }
    Header* large = blocks_->allocate(blocks_->payload_max() / 2);
    ASSERT_NE(large, nullptr);
    blocks_->free(large);
}

TEST_F(BlockAllocatorTest, a_window_of_another_thread_keeps_spans_too) {
    init(64 * kKiB);
    free_all(fill(100));
    std::barrier<> barrier(2);
    testing::run_threads(2, [&](std::size_t thread) {
        if (thread == 0) {
            platform::LoadWindow window;
            barrier.arrive_and_wait();
            barrier.arrive_and_wait();
        } else {
            barrier.arrive_and_wait();
            EXPECT_EQ(blocks_->allocate(40 * kKiB), nullptr);
            barrier.arrive_and_wait();
        }
    });
    Header* large = blocks_->allocate(40 * kKiB);
    EXPECT_NE(large, nullptr);
    blocks_->free(large);
}

TEST_F(BlockAllocatorTest, the_version_of_a_word_survives_reuse_by_the_same_class) {
    init(64 * kKiB);
    Header* header = blocks_->allocate(100);
    header->word.store(WordValue{std::uint64_t{5000} << 32}.dead().bits,
                       platform::memory_order_relaxed);
    blocks_->free(header);
    ASSERT_EQ(blocks_->allocate(100), header);
    EXPECT_GE(header->load_word().version(), 5000u);
    blocks_->free(header);
}

TEST_F(BlockAllocatorTest, random_sizes_never_overlap_and_leave_nothing_behind) {
    init(2 * kMiB);
    testing::SeededRandom random = testing::seeded_random();
    SCOPED_TRACE(random.seed_text());
    struct Block {
        Header* header;
        std::size_t payload;
        unsigned char mark;
    };
    std::vector<Block> live;
    for (std::size_t i = 0; i < testing::repeats(60'000); ++i) {
        if (!live.empty() && random.below(100) < 48) {
            const std::uint32_t at = random.below(live.size());
            const Block block = live[at];
            const auto* bytes = static_cast<const unsigned char*>(block.header->payload());
            for (const std::size_t offset : {std::size_t{0}, block.payload / 2, block.payload - 1})
                ASSERT_EQ(bytes[offset], block.mark) << "a block was overwritten";
            blocks_->free(block.header);
            live[at] = live.back();
            live.pop_back();
            continue;
        }
        const std::size_t payload = 1 + random.below(random.below(20) == 0 ? 60'000 : 600);
        Header* header = blocks_->allocate(payload);
        if (header == nullptr) continue;
        const auto mark = static_cast<unsigned char>(random.next());
        std::memset(header->payload(), mark, payload);
        live.push_back({header, payload, mark});
        if (i % 1024 == 0) {
            ASSERT_EQ(blocks_->verify(), nullptr);
        }
    }
    for (const Block& block : live) blocks_->free(block.header);
    EXPECT_EQ(blocks_->figures().used_bytes, 0u);
}

TEST_F(BlockAllocatorTest, threads_that_allocate_and_free_each_others_blocks_lose_none) {
    init(4 * kMiB);
    constexpr std::size_t kThreads = 4;
    std::mutex mutex;
    std::vector<Header*> pool;
    testing::run_threads(kThreads, [&](std::size_t thread) {
        testing::SeededRandom random(thread + 1);
        for (std::size_t i = 0; i < testing::repeats(5000); ++i) {
            Header* mine = blocks_->allocate(1 + random.below(random.below(16) == 0 ? 9000 : 300));
            const std::lock_guard<std::mutex> guard(mutex);
            if (mine != nullptr) pool.push_back(mine);
            if (pool.size() < 64) continue;
            std::swap(pool[random.below(pool.size())], pool.back());
            blocks_->free(pool.back());
            pool.pop_back();
        }
    });
    ASSERT_EQ(blocks_->verify(), nullptr);
    free_all(pool);
    EXPECT_EQ(blocks_->figures().used_bytes, 0u);
}

}  // namespace
}  // namespace ouro
