#include "tools/graph_model.h"

#include "platform/fatal.h"
#include "tools/splitmix.h"

namespace ouro::tools {

std::vector<std::uint32_t> initial_reference_counts(const Graph& graph) {
    std::vector<std::uint32_t> counts(graph.nodes.size(), 0);
    for (const std::uint32_t target : graph.targets) {
        ++counts[target];
    }
    for (const Root& root : graph.roots) {
        ++counts[root.node];
    }
    for (const std::uint32_t node : graph.pins) {
        ++counts[node];
    }
    return counts;
}

GraphModel::GraphModel(const Graph& graph)
    : graph_(graph),
      counts_(initial_reference_counts(graph)),
      live_(graph.nodes.size(), true),
      held_(graph.roots.size(), true) {}

Expectation GraphModel::apply(const Step& step) {
    Expectation result;
    if (step.kind == Step::Kind::kCollect) {
        collect(result);
    } else {
        for (const std::uint32_t root : step.roots) {
            OURO_ASSERT(held_[root], "GraphModel: a root is released twice");
            held_[root] = false;
            release(graph_.roots[root].node);
        }
        cascade(result);
    }
    summarize(result);
    return result;
}

// Takes one reference away; a node without references waits in dying_.
void GraphModel::release(std::uint32_t node) {
    OURO_ASSERT(counts_[node] > 0, "M1: a reference is released that is not counted");
    if (--counts_[node] == 0) dying_.push_back(node);
}

void GraphModel::kill(std::uint32_t node, Expectation& result) {
    OURO_ASSERT(live_[node], "M2: a dead node dies again");
    live_[node] = false;
    ++result.freed;
    if (!graph_.nodes[node].atomic) ++result.tracked;
    result.bytes += graph_.nodes[node].size;
    result.mix += splitmix64(node);
}

void GraphModel::cascade(Expectation& result) {
    while (!dying_.empty()) {  // ends: each node dies once
        const std::uint32_t node = dying_.back();
        dying_.pop_back();
        kill(node, result);
        for (const std::uint32_t target : graph_.targets_of(node)) {
            release(target);
        }
    }
}

// Frees the unreachable and takes the references that they held away from the rest.
void GraphModel::collect(Expectation& result) {
    const std::vector<bool> reachable = find_reachable();
    for (std::uint32_t node = 0; node < live_.size(); ++node) {
        if (!live_[node] || reachable[node]) continue;
        kill(node, result);
        for (const std::uint32_t target : graph_.targets_of(node)) {
            OURO_ASSERT(counts_[target] > 0, "M1: a reference is released that is not counted");
            --counts_[target];
        }
    }
}

std::vector<bool> GraphModel::find_reachable() const {
    std::vector<bool> reachable(live_.size(), false);
    std::vector<std::uint32_t> open(graph_.pins);
    for (std::size_t root = 0; root < held_.size(); ++root) {
        if (held_[root]) open.push_back(graph_.roots[root].node);
    }
    while (!open.empty()) {  // ends: the targets of a node are added once
        const std::uint32_t node = open.back();
        open.pop_back();
        if (reachable[node]) continue;
        OURO_ASSERT(live_[node], "M1: a reachable node is dead");
        reachable[node] = true;
        for (const std::uint32_t target : graph_.targets_of(node)) {
            open.push_back(target);
        }
    }
    return reachable;
}

void GraphModel::summarize(Expectation& result) const {
    const std::vector<bool> reachable = find_reachable();
    for (std::size_t node = 0; node < live_.size(); ++node) {
        if (!live_[node]) continue;
        ++result.live;
        if (!reachable[node]) ++result.garbage;
        result.rcsum += counts_[node];
    }
}

std::vector<Expectation> model_steps(const Graph& graph) {
    GraphModel model(graph);
    std::vector<Expectation> results;
    results.reserve(graph.steps.size());
    for (const Step& step : graph.steps) {
        results.push_back(model.apply(step));
    }
    return results;
}

}  // namespace ouro::tools
