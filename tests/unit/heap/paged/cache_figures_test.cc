// Goal: what the figures say of objects that threads make and end without the lock.
#include <thread>
#include <vector>

#include "tests/support/cache_test.h"
#include "tests/support/threads.h"

namespace ouro {
namespace {

using testing::Payload;
using Small = Payload<48>;

/// Caches from the first object on.
class CacheFigures : public testing::HeapTest {
protected:
    CacheFigures() : HeapTest(4 * testing::kMiB, testing::with_caches()) {}

    Statistics now() { return heap().statistics(); }
};

TEST_F(CacheFigures, figures_of_one_thread_are_exact_at_every_moment) {
    std::vector<Ref<Small>> kept;
    std::size_t high_water = 0;
    for (std::size_t i = 1; i <= 300; ++i) {
        kept.push_back(make<Small>());
        high_water = now().used_bytes;
        ASSERT_EQ(now().live_objects, i);
        ASSERT_EQ(now().live_bytes, i * sizeof(Small));
        ASSERT_EQ(ouro::live_objects<Small>(heap()), i);
        ASSERT_EQ(now().objects_made, i);
        ASSERT_EQ(now().used_bytes_max, high_water);
    }
    for (std::size_t i = 300; i > 0; --i) {
        kept.pop_back();
        ASSERT_EQ(now().live_objects, i - 1);
        ASSERT_EQ(ouro::live_objects<Small>(heap()), i - 1);
        ASSERT_EQ(now().reclaimed_by_count, 301 - i);
        ASSERT_EQ(now().used_bytes_max, high_water);
    }
    EXPECT_EQ(now().used_bytes, 0u);
}

TEST_F(CacheFigures, the_mark_is_seen_though_nobody_asked_at_that_moment) {
    make<Small>();
    std::size_t used = 0;
    {
        std::vector<Ref<Small>> kept;
        for (int i = 0; i < 30; ++i) kept.push_back(make<Small>());
        used = now().used_bytes;
    }
    std::vector<Ref<Small>> kept;
    for (int i = 0; i < 35; ++i) kept.push_back(make<Small>());
    kept.clear();
    EXPECT_EQ(now().used_bytes_max, used / 30 * 35);
}

TEST_F(CacheFigures, the_mark_does_not_grow_with_what_another_thread_frees) {
    const std::vector<Ref<Small>> alive = [this] {
        std::vector<Ref<Small>> all;
        for (int i = 0; i < 100; ++i) all.push_back(make<Small>());
        return all;
    }();
    // One makes, the other frees, in turn, so that each knows but its own part.
    std::vector<Ref<Small>> handed;
    platform::atomic<std::uint32_t> full{0};
    platform::atomic<std::uint32_t> ends{0};
    std::thread other([&] {
        make<Small>();
        while (ends.load(platform::memory_order_acquire) == 0) {
            if (full.load(platform::memory_order_acquire) == 0) continue;
            handed.clear();
            full.store(0, platform::memory_order_release);
        }
    });
    constexpr std::size_t kRounds = 3000;
    constexpr std::size_t kPortion = 40;
    for (std::size_t round = 0; round < kRounds; ++round) {
        for (std::size_t i = 0; i < kPortion; ++i) handed.push_back(make<Small>());
        full.store(1, platform::memory_order_release);
        while (full.load(platform::memory_order_acquire) != 0) std::this_thread::yield();
    }
    ends.store(1, platform::memory_order_release);
    other.join();
    const std::size_t cell = now().used_bytes / alive.size();
    EXPECT_LE(now().used_bytes_max,
              (alive.size() + kPortion) * cell + 2 * CellCache::kUnfoldedMax + now().parked_bytes);
}

TEST_F(CacheFigures, counts_by_type_of_threads_that_ended_remain) {
    std::vector<Ref<Small>> kept(20);
    testing::run_threads(4, [&](std::size_t thread) {
        for (std::size_t i = 0; i < 5; ++i) kept[thread * 5 + i] = make<Small>();
        make<Payload<112>>();
    });
    EXPECT_EQ(ouro::live_objects<Small>(heap()), 20u);
    EXPECT_EQ(ouro::live_objects<Payload<112>>(heap()), 0u);
    kept.clear();
    EXPECT_EQ(ouro::live_objects<Small>(heap()), 0u);
}

}  // namespace
}  // namespace ouro
