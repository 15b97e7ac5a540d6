// Goal: a crew drops every root once, on as many threads as it has, and tells truly what ran beside
// what.
#include "tools/drop_crew.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <numeric>
#include <vector>

#include "platform/thread.h"
#include "tests/tools/replay_support.h"
#include "tools/region.h"

namespace ouro::tools {
namespace {

using testing::GraphText;

/// 64 rings of three with one root each.
Graph rings() {
    GraphText text;
    for (std::uint32_t i = 0; i < 64; ++i) {
        text.node("64 T").node("64 T").node("64 T");
        text.edge(3 * i, {3 * i + 1}).edge(3 * i + 1, {3 * i + 2}).edge(3 * i + 2, {3 * i});
        text.root(3 * i);
    }
    return text.graph();
}

struct Stage {
    explicit Stage(bool background) {
        ManagedHeapConfig config;
        config.collector.background = false;
        heap = std::make_unique<ManagedHeap>(region.bytes(), config);
        activity.watch(*heap);
        EXPECT_TRUE(!background || heap->collector().start());
        nodes = std::make_unique<HeapGraph>(heap->heap(), graph);
        OperationTimes times;
        EXPECT_FALSE(nodes->load(times, nullptr).has_value());
        roots.resize(graph.roots.size());
        std::iota(roots.begin(), roots.end(), 0u);
    }

    const Graph graph = rings();
    const MappedRegion region = *MappedRegion::create(region_bytes_for(graph));
    DropActivity activity;
    std::unique_ptr<ManagedHeap> heap;
    std::unique_ptr<HeapGraph> nodes;
    std::vector<std::uint32_t> roots;
};

TEST(DropCrew, drops_every_root_whatever_the_number_of_threads) {
    for (const std::uint32_t threads : {1u, 2u, 3u, 64u, 100u}) {
        Stage stage(false);
        DropCrew crew(*stage.nodes, stage.activity, threads, false);
        ASSERT_TRUE(crew.drop(stage.roots).ok());
        EXPECT_TRUE(crew.wrong_roots().empty());
        EXPECT_GT(crew.times().release_ns, 0u);
        EXPECT_EQ(stage.heap->statistics().live_objects, 192u);
        EXPECT_EQ(stage.heap->collect().unreachable, 192u);
        EXPECT_GE(stage.activity.threads_at_once(), 1u);
        EXPECT_LE(stage.activity.threads_at_once(), std::min(threads, 64u));
    }
}

TEST(DropCrew, drops_nothing_when_there_is_nothing) {
    Stage stage(false);
    DropCrew crew(*stage.nodes, stage.activity, 4, false);
    ASSERT_TRUE(crew.drop({}).ok());
    EXPECT_EQ(stage.activity.threads_at_once(), 0u);
}

TEST(DropCrew, drops_blocks_one_after_the_other) {
    Stage stage(false);
    DropCrew crew(*stage.nodes, stage.activity, 3, false);
    const std::span<const std::uint32_t> roots = stage.roots;
    ASSERT_TRUE(crew.drop(roots.first(10)).ok());
    EXPECT_EQ(stage.heap->collect().unreachable, 30u);
    ASSERT_TRUE(crew.drop(roots.subspan(10)).ok());
    EXPECT_EQ(stage.heap->collect().unreachable, 162u);
}

TEST(DropCrew, paced_has_a_pass_beside_its_drops) {
    for (const std::uint32_t threads : {1u, 4u}) {
        Stage stage(true);
        DropCrew crew(*stage.nodes, stage.activity, threads, true);
        ASSERT_TRUE(crew.drop(stage.roots).ok());
        EXPECT_GT(stage.activity.passes_during_drops(), 0u);
        stage.heap->collect();
        EXPECT_EQ(stage.heap->statistics().live_objects, 0u);
    }
}

TEST(DropCrew, paced_does_not_wait_for_ever_where_no_collector_is) {
    constexpr std::uint64_t kWaitNs = 20 * DropCrew::kWaitOfBlockNs;
    Stage stage(false);
    DropCrew crew(*stage.nodes, stage.activity, 2, true, kWaitNs);
    const std::uint64_t start = platform::clock_ns();
    ASSERT_TRUE(crew.drop(stage.roots).ok());
    EXPECT_GE(platform::clock_ns() - start, kWaitNs);
    EXPECT_EQ(stage.activity.passes_during_drops(), 0u);
}

TEST(DropActivity, counts_the_most_threads_inside_at_one_moment) {
    DropActivity activity;
    EXPECT_EQ(activity.threads_at_once(), 0u);
    activity.enter();
    activity.leave();
    activity.enter();
    activity.enter();
    activity.leave();
    activity.leave();
    EXPECT_EQ(activity.threads_at_once(), 2u);
}

TEST(DropActivity, counts_passes_of_the_background_thread_alone) {
    Stage stage(false);
    stage.activity.enter();
    stage.heap->collect();
    stage.activity.leave();
    EXPECT_EQ(stage.activity.passes_during_drops(), 0u);
}

}  // namespace
}  // namespace ouro::tools
