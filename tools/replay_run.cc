#include "tools/replay_run.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "platform/thread.h"
#include "tools/command_line.h"
#include "tools/region.h"

namespace ouro::tools {

bool AbslParseFlag(absl::string_view text, CollectorMode* mode, std::string* error) {
    if (text != "manual" && text != "auto") {
        *error = "expected manual or auto";
        return false;
    }
    *mode = text == "auto" ? CollectorMode::kAuto : CollectorMode::kManual;
    return true;
}

std::string AbslUnparseFlag(CollectorMode mode) {
    return mode == CollectorMode::kAuto ? "auto" : "manual";
}

void Replay::fail(int exit_status, std::string error) {
    outcome_.exit_status = exit_status;
    outcome_.error = std::move(error);
}

void Replay::differ(const std::string& text) {
    ++outcome_.figures.differences;
    outcome_.exit_status = kExitDifference;
    listener_.on_difference(text);
}

ReplayOutcome Replay::run(const HeapGraph::ProgressCallback& progress) {
    const std::size_t bytes = options_.region_bytes.value_or(region_bytes_for(graph_));
    outcome_.figures.region_bytes = bytes;
    outcome_.figures.heap = Statistics{};
    outcome_.figures.heap->region_bytes = bytes;
    const absl::StatusOr<MappedRegion> region = MappedRegion::create(bytes);
    if (region.ok()) {
        run_in(region->bytes(), progress);
    } else {
        fail(kExitOutOfMemory, std::string(region.status().message()));
    }
    return outcome_;
}

void Replay::run_in(std::span<std::byte> region, const HeapGraph::ProgressCallback& progress) {
    ManagedHeapConfig config;
    config.collector.background = false;  // it starts below, when it is being watched
    auto created = ManagedHeap::create(region, config);
    if (!created) {
        fail(kExitOutOfMemory,
             absl::StrCat("out of memory: a region of ", region.size(), " bytes holds no heap (",
                          to_string(created.error()), "); ", region_bytes_for(graph_),
                          " bytes are enough for this graph"));
        return;
    }
    ManagedHeap& heap = *created;
    activity_.watch(heap);
    if (!manual() && !heap.collector().start()) {
        fail(kExitOutOfMemory, "the system has no thread for the collector");
        return;
    }
    HeapGraph nodes(heap.heap(), graph_);
    DropCrew crew(nodes, activity_, options_.threads, !manual());

    const std::uint64_t start = platform::clock_ns();
    const std::optional<LoadFailure> failure = nodes.load(outcome_.figures.times, progress);
    const std::uint64_t loaded = platform::clock_ns();
    outcome_.figures.load_ns = loaded - start;
    if (failure) {
        note_figures(heap, crew);
        outcome_.figures.heap = failure->heap;
        fail(kExitOutOfMemory,
             absl::StrCat("out of memory: no room for node ", failure->node, " of ",
                          graph_.nodes.size(), ", ", failure->payload, " bytes (",
                          to_string(failure->error), "); a region of ", region_bytes_for(graph_),
                          " bytes is enough for this graph"));
        return;
    }
    NodeSurvey survey(graph_, nodes.ids());
    const bool done = perform_steps(heap, nodes, crew, survey);
    outcome_.figures.steps_ns = platform::clock_ns() - loaded;
    note_figures(heap, crew);
    if (!done) return;
    verify(heap);
    empty_the_heap(heap, nodes);
}

bool Replay::perform_steps(ManagedHeap& heap, HeapGraph& nodes, DropCrew& crew,
                           NodeSurvey& survey) {
    for (const Step& step : graph_.steps) {
        const bool collects = step.kind == Step::Kind::kCollect;
        if (collects && !step_by_step()) {
            if (!drop_block(crew)) return false;
            if (manual()) take_state(heap, nodes, survey);
        }
        listener_.on_step(step);
        check_.add(step);
        if (collects) {
            collect(heap, nodes);
        } else {
            block_.insert(block_.end(), step.roots.begin(), step.roots.end());
            if (!step_by_step()) continue;
            if (!drop_block(crew)) return false;
        }
        take_state(heap, nodes, survey);
    }
    const bool drops_left =
        !graph_.steps.empty() && !step_by_step() && graph_.steps.back().kind == Step::Kind::kDrop;
    if (!drops_left) return true;
    if (!drop_block(crew)) return false;
    if (manual()) take_state(heap, nodes, survey);
    return true;
}

bool Replay::drop_block(DropCrew& crew) {
    const std::size_t wrong_before = crew.wrong_roots().size();
    const absl::Status status = crew.drop(block_);
    block_.clear();
    if (!status.ok()) {
        fail(kExitOutOfMemory, std::string(status.message()));
        return false;
    }
    for (std::size_t i = wrong_before; i < crew.wrong_roots().size(); ++i) {
        const Root& root = graph_.roots[crew.wrong_roots()[i]];
        differ(
            absl::StrCat("root ", root.name, " does not refer to node ", root.node, " any more"));
    }
    return true;
}

void Replay::collect(ManagedHeap& heap, HeapGraph& nodes) {
    nodes.release_held();
    const CollectResult result = heap.collect();
    if (result.error != Error::none) {
        differ(absl::StrCat("the collection did not run: ", to_string(result.error)));
    } else if (!result.complete) {
        differ("the collection was incomplete");
    }
}

void Replay::take_state(ManagedHeap& heap, HeapGraph& nodes, NodeSurvey& survey) {
    NodeState state = survey.take(heap.heap(), nodes.hold_count());
    if (manual() && check_.expects_garbage()) state.garbage = state.live - nodes.count_reachable();
    listener_.on_state(state);
    for (const std::string& difference : check_.compare(state)) differ(difference);
    if (state.live != survey.answering()) {
        differ(absl::StrCat("the heap counts ", state.live, " live objects, but ",
                            survey.answering(), " answer to their ids"));
    }
    if (survey.saturated() != 0) {
        differ(absl::StrCat("rcsum is not exact: the counts of ", survey.saturated(),
                            " nodes are saturated"));
    }
}

void Replay::verify(ManagedHeap& heap) {
    const Violation violation = heap.collector().verify();
    if (!violation) return;
    differ(absl::StrCat("broken invariant of the heap: ", violation.invariant, " (", violation.path,
                        ")"));
}

void Replay::empty_the_heap(ManagedHeap& heap, HeapGraph& nodes) {
    nodes.release_all();
    heap.collect();
    const std::size_t left = heap.statistics().live_objects;
    if (left != 0) {
        differ(absl::StrCat(left, " objects are left after all references were given up"));
    }
    verify(heap);
}

void Replay::note_figures(ManagedHeap& heap, const DropCrew& crew) {
    ReplayFigures& figures = outcome_.figures;
    figures.heap = heap.statistics();
    figures.collector = heap.collector().statistics();
    figures.times.add(crew.times());
    figures.threads_at_once = activity_.threads_at_once();
    figures.passes_during_drops = activity_.passes_during_drops();
}

}  // namespace ouro::tools
