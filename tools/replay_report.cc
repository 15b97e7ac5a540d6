#include "tools/replay_report.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "tools/json.h"

namespace ouro::tools {

namespace {

std::string json_of(const NodeState& state, const std::vector<std::string>& steps) {
    return JsonObject()
        .add_raw("steps", json_array(steps))
        .add("freed", state.freed)
        .add("tracked", state.tracked)
        .add("bytes", state.bytes)
        .add("live", state.live)
        .add("rcsum", state.rcsum)
        .add("mix", absl::StrFormat("%016x", state.mix))
        .str();
}

void add_heap(JsonObject& object, const Statistics& heap) {
    object.add("reclaimed_by_count", heap.reclaimed_by_count)
        .add("reclaimed_by_collector", heap.reclaimed_by_collector)
        .add("high_water_bytes", heap.used_bytes_max)
        .add("capacity_bytes", heap.capacity_bytes)
        .add("emergency_collections", heap.emergency_collections);
}

void add_collector(JsonObject& object, const CollectorStatistics& collector) {
    object.add("collections", collector.collections)
        .add("automatic_collections", collector.automatic)
        .add("passes", collector.passes)
        .add("longest_collector_step_ns", collector.longest_step_ns);
}

}  // namespace

std::string describe(const Statistics& statistics) {
    std::string text;
    const auto add = [&](absl::string_view name, std::size_t value) {
        absl::StrAppendFormat(&text, "  %-24s %14d\n", name, value);
    };
    add("region bytes", statistics.region_bytes);
    add("capacity for objects", statistics.capacity_bytes);
    add("used bytes", statistics.used_bytes);
    add("used bytes, high water", statistics.used_bytes_max);
    add("free bytes", statistics.free_bytes);
    add("parked bytes", statistics.parked_bytes);
    add("largest free block", statistics.largest_free_block);
    add("live objects", statistics.live_objects);
    add("live bytes", statistics.live_bytes);
    add("objects made", statistics.objects_made);
    add("reclaimed by count", statistics.reclaimed_by_count);
    add("reclaimed by collector", statistics.reclaimed_by_collector);
    add("requests that failed", statistics.out_of_memory);
    add("emergency collections", statistics.emergency_collections);
    return text;
}

ReplayReport::ReplayReport(std::ostream& out, std::ostream& err, std::string file,
                           const ReplayOptions& options, bool json)
    : out_(out), err_(err), file_(std::move(file)), options_(options), json_(json) {}

void ReplayReport::fail_to_read(absl::string_view message) {
    err_ << "ouro replay: " << message << '\n' << std::flush;
    if (!json_) return;
    out_ << JsonObject().add("file", file_).add("ok", false).add("error", message).str() << '\n'
         << std::flush;
}

void ReplayReport::begin(const Graph& graph) {
    graph_ = graph.name;
    objects_ = graph.nodes.size();
    references_ = graph.targets.size();
    if (json_) return;
    out_ << absl::StrFormat("graph %s: %d nodes, %d edges, %d roots, %d pins, %d steps\n",
                            graph.name, graph.nodes.size(), graph.targets.size(),
                            graph.roots.size(), graph.pins.size(), graph.steps.size())
         << std::flush;
}

void ReplayReport::on_step(const Step& step) {
    if (json_) {
        steps_.push_back(json_quote(step.text));
    } else {
        out_ << step.text << '\n' << std::flush;
    }
}

void ReplayReport::on_state(const NodeState& state) {
    if (json_) {
        states_.push_back(json_of(state, std::exchange(steps_, {})));
    } else {
        out_ << "state " << to_string(state) << '\n' << std::flush;
    }
}

void ReplayReport::on_difference(const std::string& text) {
    if (json_) differences_.push_back(json_quote(text));
    err_ << "ouro replay: " << file_ << ": " << text << '\n' << std::flush;
}

void ReplayReport::print_closing_line(const ReplayFigures& figures) {
    err_ << absl::StrFormat(
                "ouro replay: %s: %d of %d threads ran at once, %d collector passes began while "
                "drops were running\n",
                file_, figures.threads_at_once, options_.threads, figures.passes_during_drops)
         << std::flush;
}

void ReplayReport::print_json(const ReplayOutcome& outcome) {
    const ReplayFigures& figures = outcome.figures;
    JsonObject object;
    object.add("file", file_)
        .add("graph", graph_)
        .add("ok", outcome.exit_status == 0)
        .add("exit_status", outcome.exit_status)
        .add("threads", options_.threads)
        .add("collector", AbslUnparseFlag(options_.collector))
        .add("region_bytes", figures.region_bytes)
        .add("objects", objects_)
        .add("references", references_);
    if (!outcome.error.empty()) object.add("error", outcome.error);
    if (figures.heap) add_heap(object, *figures.heap);
    if (figures.collector) add_collector(object, *figures.collector);
    object.add("longest_operation_ns", figures.times.longest_ns())
        .add("longest_make_ns", figures.times.make_ns)
        .add("longest_store_ns", figures.times.store_ns)
        .add("longest_release_ns", figures.times.release_ns)
        .add("threads_at_once", figures.threads_at_once)
        .add("passes_during_drops", figures.passes_during_drops)
        .add("load_ns", figures.load_ns)
        .add("steps_ns", figures.steps_ns)
        .add_raw("states", json_array(states_))
        .add_raw("differences", json_array(differences_));
    out_ << object.str() << '\n' << std::flush;
}

void ReplayReport::finish(const ReplayOutcome& outcome) {
    if (!outcome.error.empty()) {
        err_ << "ouro replay: " << file_ << ": " << outcome.error << '\n';
        if (outcome.figures.heap) err_ << describe(*outcome.figures.heap);
    } else {
        print_closing_line(outcome.figures);
    }
    if (json_) print_json(outcome);
    err_ << std::flush;
}

}  // namespace ouro::tools
