// Goal: what is on the heap after loading is the graph: objects, references, counts, and nothing
// besides (L1, L2). Method: read it back through the heap's own queries.
#include "tools/heap_graph.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "tests/tools/replay_support.h"
#include "tools/node_survey.h"
#include "tools/region.h"

namespace ouro::tools {
namespace {

using ::testing::ElementsAre;
using testing::GraphText;

class Loaded {
public:
    explicit Loaded(Graph graph) : graph_(std::move(graph)) {
        ManagedHeapConfig config;
        config.collector.background = false;
        heap_ = std::make_unique<ManagedHeap>(region_.bytes(), config);
        nodes_ = std::make_unique<HeapGraph>(heap_->heap(), graph_);
        const auto note = [this](std::uint64_t done, std::uint64_t total) {
            progress_.push_back(done);
            EXPECT_EQ(total, 2 * graph_.nodes.size());
        };
        EXPECT_FALSE(nodes_->load(times_, note).has_value());
    }

    ManagedHeap& heap() { return *heap_; }
    HeapGraph& nodes() { return *nodes_; }
    OperationTimes& times() { return times_; }
    const std::vector<std::uint64_t>& progress() const { return progress_; }

    std::uint32_t count(std::uint32_t node) { return refcount(nodes_->ids()[node]).value(); }
    std::string type(std::uint32_t node) { return type_name(nodes_->ids()[node]).value(); }
    bool is_live(std::uint32_t node) { return is_alive(nodes_->ids()[node]); }
    /// Nodes that a node refers to, as the collector sees it.
    std::vector<std::uint32_t> targets(std::uint32_t node) {
        std::vector<std::uint32_t> found;
        heap_->collector().referents(
            resolve(nodes_->ids()[node]).value(),
            [](void* list, const Ref<Object>& target) {
                const auto* object = reinterpret_cast<const NodeObject*>(target.bits());
                static_cast<std::vector<std::uint32_t>*>(list)->push_back(object->node);
            },
            &found);
        return found;
    }

private:
    Graph graph_;
    MappedRegion region_ = *MappedRegion::create(region_bytes_for(graph_));
    std::unique_ptr<ManagedHeap> heap_;
    std::unique_ptr<HeapGraph> nodes_;
    OperationTimes times_;
    std::vector<std::uint64_t> progress_;
};

TEST(HeapGraph, has_the_references_of_the_file_in_their_order) {
    const Graph graph = parse_graph(testing::join(testing::kSmall)).value();
    Loaded loaded(graph);
    for (std::uint32_t node = 0; node < graph.nodes.size(); ++node) {
        const auto expected = graph.targets_of(node);
        EXPECT_EQ(loaded.targets(node),
                  std::vector<std::uint32_t>(expected.begin(), expected.end()));
    }
    EXPECT_EQ(loaded.heap().statistics().live_objects, graph.nodes.size());
    EXPECT_FALSE(loaded.heap().collector().verify());
}

TEST(HeapGraph, has_the_counts_of_the_file_and_no_other_references) {
    for (const std::string& name : testing::kCountedGraphNames) {
        const Graph graph = read_graph_file(testing::graph_path(name)).value();
        Loaded loaded(graph);
        const std::vector<std::uint32_t> expected = initial_reference_counts(graph);
        for (std::uint32_t node = 0; node < graph.nodes.size(); ++node) {
            ASSERT_EQ(loaded.count(node), expected[node]) << name << " node " << node;
        }
        EXPECT_EQ(loaded.nodes().hold_count(), 0u);
    }
}

TEST(HeapGraph, holds_what_nothing_names_until_told_otherwise) {
    Loaded loaded(GraphText().node("64 T").node("64 T").node("64 T").edge(0, {1}).root(2).graph());
    EXPECT_EQ(loaded.nodes().hold_count(), 1u);
    EXPECT_EQ(loaded.count(0), 1u);
    EXPECT_EQ(loaded.count(1), 1u);
    loaded.nodes().release_held();
    EXPECT_EQ(loaded.nodes().hold_count(), 0u);
    EXPECT_EQ(loaded.heap().statistics().live_objects, 1u);
}

TEST(HeapGraph, gives_up_a_root_but_for_the_copy_it_returns) {
    Loaded loaded(GraphText().node("64 T").root(0).root(0).graph());
    {
        const Ref<NodeObject> last = loaded.nodes().give_up(1, loaded.times());
        EXPECT_EQ(last->node, loaded.nodes().node_of(1));
        EXPECT_EQ(loaded.count(0), 2u);
    }
    EXPECT_EQ(loaded.count(0), 1u);
    loaded.nodes().give_up(0, loaded.times());
    EXPECT_FALSE(loaded.is_live(0));
}

TEST(HeapGraph, release_all_leaves_an_empty_heap_behind_a_collect) {
    Loaded loaded(parse_graph(testing::join(testing::kSmall)).value());
    loaded.nodes().release_all();
    loaded.heap().collect();
    EXPECT_EQ(loaded.heap().statistics().live_objects, 0u);
}

TEST(HeapGraph, leaves_out_of_the_collector_only_what_no_cycle_can_go_through) {
    const Graph graph = GraphText()
                            .node("64 T")
                            .node("64 T a")
                            .node("64 T a")
                            .node("64 T a")
                            .edge(2, {1, 0})
                            .edge(3, {2})
                            .root(3)
                            .graph();
    EXPECT_EQ(kind_of(graph, 0), NodeKind::kTracked);
    EXPECT_EQ(kind_of(graph, 1), NodeKind::kLeaf);
    EXPECT_EQ(kind_of(graph, 2), NodeKind::kAcyclic);
    EXPECT_EQ(kind_of(graph, 3), NodeKind::kTracked);
    Loaded loaded(graph);
    EXPECT_EQ(loaded.type(0), "node");
    EXPECT_EQ(loaded.type(1), "leaf node");
    EXPECT_EQ(loaded.type(2), "acyclic node");
    EXPECT_EQ(loaded.type(3), "node");
}

TEST(HeapGraph, takes_the_size_of_the_file_or_what_the_references_need) {
    const Graph graph = GraphText()
                            .node("0 T a")
                            .node("16 T")
                            .node("17 T")
                            .node("1000 T")
                            .edge(1, {0})
                            .edge(2, {0})
                            .edge(3, {0, 0})
                            .graph();
    EXPECT_EQ(payload_bytes(graph, 0), kNodeBytesMin);
    EXPECT_EQ(payload_bytes(graph, 1), kNodeBytesMin + sizeof(Field<NodeObject>));
    EXPECT_EQ(payload_bytes(graph, 2), kNodeBytesMin + sizeof(Field<NodeObject>));
    EXPECT_EQ(payload_bytes(graph, 3), 1000u);
    EXPECT_EQ(Loaded(graph).heap().statistics().live_bytes, 16u + 24u + 24u + 1000u);
}

TEST(HeapGraph, tells_its_progress_and_its_longest_operations) {
    Loaded loaded(GraphText().node("64 T").node("64 T").edge(0, {1}).root(0).graph());
    EXPECT_THAT(loaded.progress(), ElementsAre(0, 2, 4));
    EXPECT_GT(loaded.times().make_ns, 0u);
    EXPECT_GT(loaded.times().store_ns, 0u);
    EXPECT_GT(loaded.times().release_ns, 0u);
}

TEST(HeapGraph, that_does_not_fit_says_which_node_and_lets_all_go) {
    GraphText text;
    for (int i = 0; i < 100; ++i) text.node("10000 T").edge(static_cast<std::uint32_t>(i), {0});
    const Graph graph = text.graph();
    const MappedRegion region = *MappedRegion::create(500'000);
    ManagedHeapConfig config;
    config.collector.background = false;
    ManagedHeap heap(region.bytes(), config);
    OperationTimes times;
    HeapGraph nodes(heap.heap(), graph);
    const std::optional<LoadFailure> failure = nodes.load(times, nullptr);
    ASSERT_TRUE(failure.has_value());
    EXPECT_EQ(failure->error, Error::out_of_memory);
    EXPECT_EQ(failure->payload, 10'000u);
    EXPECT_EQ(failure->node, failure->heap.live_objects);
    EXPECT_EQ(heap.statistics().live_objects, 0u);
}

TEST(NodeSurvey, sees_each_death_once_and_every_count) {
    const Graph graph = parse_graph(testing::join(testing::kSmall)).value();
    Loaded loaded(graph);
    NodeSurvey survey(graph, loaded.nodes().ids());
    const NodeState at_first = {0, 0, 0, 5, 12, 0};
    EXPECT_EQ(survey.take(loaded.heap().heap(), 0), at_first);
    EXPECT_EQ(survey.take(loaded.heap().heap(), 2).rcsum, 10u);
    for (const std::uint32_t root : {0u, 1u, 2u}) loaded.nodes().give_up(root, loaded.times());
    loaded.heap().collect();
    const NodeState after = {4, 3, 260, 1, 1, 0x78f6ef7702eb0c08};
    EXPECT_EQ(survey.take(loaded.heap().heap(), 0), after);
    EXPECT_EQ(survey.answering(), 1u);
    const NodeState nothing_new = {0, 0, 0, 1, 1, 0};
    EXPECT_EQ(survey.take(loaded.heap().heap(), 0), nothing_new);
    EXPECT_EQ(survey.saturated(), 0u);
}

TEST(NodeSurvey, states_are_written_as_the_protocol_wants) {
    EXPECT_EQ(to_string(NodeState{3, 2, 160, 1, 7, 0xa830c0420b7813e}),
              "freed 3 tracked 2 bytes 160 live 1 rcsum 7 mix 0a830c0420b7813e");
}

}  // namespace
}  // namespace ouro::tools
