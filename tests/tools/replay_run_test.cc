// Goal: a replay reports what the heap holds, whatever the graph looks like, and says so when that
// is not what the file expects. Method: small graphs by hand and random ones, in every mode,
// against GraphModel; expectations made wrong on purpose; regions that are too small.
#include "tools/replay_run.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/tools/replay_support.h"
#include "tools/command_line.h"

namespace ouro::tools {
namespace {

using ::testing::ElementsAre;
using testing::GraphText;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::Random;
using testing::Recorder;

void expect_as_modelled(const Graph& graph, const ReplayOptions& options) {
    SCOPED_TRACE(testing::name_of(options));
    Recorder recorder;
    const ReplayOutcome outcome = Replay(graph, options, recorder).run();
    EXPECT_EQ(outcome.exit_status, kExitOk) << outcome.error;
    EXPECT_THAT(recorder.differences, IsEmpty());
    EXPECT_EQ(recorder.lines, testing::model_lines(graph, options));
}

void expect_as_modelled(const Graph& graph) {
    for (const ReplayOptions& options : testing::all_modes()) expect_as_modelled(graph, options);
}

TEST(ReplayRun, small_graph_with_every_construct_of_the_format) {
    expect_as_modelled(parse_graph(testing::join(testing::kSmall)).value());
}

TEST(ReplayRun, repeated_edges_and_several_roots_on_a_node_count_each) {
    expect_as_modelled(GraphText()
                           .node("64 T")
                           .node("64 T")
                           .node("16 int a")
                           .edge(0, {1, 1, 1})
                           .edge(0, {1})
                           .edge(1, {2, 2})
                           .root(0)
                           .root(0)
                           .root(1)
                           .root(1)
                           .pin(2)
                           .pin(2)
                           .step("drop r0")
                           .step("drop r2 r1")
                           .step("drop r3")
                           .step("collect")
                           .graph());
}

TEST(ReplayRun, self_edges_keep_a_node_until_the_collect) {
    expect_as_modelled(GraphText()
                           .node("64 T")
                           .node("64 T")
                           .node("64 T")
                           .edge(0, {0})
                           .edge(1, {1, 1, 2})
                           .edge(2, {2})
                           .root(0)
                           .root(1)
                           .step("drop r0")
                           .step("collect")
                           .step("drop r1")
                           .step("collect")
                           .graph());
}

TEST(ReplayRun, a_node_that_nothing_names_waits_for_the_first_collect) {
    const Graph graph = GraphText()
                            .node("64 T")
                            .node("64 T")
                            .node("64 T")
                            .node("64 T")
                            .node("16 str a")
                            .edge(0, {1, 2})
                            .edge(2, {2})
                            .root(1)
                            .root(3)
                            .step("drop r1")
                            .step("drop r0")
                            .step("collect")
                            .step("collect")
                            .graph();
    ASSERT_EQ(initial_reference_counts(graph)[0], 0u);
    ASSERT_EQ(initial_reference_counts(graph)[4], 0u);
    expect_as_modelled(graph);
}

TEST(ReplayRun, garbage_from_the_start_goes_with_the_first_collect) {
    expect_as_modelled(GraphText()
                           .node("64 T")
                           .node("64 T")
                           .node("64 T")
                           .edge(0, {1})
                           .edge(1, {0, 2})
                           .root(2)
                           .step("collect")
                           .step("drop r0")
                           .step("collect")
                           .graph());
}

TEST(ReplayRun, atomic_nodes_with_edges_die_by_count_and_in_cycles) {
    expect_as_modelled(GraphText()
                           .node("232 dict a")
                           .node("50 str a")
                           .node("50 str a")  // to leaves
                           .node("64 T")
                           .node("232 dict a")
                           .node("64 T")  // a ring of three
                           .node("64 T")
                           .node("72 code a")
                           .node("64 T")
                           .node("64 T")
                           .edge(0, {1, 2, 1})
                           .edge(3, {4})
                           .edge(4, {5, 1})
                           .edge(5, {3})
                           .edge(6, {6, 7})
                           .edge(7, {8})
                           .edge(8, {9})
                           .edge(9, {8})  // ring, a, ring
                           .root(0)
                           .root(3)
                           .root(6)
                           .root(2)
                           .step("drop r0")
                           .step("drop r1")
                           .step("collect")
                           .step("drop r2")
                           .step("collect")
                           .step("drop r3")
                           .step("collect")
                           .graph());
}

TEST(ReplayRun, more_references_than_the_size_has_room_for) {
    GraphText text;
    text.node("1 T").node("0 T a");
    for (int i = 0; i < 1000; ++i) text.edge(0, {1, 0});
    expect_as_modelled(text.root(0).step("drop r0").step("collect").graph());
}

TEST(ReplayRun, large_objects_and_small_ones) {
    expect_as_modelled(GraphText()
                           .node("8177 T")
                           .node("1000000 bytes a")
                           .node("5000000 T")
                           .node("0 T")
                           .edge(0, {1, 2})
                           .edge(2, {0, 3})
                           .root(0)
                           .step("drop r0")
                           .step("collect")
                           .graph());
}

TEST(ReplayRun, nothing_to_do_is_done) {
    expect_as_modelled(GraphText().graph());
    expect_as_modelled(GraphText().step("collect").step("collect").graph());
    expect_as_modelled(GraphText().node("64 T").node("64 T").edge(0, {1}).root(0).graph());
}

TEST(ReplayRun, drops_behind_the_last_collect_are_done_too) {
    expect_as_modelled(GraphText()
                           .node("64 T")
                           .node("64 T")
                           .edge(0, {1})
                           .root(0)
                           .root(1)
                           .step("collect")
                           .step("drop r0")
                           .step("drop r1")
                           .graph());
}

TEST(ReplayRun, a_chain_too_deep_for_any_stack) {
    constexpr std::uint32_t kDepth = 100'000;
    GraphText text;
    for (std::uint32_t i = 0; i <= kDepth; ++i) text.node("48 T");
    for (std::uint32_t i = 0; i < kDepth; ++i) text.edge(i, {i + 1});
    text.root(0).root(kDepth).step("drop r0").step("drop r1").step("collect");
    const Graph graph = text.graph();
    expect_as_modelled(graph, {1, {}, CollectorMode::kManual});
    expect_as_modelled(graph, {2, {}, CollectorMode::kAuto});
}

Graph random_graph(Random& random) {
    GraphText text;
    const std::uint64_t count = 2 + random.below(60);
    const auto any = [&] { return static_cast<std::uint32_t>(random.below(count)); };
    const std::uint32_t pinned = any();
    for (std::uint32_t i = 0; i < count; ++i) {
        text.node(absl::StrCat(random.below(3) == 0 ? random.below(20'000) : random.below(200),
                               random.below(3) == 0 ? " T a" : " T"));
    }
    for (std::uint32_t from = 0; from < count; ++from) {
        if (from == pinned) continue;
        for (std::uint64_t i = random.below(4); i > 0; --i) text.edge(from, {any()});
    }
    text.pin(pinned);
    const std::uint64_t roots = random.below(16);
    for (std::uint64_t i = 0; i < roots; ++i) text.root(any());
    for (std::uint64_t i = 0; i < roots; ++i) {
        if (random.below(8) != 0) text.step(absl::StrCat("drop r", i));
        if (random.below(4) == 0) text.step("collect");
    }
    if (random.below(4) != 0) text.step("collect");
    return text.graph();
}

TEST(ReplayRun, agrees_with_the_model_on_random_graphs) {
    const std::vector<ReplayOptions> modes = testing::all_modes();
    for (std::uint64_t seed = 1; seed <= 300; ++seed) {
        SCOPED_TRACE(seed);
        Random random(seed);
        const Graph graph = random_graph(random);
        expect_as_modelled(graph, {1, {}, CollectorMode::kManual});
        expect_as_modelled(graph, modes[seed % modes.size()]);
        if (HasFailure()) return;
    }
}

// ---- expectations

/// A ring of two with a tail: drop frees nothing, collect frees 3 nodes of 112 bytes.
GraphText ring() {
    GraphText text;
    text.node("48 T").node("48 T").node("16 int a").edge(0, {1, 2}).edge(1, {0}).root(0);
    return text;
}

constexpr const char* kDropped =
    "expect freed 0 tracked 0 bytes 0 live 3 garbage 3 rcsum 3 mix 0000000000000000";
constexpr const char* kCollected =
    "expect freed 3 tracked 2 bytes 112 live 0 garbage 0 rcsum 0 mix 0a830c0420b7813e";

std::vector<std::string> differences(const GraphText& text, const ReplayOptions& options) {
    Recorder recorder;
    const ReplayOutcome outcome = Replay(text.graph(), options, recorder).run();
    EXPECT_EQ(outcome.exit_status, recorder.differences.empty() ? kExitOk : kExitDifference);
    EXPECT_EQ(outcome.figures.differences, recorder.differences.size());
    return recorder.differences;
}

std::vector<std::string> differences(const GraphText& text) { return differences(text, {}); }

TEST(ReplayRun, right_expectations_raise_no_difference_in_any_mode) {
    const GraphText text = ring().step("drop r0").step(kDropped).step("collect").step(kCollected);
    for (const ReplayOptions& options : testing::all_modes()) {
        EXPECT_THAT(differences(text, options), IsEmpty()) << testing::name_of(options);
    }
}

TEST(ReplayRun, every_wrong_field_is_reported_with_both_values) {
    const std::string wrong =
        "expect freed 4 tracked 3 bytes 113 live 1 garbage 0 rcsum 2 mix 0a830c0420b7813f";
    EXPECT_THAT(differences(ring().step("drop r0").step("collect").step(wrong)),
                ElementsAre("step in line 12: freed is 3, expected 4",
                            "step in line 12: tracked is 2, expected 3",
                            "step in line 12: bytes is 112, expected 113",
                            "step in line 12: live is 0, expected 1",
                            "step in line 12: rcsum is 0, expected 2",
                            "step in line 12: mix is 0a830c0420b7813e, expected 0a830c0420b7813f"));
}

TEST(ReplayRun, wrong_garbage_is_found_behind_every_step_while_no_collector_runs_by_itself) {
    const std::string wrong =
        "expect freed 0 tracked 0 bytes 0 live 3 garbage 2 rcsum 3 mix 0000000000000000";
    EXPECT_THAT(differences(ring().step("drop r0").step(wrong).step("collect")),
                ElementsAre("step in line 11: garbage is 3, expected 2"));
    EXPECT_THAT(differences(ring().step("drop r0").step(wrong).step("collect"),
                            {2, {}, CollectorMode::kManual}),
                ElementsAre("step in line 11: garbage is 3, expected 2"));
    const std::string after =
        "expect freed 3 tracked 2 bytes 112 live 0 garbage 9 rcsum 0 mix 0a830c0420b7813e";
    EXPECT_THAT(differences(ring().step("drop r0").step(kDropped).step("collect").step(after)),
                ElementsAre("step in line 13: garbage is 0, expected 9"));
}

TEST(ReplayRun, sums_are_compared_where_states_are_summed) {
    const GraphText text = ring().step("drop r0").step(kDropped).step("collect").step(
        "expect freed 2 tracked 2 bytes 112 live 0 garbage 0 rcsum 0 mix 0a830c0420b7813e");
    for (const ReplayOptions& options : testing::all_modes()) {
        EXPECT_THAT(differences(text, options), ElementsAre(HasSubstr("freed is 3, expected 2")))
            << testing::name_of(options);
    }
    EXPECT_THAT(differences(text, {2, {}, CollectorMode::kAuto}),
                ElementsAre(HasSubstr("steps in lines 11 to 13: ")));
}

// ---- regions

TEST(ReplayRun, a_region_that_holds_no_heap_is_out_of_memory_and_nothing_is_in_it) {
    Recorder recorder;
    for (const std::uint64_t bytes : {0u, 1u, 5000u}) {
        const ReplayOutcome outcome =
            Replay(ring().graph(), {1, bytes, CollectorMode::kManual}, recorder).run();
        EXPECT_EQ(outcome.exit_status, kExitOutOfMemory);
        EXPECT_THAT(outcome.error, HasSubstr("out of memory"));
        ASSERT_TRUE(outcome.figures.heap.has_value());
        EXPECT_EQ(outcome.figures.heap->region_bytes, bytes);
        EXPECT_EQ(outcome.figures.heap->capacity_bytes, 0u);
    }
    EXPECT_THAT(recorder.lines, IsEmpty());
}

TEST(ReplayRun, a_graph_that_does_not_fit_is_out_of_memory_with_the_figures_of_that_moment) {
    GraphText text;
    for (int i = 0; i < 1000; ++i) text.node("4000 T");
    text.root(0).step("drop r0");
    for (ReplayOptions options : testing::all_modes()) {
        options.region_bytes = 1'000'000;
        Recorder recorder;
        const ReplayOutcome outcome = Replay(text.graph(), options, recorder).run();
        EXPECT_EQ(outcome.exit_status, kExitOutOfMemory);
        EXPECT_THAT(outcome.error, HasSubstr("4000 bytes"));
        ASSERT_TRUE(outcome.figures.heap.has_value());
        EXPECT_GT(outcome.figures.heap->live_objects, 100u);
        EXPECT_LT(outcome.figures.heap->live_objects, 250u);
        EXPECT_EQ(outcome.figures.heap->out_of_memory, 1u);
        EXPECT_THAT(recorder.lines, IsEmpty());
    }
}

TEST(ReplayRun, an_object_larger_than_the_region_is_out_of_memory) {
    Recorder recorder;
    const Graph graph = GraphText().node("10000000 T").graph();
    const ReplayOutcome outcome =
        Replay(graph, {1, 1'000'000, CollectorMode::kManual}, recorder).run();
    EXPECT_EQ(outcome.exit_status, kExitOutOfMemory);
    EXPECT_THAT(outcome.error, HasSubstr("10000000 bytes"));
}

TEST(ReplayRun, the_region_that_a_graph_is_said_to_need_is_enough) {
    for (const std::uint32_t size : {0u, 16u, 17u, 33u, 129u, 1000u, 4097u, 8193u, 12'500u}) {
        GraphText text;
        for (int i = 0; i < 3000; ++i) text.node(absl::StrCat(size, " T"));
        Recorder recorder;
        const ReplayOutcome outcome = Replay(text.graph(), {}, recorder).run();
        EXPECT_EQ(outcome.exit_status, kExitOk) << size << ": " << outcome.error;
    }
}

// ---- figures

TEST(ReplayRun, figures_are_those_of_the_heap_after_the_last_step) {
    Recorder recorder;
    const GraphText text = ring().node("16 str a").root(3).step("drop r0").step("collect");
    const ReplayOutcome outcome = Replay(text.graph(), {}, recorder).run();
    const ReplayFigures& figures = outcome.figures;
    ASSERT_TRUE(figures.heap.has_value());
    EXPECT_EQ(figures.heap->objects_made, 4u);
    EXPECT_EQ(figures.heap->live_objects, 1u);
    EXPECT_EQ(figures.heap->reclaimed_by_collector + figures.heap->reclaimed_by_count, 3u);
    ASSERT_TRUE(figures.collector.has_value());
    EXPECT_EQ(figures.collector->collections, 1u);
    EXPECT_GT(figures.times.make_ns, 0u);
    EXPECT_GT(figures.times.release_ns, 0u);
    EXPECT_EQ(figures.times.longest_ns(),
              std::max({figures.times.make_ns, figures.times.store_ns, figures.times.release_ns}));
    EXPECT_EQ(figures.threads_at_once, 1u);
    EXPECT_EQ(figures.passes_during_drops, 0u);
}

}  // namespace
}  // namespace ouro::tools
