// Goal: GraphModel is right, so that a heap can be checked against it. Method: every expectation
// of the real graphs; small graphs by hand; random graphs against a second way to find garbage,
// which subtracts internal references instead of following reachable ones.
#include "tools/graph_model.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "tests/tools/graph_text.h"
#include "tools/graph_file.h"
#include "tools/splitmix.h"

namespace ouro::tools {
namespace {

using testing::Random;

Step drop(std::vector<std::uint32_t> roots) {
    Step step;
    step.kind = Step::Kind::kDrop;
    step.roots = std::move(roots);
    return step;
}

// A graph of one type with the edges given; sizes are 1, 2, 4, ... so that `bytes` names the freed.
Graph make_graph(const std::vector<std::vector<std::uint32_t>>& edges,
                 const std::vector<std::uint32_t>& roots, std::vector<std::uint32_t> pins = {}) {
    Graph graph;
    graph.type_names = {"T"};
    graph.edge_begin = {0};
    for (const std::vector<std::uint32_t>& targets : edges) {
        graph.nodes.push_back({std::uint32_t{1} << (graph.nodes.size() % 32), 0, false});
        graph.targets.insert(graph.targets.end(), targets.begin(), targets.end());
        graph.edge_begin.push_back(static_cast<std::uint32_t>(graph.targets.size()));
    }
    for (const std::uint32_t node : roots) {
        graph.roots.push_back({"r" + std::to_string(graph.roots.size()), node});
    }
    graph.pins = std::move(pins);
    return graph;
}

TEST(GraphModel, drop_frees_a_chain_to_its_end) {
    const Graph graph = make_graph({{1}, {2}, {}}, {0});
    const Expectation expected = {3, 3, 7, 0, 0, 0, splitmix64(0) + splitmix64(1) + splitmix64(2)};
    EXPECT_EQ(GraphModel(graph).apply(drop({0})), expected);
}

TEST(GraphModel, a_node_dies_only_with_its_last_reference) {
    const Graph graph = make_graph({{1, 1}, {}}, {0, 1, 1});
    GraphModel model(graph);
    EXPECT_EQ(model.reference_count(1), 4u);
    EXPECT_EQ(model.apply(drop({1})).freed, 0u);
    EXPECT_EQ(model.apply(drop({0})).bytes, 1u);
    EXPECT_EQ(model.reference_count(1), 1u);
    EXPECT_TRUE(model.is_live(1));
    EXPECT_EQ(model.apply(drop({2})).bytes, 2u);
    EXPECT_FALSE(model.is_live(1));
}

TEST(GraphModel, a_ring_becomes_garbage_and_collect_frees_it_with_its_tail) {
    const Graph graph = make_graph({{1}, {0, 2}, {3}, {}}, {0}, {3});
    GraphModel model(graph);
    const Expectation dropped = {0, 0, 0, 4, 3, 5, 0};
    EXPECT_EQ(model.apply(drop({0})), dropped);
    const Expectation collected = {3, 3, 7, 1, 0, 1, splitmix64(0) + splitmix64(1) + splitmix64(2)};
    EXPECT_EQ(model.apply(Step{}), collected);
    const Expectation again = {0, 0, 0, 1, 0, 1, 0};
    EXPECT_EQ(model.apply(Step{}), again);
}

TEST(GraphModel, a_self_edge_keeps_a_node_until_collect) {
    const Graph graph = make_graph({{0}}, {0});
    GraphModel model(graph);
    EXPECT_EQ(model.apply(drop({0})).garbage, 1u);
    EXPECT_EQ(model.apply(Step{}).freed, 1u);
}

TEST(GraphModel, atomic_nodes_are_freed_but_not_tracked) {
    Graph graph = make_graph({{1}, {}}, {0});
    graph.nodes[1].atomic = true;
    const Expectation result = GraphModel(graph).apply(drop({0}));
    EXPECT_EQ(result.freed, 2u);
    EXPECT_EQ(result.tracked, 1u);
    EXPECT_EQ(result.bytes, 3u);
}

TEST(GraphModel, a_node_without_references_waits_for_collect) {
    const Graph graph = make_graph({{1}, {}, {}}, {2});
    GraphModel model(graph);
    const Expectation first = model.apply(drop({0}));
    EXPECT_EQ(first.freed, 1u);
    EXPECT_EQ(first.garbage, 2u);
    EXPECT_EQ(model.apply(Step{}).freed, 2u);
}

TEST(GraphModel, a_million_deep_chain_needs_no_stack) {
    constexpr std::uint32_t kDepth = 1'000'000;
    std::vector<std::vector<std::uint32_t>> edges(kDepth);
    for (std::uint32_t i = 0; i + 1 < kDepth; ++i) {
        edges[i] = {i + 1};
    }
    const Graph graph = make_graph(edges, {0});
    EXPECT_EQ(GraphModel(graph).apply(drop({0})).freed, kDepth);
}

TEST(GraphModel, the_hand_made_file_is_as_computed_by_hand) {
    const absl::StatusOr<Graph> graph = parse_graph(testing::join(testing::kSmall));
    ASSERT_TRUE(graph.ok()) << graph.status();
    EXPECT_EQ(initial_reference_counts(*graph), (std::vector<std::uint32_t>{3, 1, 2, 4, 2}));
    const std::vector<Expectation> results = model_steps(*graph);
    ASSERT_EQ(results.size(), 4u);
    for (std::size_t i = 0; i < 3; ++i) {
        EXPECT_EQ(results[i], *graph->steps[i].expectation) << i;
    }
}

class ModelOfRealGraph : public ::testing::TestWithParam<std::string> {};

TEST_P(ModelOfRealGraph, yields_every_expectation_of_the_file) {
    const absl::StatusOr<Graph> graph = read_graph_file(testing::graph_path(GetParam()));
    ASSERT_TRUE(graph.ok()) << graph.status();
    const std::vector<Expectation> results = model_steps(*graph);
    ASSERT_EQ(results.size(), graph->steps.size());
    for (std::size_t i = 0; i < results.size(); ++i) {
        ASSERT_TRUE(graph->steps[i].expectation.has_value());
        EXPECT_EQ(results[i], *graph->steps[i].expectation) << "line " << graph->steps[i].line;
    }
    EXPECT_EQ(results.back().live, graph->pins.size());
    EXPECT_EQ(results.back().garbage, 0u);
}

INSTANTIATE_TEST_SUITE_P(All, ModelOfRealGraph, ::testing::ValuesIn(testing::kGraphNames),
                         [](const auto& test) { return test.param; });

// Garbage by subtraction: a live node is external if its count exceeds the references to it from
// live nodes; what external nodes lead to is not garbage. Quadratic, by repetition.
std::uint64_t garbage_by_subtraction(const Graph& graph, const GraphModel& model) {
    const std::size_t count = graph.nodes.size();
    std::vector<std::uint32_t> internal(count, 0);
    for (std::uint32_t node = 0; node < count; ++node) {
        for (const std::uint32_t to : graph.targets_of(node)) {
            internal[to] += model.is_live(node);
        }
    }
    std::vector<bool> kept(count);
    for (std::uint32_t node = 0; node < count; ++node) {
        kept[node] = model.is_live(node) && model.reference_count(node) > internal[node];
    }
    for (bool changed = true; changed;) {  // ends: each turn keeps at least one more node
        changed = false;
        for (std::uint32_t node = 0; node < count; ++node) {
            if (!kept[node]) continue;
            for (const std::uint32_t to : graph.targets_of(node)) {
                changed |= !kept[to];
                kept[to] = true;
            }
        }
    }
    std::uint64_t garbage = 0;
    for (std::uint32_t node = 0; node < count; ++node) {
        garbage += model.is_live(node) && !kept[node];
    }
    return garbage;
}

Graph random_graph(Random& random) {
    std::vector<std::vector<std::uint32_t>> edges(1 + random.below(30));
    const auto any = [&] { return static_cast<std::uint32_t>(random.below(edges.size())); };
    for (std::vector<std::uint32_t>& targets : edges) {
        for (std::uint64_t i = random.below(4); i > 0; --i) {
            targets.push_back(any());
        }
    }
    std::vector<std::uint32_t> roots;
    for (std::uint64_t i = random.below(12); i > 0; --i) {
        roots.push_back(any());
    }
    return make_graph(edges, roots, {any()});
}

TEST(GraphModel, agrees_with_subtraction_on_random_graphs_and_collects_all_garbage) {
    for (std::uint64_t seed = 1; seed <= 2000; ++seed) {
        SCOPED_TRACE(seed);
        Random random(seed);
        const Graph graph = random_graph(random);
        GraphModel model(graph);
        for (std::uint32_t root = 0; root < graph.roots.size(); ++root) {
            const Expectation dropped = model.apply(drop({root}));
            ASSERT_EQ(dropped.garbage, garbage_by_subtraction(graph, model));
            if (random.below(3) != 0) continue;
            const Expectation collected = model.apply(Step{});
            ASSERT_EQ(collected.freed, dropped.garbage);
            ASSERT_EQ(collected.garbage, 0u);
        }
    }
}

// Drops commute: what they free together does not depend on their order or grouping.
TEST(GraphModel, drops_in_any_order_free_the_same_nodes) {
    for (std::uint64_t seed = 1; seed <= 500; ++seed) {
        SCOPED_TRACE(seed);
        Random random(seed);
        const Graph graph = random_graph(random);
        std::vector<std::uint32_t> order;
        for (std::uint32_t root = 0; root < graph.roots.size(); ++root) {
            order.push_back(root);
        }
        GraphModel together(graph);
        const Expectation expected = together.apply(drop(order));
        for (std::size_t i = order.size(); i > 1; --i) {
            std::swap(order[i - 1], order[random.below(i)]);
        }
        GraphModel apart(graph);
        std::uint64_t freed = 0;
        std::uint64_t mix = 0;
        for (const std::uint32_t root : order) {
            const Expectation result = apart.apply(drop({root}));
            freed += result.freed;
            mix += result.mix;
        }
        ASSERT_EQ(freed, expected.freed);
        ASSERT_EQ(mix, expected.mix);
    }
}

}  // namespace
}  // namespace ouro::tools
