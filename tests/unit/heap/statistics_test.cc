// Goal: every figure of Statistics means what its comment says. Method: one event of each kind.
#include "heap/statistics.h"

#include <gtest/gtest.h>

#include <vector>

#include "tests/support/heap_test.h"
#include "tests/support/threads.h"

namespace ouro {
namespace {

using testing::HeapTest;
using testing::Leaf;
using testing::Plain;
using testing::Probe;

class StatisticsTest : public HeapTest {
protected:
    Statistics now() { return heap().statistics(); }
};

TEST(Counters, add_and_subtract_what_they_are_told) {
    Counters::Count count{5};
    Counters::add(count);
    Counters::add(count, 10);
    Counters::sub(count, 3);
    EXPECT_EQ(Counters::get(count), 13u);
}

TEST_F(StatisticsTest, a_new_heap_has_nothing_but_space) {
    const Statistics s = now();
    EXPECT_EQ(s.live_objects + s.live_bytes + s.objects_made + s.used_bytes + s.used_bytes_max, 0u);
    EXPECT_EQ(s.region_bytes, kBytes);
    EXPECT_GT(s.capacity_bytes, kBytes / 10 * 9);
    EXPECT_EQ(s.free_bytes, s.capacity_bytes);
    EXPECT_GT(s.largest_free_block, s.capacity_bytes / 8 * 7 - 64);
}

TEST_F(StatisticsTest, ends_are_told_apart_by_who_ended_them) {
    make<Probe>(1).reset();
    testing::drop_ring_of_two<Plain>(managed(), 0, 0);
    testing::drop_ring_of_two<Probe>(managed(), 2, 3);
    EXPECT_EQ(collect(), 4u);
    const Statistics s = now();
    EXPECT_EQ(s.objects_made, 5u);
    EXPECT_EQ(s.reclaimed_by_count, 1u);
    EXPECT_EQ(s.reclaimed_by_collector, 4u);
    EXPECT_EQ(s.finalizers_run, 3u);
}

TEST_F(StatisticsTest, used_bytes_include_headers_and_the_mark_stays) {
    std::vector<Ref<Leaf>> leaves;
    for (int i = 0; i < 100; ++i) leaves.push_back(make<Leaf>());
    const Statistics full = now();
    EXPECT_EQ(full.live_bytes, 100 * sizeof(Leaf));
    EXPECT_GE(full.used_bytes, 100 * 32u);
    EXPECT_EQ(full.used_bytes + full.parked_bytes + full.free_bytes, full.capacity_bytes);
    leaves.clear();
    EXPECT_EQ(now().used_bytes, 0u);
    EXPECT_EQ(now().used_bytes_max, full.used_bytes);
}

TEST_F(StatisticsTest, counts_of_many_threads_are_exact_when_they_have_ended) {
    testing::run_threads(4, [&](std::size_t) {
        std::vector<Ref<Leaf>> mine;
        for (int i = 0; i < 2000; ++i) {
            mine.push_back(make<Leaf>());
            if (i % 3 == 0) mine.pop_back();
        }
    });
    const Statistics s = now();
    EXPECT_EQ(s.objects_made, 8000u);
    EXPECT_EQ(s.reclaimed_by_count, 8000u);
    EXPECT_EQ(s.live_objects, 0u);
    EXPECT_EQ(s.live_bytes, 0u);
    EXPECT_EQ(s.used_bytes, 0u);
}

TEST_F(StatisticsTest, requests_that_fail_and_the_collections_they_force_are_counted) {
    const std::size_t collections = now().emergency_collections;
    const std::uint32_t too_much = static_cast<std::uint32_t>(kBytes - kBytes / 16);
    const Ref<Leaf> in_the_way = make<Leaf>();
    std::vector<Ref<testing::Hub>> hubs;
    for (;;) {
        auto made = try_make_variable<testing::Hub>(heap(), Trailing{0, too_much / 8});
        if (!made) {
            EXPECT_EQ(made.error(), Error::out_of_memory);
            break;
        }
        hubs.push_back(std::move(made).value());
        ASSERT_LT(hubs.size(), 9u);
    }
    EXPECT_EQ(now().out_of_memory, 1u);
    EXPECT_GT(now().emergency_collections, collections);
    EXPECT_LT(now().largest_free_block, too_much / 8 + too_much / 64);
}

TEST_F(StatisticsTest, live_objects_are_counted_per_type) {
    const Ref<Leaf> a = make<Leaf>();
    const Ref<Leaf> b = make<Leaf>();
    const Ref<Plain> c = make<Plain>(1);
    const auto live = [&](const TypeInfo& info) {
        TypeTable::Entry* entry = heap().types().find(info);
        return entry == nullptr ? 0u : entry->live_objects.load(platform::memory_order_relaxed);
    };
    EXPECT_EQ(live(detail::type_info_of<Probe>), 0u);
    EXPECT_EQ(live(detail::type_info_of<Leaf>), 2u);
    EXPECT_EQ(live(detail::type_info_of<Plain>), 1u);
}

}  // namespace
}  // namespace ouro
