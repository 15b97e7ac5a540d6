// Goal: the graphs of real processes are reclaimed exactly, in every mode. Method: replay each;
// what is reported must equal the file's expectations and the model's.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <tuple>

#include "tests/tools/replay_support.h"
#include "tools/command_line.h"

namespace ouro::tools {
namespace {

class RealGraphReplay : public ::testing::TestWithParam<std::tuple<std::string, ReplayOptions>> {};

TEST_P(RealGraphReplay, is_reclaimed_as_the_file_and_the_model_say) {
    const auto& [name, options] = GetParam();
    const Graph graph = read_graph_file(testing::graph_path(name)).value();
    testing::Recorder recorder;
    const ReplayOutcome outcome = Replay(graph, options, recorder).run();
    EXPECT_EQ(outcome.exit_status, kExitOk) << outcome.error;
    EXPECT_THAT(recorder.differences, ::testing::IsEmpty());
    EXPECT_EQ(recorder.lines, testing::model_lines(graph, options));

    const ReplayFigures& figures = outcome.figures;
    ASSERT_TRUE(figures.heap.has_value());
    EXPECT_EQ(figures.heap->objects_made, graph.nodes.size());
    EXPECT_EQ(figures.heap->live_objects, graph.pins.size());
    EXPECT_EQ(figures.heap->reclaimed_by_count + figures.heap->reclaimed_by_collector,
              graph.nodes.size() - graph.pins.size());
    EXPECT_GE(figures.threads_at_once, 1u);
    EXPECT_LE(figures.threads_at_once, options.threads);
    // Drops and a collector by itself must have met; without DropCrew's pacing there is often no
    // such pass.
    EXPECT_EQ(figures.passes_during_drops > 0, options.collector == CollectorMode::kAuto);
}

INSTANTIATE_TEST_SUITE_P(All, RealGraphReplay,
                         ::testing::Combine(::testing::ValuesIn(testing::kCountedGraphNames),
                                            ::testing::ValuesIn(testing::all_modes())),
                         [](const auto& test) {
                             return std::get<0>(test.param) + "_" +
                                    testing::name_of(std::get<1>(test.param));
                         });

}  // namespace
}  // namespace ouro::tools
