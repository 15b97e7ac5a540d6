// Goal: every size of a region is refused with a clear error or gives a heap that works, also when
// it is used up, and nothing beside the region is written. Method: sizes from nothing upward, in
// steps smaller than any table, at every alignment that matters, between pages without access.
#include <gtest/gtest.h>
#include <sys/mman.h>

#include <cstddef>
#include <span>

#include "tests/support/heap_test.h"

namespace ouro {
namespace {

using testing::Finalized;
using testing::Plain;

/// Memory with pages behind and before it that end the program when they are touched.
class GuardedMemory {
public:
    explicit GuardedMemory(std::size_t bytes) : bytes_((bytes + 4095) & ~std::size_t{4095}) {
        void* all = mmap(nullptr, bytes_ + 2 * 4096, PROT_NONE,
                         MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (all == MAP_FAILED) std::abort();
        memory_ = static_cast<std::byte*>(all) + 4096;
        if (mprotect(memory_, bytes_, PROT_READ | PROT_WRITE) != 0) std::abort();
    }
    ~GuardedMemory() { munmap(memory_ - 4096, bytes_ + 2 * 4096); }
    GuardedMemory(const GuardedMemory&) = delete;
    GuardedMemory& operator=(const GuardedMemory&) = delete;

    /// The last `bytes`, up to the page without access.
    std::span<std::byte> at_end(std::size_t bytes) const {
        return {memory_ + bytes_ - bytes, bytes};
    }
    /// The first `bytes` behind the page without access.
    std::span<std::byte> at_start(std::size_t bytes) const { return {memory_, bytes}; }

private:
    std::size_t bytes_;
    std::byte* memory_;
};

ManagedHeapConfig small_tables() {
    ManagedHeapConfig config = testing::manual();
    config.heap.types_max = 8;
    config.heap.field_offsets_max = 24;
    config.heap.intern_buckets = 1;
    return config;
}

/// Fills the heap with rings and a chain, lets all go, twice.
void use_up(ManagedHeap& managed) {
    for (int round = 0; round < 2; ++round) {
        Ref<Plain> chain;
        std::size_t made = 0;
        for (;; ++made) {
            auto object = try_make<Plain>(managed.heap());
            if (!object) {
                EXPECT_EQ(object.error(), Error::out_of_memory);
                break;
            }
            (*object)->left = chain;
            (*object)->right = *object;
            chain = std::move(*object);
        }
        EXPECT_GE(made, 1u);
        {
            const auto finalized = try_make<Finalized>(managed.heap());
            EXPECT_TRUE(finalized.ok() || finalized.error() == Error::out_of_memory);
            EXPECT_TRUE(testing::is_sound(managed.collector()));
        }
        chain.reset();
        managed.collector().collect();
        EXPECT_EQ(managed.statistics().live_objects, 0u);
        EXPECT_TRUE(testing::is_sound(managed.collector()));
    }
}

/// True iff a heap fits.
bool try_region(std::span<std::byte> region) {
    auto made = ManagedHeap::create(region, small_tables());
    if (!made) {
        EXPECT_EQ(made.error(), Error::region_too_small);
        return false;
    }
    ManagedHeap managed = std::move(made).value();
    use_up(managed);
    return true;
}

TEST(SmallestRegion, every_size_is_refused_or_works) {
    constexpr std::size_t kMax = 48 * testing::kKiB;
    const GuardedMemory memory(kMax);
    std::size_t smallest = 0;
    for (std::size_t bytes = 0; bytes <= kMax; bytes += 16) {
        const bool fits = try_region(memory.at_end(bytes));
        if (fits && smallest == 0) smallest = bytes;
        // At the end of the memory every size has its own alignment: 64 bytes more always do.
        EXPECT_TRUE(fits || smallest == 0 || bytes < smallest + 64) << bytes;
        if (::testing::Test::HasFailure()) break;
        // Page records and alignment decide within a page; beyond that sizes differ by their pages.
        if (smallest != 0 && bytes > smallest + 5000) bytes += 496;
    }
    EXPECT_GT(smallest, 0u);
    EXPECT_LT(smallest, 12 * testing::kKiB);
    RecordProperty("smallest", static_cast<int>(smallest));
}

TEST(SmallestRegion, every_start_works) {
    constexpr std::size_t kBytes = 24 * testing::kKiB;
    const GuardedMemory memory(kBytes + 4096);
    for (std::size_t skew = 0; skew < 130; ++skew) {
        EXPECT_TRUE(try_region(memory.at_start(kBytes + skew).subspan(skew))) << skew;
        EXPECT_TRUE(try_region(memory.at_end(kBytes + skew))) << skew;
    }
}

TEST(SmallestRegion, tables_that_do_not_fit_are_an_error) {
    const GuardedMemory memory(16 * testing::kKiB);
    ManagedHeapConfig config = testing::manual();
    config.heap.field_offsets_max = 60'000;
    auto made = ManagedHeap::create(memory.at_end(16 * testing::kKiB), config);
    ASSERT_FALSE(made);
    EXPECT_EQ(made.error(), Error::region_too_small);
}

}  // namespace
}  // namespace ouro
