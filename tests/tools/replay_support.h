// What the tests of `ouro replay` share: a listener that remembers, what the model says a replay
// must report, and small graphs made from text.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "tests/tools/graph_text.h"
#include "tools/graph_file.h"
#include "tools/graph_model.h"
#include "tools/replay_run.h"

namespace ouro::tools::testing {

/// All that a replay told, in order: steps as their text, states as "state ...".
struct Recorder : ReplayListener {
    void on_step(const Step& step) override { lines.push_back(step.text); }
    void on_state(const NodeState& state) override {
        lines.push_back(absl::StrCat("state ", to_string(state)));
        states.push_back(state);
    }
    void on_difference(const std::string& text) override { differences.push_back(text); }

    std::vector<std::string> lines;
    std::vector<NodeState> states;
    std::vector<std::string> differences;
};

/// Every combination of threads and collector that the tests try.
inline std::vector<ReplayOptions> all_modes() {
    std::vector<ReplayOptions> modes;
    for (const std::uint32_t threads : {1u, 2u, 4u}) {
        for (const CollectorMode mode : {CollectorMode::kManual, CollectorMode::kAuto}) {
            ReplayOptions options;
            options.threads = threads;
            options.collector = mode;
            modes.push_back(options);
        }
    }
    return modes;
}

inline std::string name_of(const ReplayOptions& options) {
    return absl::StrCat(options.threads, "_threads_", AbslUnparseFlag(options.collector));
}

/// The lines that a replay must tell, by the model.
inline std::vector<std::string> model_lines(const Graph& graph, const ReplayOptions& options) {
    const bool manual = options.collector == CollectorMode::kManual;
    GraphModel model(graph);
    NodeState state;
    state.live = graph.nodes.size();
    for (const std::uint32_t count : initial_reference_counts(graph)) state.rcsum += count;
    std::vector<std::string> lines;
    const auto tell = [&] {
        lines.push_back(absl::StrCat("state ", to_string(state)));
        state.freed = state.tracked = state.bytes = state.mix = 0;
    };
    bool told = true;
    for (const Step& step : graph.steps) {
        const bool collect = step.kind == Step::Kind::kCollect;
        if (collect && manual && options.threads > 1) tell();
        lines.push_back(step.text);
        const Expectation result = model.apply(step);
        state.freed += result.freed;
        state.tracked += result.tracked;
        state.bytes += result.bytes;
        state.mix += result.mix;
        state.live = result.live;
        state.rcsum = result.rcsum;
        told = collect || (manual && options.threads == 1);
        if (told) tell();
    }
    if (manual && !told) tell();
    return lines;
}

/// A graph in the making: text in the file's own terms.
class GraphText {
public:
    GraphText& node(const std::string& rest) {
        return add(nodes_, absl::StrCat("node ", nodes_.size(), " ", rest));
    }
    GraphText& edge(std::uint32_t from, const std::vector<std::uint32_t>& to) {
        edge_count_ += to.size();
        return add(rest_, absl::StrCat("edge ", from, " ", absl::StrJoin(to, " ")));
    }
    GraphText& root(std::uint32_t node) {
        return add(rest_, absl::StrCat("root r", root_count_++, " ", node));
    }
    GraphText& pin(std::uint32_t node) {
        ++pin_count_;
        return add(rest_, absl::StrCat("pin ", node));
    }
    /// A step, or the `expect` line of the last one.
    GraphText& step(const std::string& text) {
        step_count_ += text.starts_with("expect") ? 0 : 1;
        return add(steps_, text);
    }

    std::size_t nodes() const { return nodes_.size(); }
    std::size_t roots() const { return root_count_; }

    std::string text() const {
        std::vector<std::string> lines = {
            "gcgraph 1", "name made",
            absl::StrCat("count nodes ", nodes_.size(), " edges ", edge_count_, " roots ",
                         root_count_, " pins ", pin_count_, " steps ", step_count_)};
        lines.insert(lines.end(), nodes_.begin(), nodes_.end());
        lines.insert(lines.end(), rest_.begin(), rest_.end());
        if (!steps_.empty()) lines.push_back("expected");
        lines.insert(lines.end(), steps_.begin(), steps_.end());
        lines.push_back("end");
        return join(lines);
    }
    /// The graph; stops the test program if the text is not one.
    Graph graph() const { return parse_graph(text()).value(); }

private:
    GraphText& add(std::vector<std::string>& lines, std::string line) {
        lines.push_back(std::move(line));
        return *this;
    }

    std::vector<std::string> nodes_;
    std::vector<std::string> rest_;
    std::vector<std::string> steps_;
    std::size_t edge_count_ = 0;
    std::size_t root_count_ = 0;
    std::size_t pin_count_ = 0;
    std::size_t step_count_ = 0;
};

}  // namespace ouro::tools::testing
