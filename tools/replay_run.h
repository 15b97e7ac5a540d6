// One graph on a fresh heap: load it, perform its steps, compare.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "ouro/ouro.h"
#include "tools/drop_activity.h"
#include "tools/drop_crew.h"
#include "tools/expectation_check.h"
#include "tools/graph_file.h"
#include "tools/heap_graph.h"
#include "tools/node_survey.h"
#include "tools/operation_times.h"

namespace ouro::tools {

enum class CollectorMode : std::uint8_t {
    kManual,  ///< No background thread; only the file's collect steps collect.
    kAuto,    ///< The background thread runs from before the loading to the end.
};
bool AbslParseFlag(absl::string_view text, CollectorMode* mode, std::string* error);
std::string AbslUnparseFlag(CollectorMode mode);

struct ReplayOptions {
    std::uint32_t threads = 1;                  ///< 1..kDropThreadsMax
    std::optional<std::uint64_t> region_bytes;  ///< empty: what the graph needs
    CollectorMode collector = CollectorMode::kManual;
};

/// Hears what happens, in order, on the thread that runs the replay.
class ReplayListener {
public:
    virtual ~ReplayListener() = default;
    /// This step is next. In a block of drops that run at once: before the first of them starts.
    virtual void on_step(const Step& step) = 0;
    /// The state after all steps so far; freed, tracked, bytes and mix since the last call.
    virtual void on_state(const NodeState& state) = 0;
    /// Something is not as the file or the heap's own rules want it.
    virtual void on_difference(const std::string& text) = 0;
};

/// What a replay measured. Heap and collector: after the last step, before the remaining
/// references are given up.
struct ReplayFigures {
    std::uint64_t region_bytes = 0;
    std::optional<Statistics> heap;  ///< all 0 but the region's size if there is no heap in it
    std::optional<CollectorStatistics> collector;
    OperationTimes times;
    std::uint32_t threads_at_once = 0;
    std::uint32_t passes_during_drops = 0;
    std::uint64_t differences = 0;
    std::uint64_t load_ns = 0;
    std::uint64_t steps_ns = 0;
};

struct ReplayOutcome {
    int exit_status = 0;  ///< kExitOk, kExitDifference, kExitOutOfMemory
    std::string error;    ///< Why the replay ended early; empty if all steps were performed.
    ReplayFigures figures;
};

/// Which states are taken, and when:
///   1 thread, manual    after every step;
///   N threads, manual   before every collect (summed over the drops before it, if any), after it,
///                       and after drops that no collect follows;
///   auto                after every collect, summed since the one before.
class Replay {
public:
    /// Takes: a graph with invariants F1..F4 and a listener, which outlive this.
    Replay(const Graph& graph, const ReplayOptions& options, ReplayListener& listener)
        : graph_(graph), options_(options), listener_(listener) {}

    /// Runs it, once. At the end the heap is verified; then all references that the file leaves are
    /// given up, and after another collection nothing may be left.
    ReplayOutcome run(const HeapGraph::ProgressCallback& progress = nullptr);

private:
    bool step_by_step() const {
        return options_.threads == 1 && options_.collector == CollectorMode::kManual;
    }
    bool manual() const { return options_.collector == CollectorMode::kManual; }

    void run_in(std::span<std::byte> region, const HeapGraph::ProgressCallback& progress);
    bool perform_steps(ManagedHeap& heap, HeapGraph& nodes, DropCrew& crew, NodeSurvey& survey);
    bool drop_block(DropCrew& crew);
    void collect(ManagedHeap& heap, HeapGraph& nodes);
    void take_state(ManagedHeap& heap, HeapGraph& nodes, NodeSurvey& survey);
    void verify(ManagedHeap& heap);
    void empty_the_heap(ManagedHeap& heap, HeapGraph& nodes);
    void note_figures(ManagedHeap& heap, const DropCrew& crew);
    void fail(int exit_status, std::string error);
    void differ(const std::string& text);

    const Graph& graph_;
    const ReplayOptions options_;
    ReplayListener& listener_;
    DropActivity activity_;
    ExpectationCheck check_;
    std::vector<std::uint32_t> block_;  ///< roots of drops that wait to be run at once
    ReplayOutcome outcome_;
};

}  // namespace ouro::tools
