#include "tools/node_survey.h"

#include <numeric>

#include "absl/strings/str_format.h"
#include "tools/splitmix.h"

namespace ouro::tools {

std::string to_string(const NodeState& state) {
    return absl::StrFormat("freed %d tracked %d bytes %d live %d rcsum %d mix %016x", state.freed,
                           state.tracked, state.bytes, state.live, state.rcsum, state.mix);
}

NodeSurvey::NodeSurvey(const Graph& graph, std::span<const Id> ids)
    : graph_(graph), ids_(ids), live_(ids.size()) {
    std::iota(live_.begin(), live_.end(), std::uint32_t{0});
}

void NodeSurvey::bury(std::uint32_t node, NodeState& state) const {
    ++state.freed;
    state.tracked += graph_.nodes[node].atomic ? 0 : 1;
    state.bytes += graph_.nodes[node].size;
    state.mix += splitmix64(node);
}

NodeState NodeSurvey::take(Heap& heap, std::size_t foreign_references) {
    NodeState state;
    saturated_ = 0;
    std::size_t kept = 0;
    for (const std::uint32_t node : live_) {
        auto count = refcount(ids_[node]);
        if (!count) {
            bury(node, state);
            continue;
        }
        saturated_ += *count == kImmortal ? 1 : 0;
        state.rcsum += *count;
        live_[kept++] = node;
    }
    live_.resize(kept);
    state.live = heap.statistics().live_objects;
    state.rcsum -= foreign_references;
    return state;
}

}  // namespace ouro::tools
