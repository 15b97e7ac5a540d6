// Goal: what a program does wrong with objects' memory is caught by the checker of the build: a use
// after the end, a write past the end, both also under quarantine, where the memory is not reused.
// Method: planted errors in a child process; in builds without checker only the reuse is looked at.
#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <vector>

#include "platform/annotate.h"
#include "tests/support/heap_test.h"
#include "tests/support/sanitizer.h"

namespace ouro {
namespace {

using testing::HeapTest;
using testing::Hub;

/// 40 bytes: in a cell of its size no byte is left over for rounding in checking builds.
struct Block {
    using ouro_leaf = void;
    unsigned char bytes[40];
};

class MemoryChecker : public HeapTest {
protected:
    static constexpr std::size_t kQuarantine = 4096;
    static ManagedHeapConfig with_quarantine() {
        ManagedHeapConfig config = testing::manual();
        config.heap.quarantine_bytes = kQuarantine;
        return config;
    }
    /// The address of an object that is gone.
    volatile unsigned char* dead_bytes() {
        Ref<Block> object = make<Block>();
        return object->bytes;
    }
    /// How many objects are made and dropped until one lies where the first lay; 0 = never.
    std::size_t rounds_until_reuse() {
        const std::uintptr_t first = make<Block>().bits();
        for (std::size_t round = 1; round < 10'000; ++round) {
            if (make<Block>().bits() == first) return round;
        }
        return 0;
    }
};

TEST_F(MemoryChecker, without_quarantine_memory_is_reused_at_once) {
    EXPECT_EQ(rounds_until_reuse(), 1u);
}

#if !OURO_COMPACT  // there is no quarantine there

TEST_F(MemoryChecker, quarantine_keeps_freed_memory_from_reuse_up_to_its_limit) {
    restart(with_quarantine());
    const std::size_t cell =
        16 * ((sizeof(Block) + sizeof(Header) + platform::kRedzoneBytes + 15) / 16);
    const std::size_t rounds = rounds_until_reuse();
    // It takes the limit in bytes, and after that the span's other free cells come first or last.
    EXPECT_GE(rounds, kQuarantine / cell);
    EXPECT_GT(heap().statistics().quarantined_bytes, kQuarantine - cell);
    EXPECT_LE(heap().statistics().quarantined_bytes, kQuarantine);
}

#endif

TEST_F(MemoryChecker, quarantine_changes_nothing_else) {
    restart(with_quarantine());
    for (int round = 0; round < 100; ++round) {
        testing::drop_ring_of_two<testing::Probe>(managed(), 1, 2);
        ASSERT_EQ(collect(), 2u);
    }
    EXPECT_EQ(live_objects(), 0u);
    EXPECT_EQ(heap().statistics().used_bytes, 0u);
}

#if OURO_TEST_ASAN

class MemoryCheckerDeathTest : public MemoryChecker {};

TEST_F(MemoryCheckerDeathTest, a_read_after_the_end_is_reported) {
    volatile unsigned char* bytes = dead_bytes();
    EXPECT_DEATH((void)bytes[0], "use-after-poison");
    EXPECT_DEATH((void)bytes[39], "use-after-poison");
}

TEST_F(MemoryCheckerDeathTest, a_write_after_the_end_is_reported) {
    volatile unsigned char* bytes = dead_bytes();
    EXPECT_DEATH(bytes[20] = 1, "use-after-poison");
}

TEST_F(MemoryCheckerDeathTest, a_use_of_what_the_collector_took_is_reported) {
    volatile int* id = nullptr;
    {
        const Ref<testing::Plain> ring = make<testing::Plain>(1);
        ring->left = ring;
        id = &ring->id;
    }
    EXPECT_EQ(*id, 1) << "garbage that was not collected yet is still an object";
    EXPECT_EQ(collect(), 1u);
    EXPECT_DEATH((void)*id, "use-after-poison");
}

TEST_F(MemoryCheckerDeathTest, an_access_past_the_end_is_reported_between_neighbours) {
    std::vector<Ref<Block>> neighbours;
    for (int i = 0; i < 20; ++i) neighbours.push_back(make<Block>());
    volatile unsigned char* bytes = neighbours[10]->bytes;
    for (std::size_t i = 0; i < sizeof(Block); ++i) bytes[i] = 1;
    EXPECT_DEATH(bytes[40] = 1, "use-after-poison");
    EXPECT_DEATH(bytes[47 + platform::kRedzoneBytes - 8] = 1, "use-after-poison");
    EXPECT_DEATH((void)bytes[40], "use-after-poison");
}

TEST_F(MemoryCheckerDeathTest, an_access_past_the_end_of_a_large_object_is_reported) {
    const auto hub = try_make_variable<Hub>(heap(), Trailing{0, 20'000}).value();
    volatile std::byte* bytes = trailing_bytes(hub.get());
    bytes[19'999] = std::byte{1};
    EXPECT_DEATH(bytes[20'000] = std::byte{1}, "use-after-poison");
}

// Without quarantine the next object of the size would have taken the memory, and hidden the error.
TEST_F(MemoryCheckerDeathTest, quarantine_finds_a_use_after_the_end_behind_new_objects) {
    restart(with_quarantine());
    volatile unsigned char* bytes = dead_bytes();
    std::vector<Ref<Block>> others;
    for (int i = 0; i < 10; ++i) others.push_back(make<Block>());
    EXPECT_DEATH((void)bytes[0], "use-after-poison");
}

TEST_F(MemoryCheckerDeathTest, the_region_is_the_programs_again_when_the_heap_has_ended) {
    std::byte* begin = region().data();
    const std::size_t bytes = region().size();
    make<Block>().reset();
    end_heap();
    for (std::size_t i = 0; i < bytes; i += 512) begin[i] = std::byte{1};
    EXPECT_EQ(begin[0], std::byte{1});
}

#endif

}  // namespace
}  // namespace ouro
