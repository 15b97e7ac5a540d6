// What has become of the nodes of a graph: asked of the heap, by the ids of their objects.
//
// Every id is asked once per survey until it is dead: its answer is the object's reference count or
// that there is no such object any more. Nothing is computed from the graph's edges.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "ouro/ouro.h"
#include "tools/graph_file.h"

namespace ouro::tools {

/// What a `state` line says; see Expectation for the meaning of the fields.
struct NodeState {
    std::uint64_t freed = 0;
    std::uint64_t tracked = 0;
    std::uint64_t bytes = 0;
    std::uint64_t live = 0;
    std::uint64_t rcsum = 0;
    std::uint64_t mix = 0;
    std::optional<std::uint64_t> garbage = std::nullopt;  ///< not part of the line; if known

    bool operator==(const NodeState&) const = default;
};

/// "freed N tracked N bytes N live N rcsum N mix HEX".
std::string to_string(const NodeState& state);

class NodeSurvey {
public:
    /// Takes: the graph and the ids of its nodes' objects, which outlive this. All count as live.
    NodeSurvey(const Graph& graph, std::span<const Id> ids);

    /// Asks for all nodes not yet known to be dead.
    /// Takes:      the heap; how many references it counts that the file knows nothing of.
    /// Returns:    the nodes that died since the last call, and what is left; `live` is the heap's
    ///             own figure. Time: O(nodes still alive).
    /// Threads:    any, while no other changes references to nodes; the collector may be at work.
    NodeState take(Heap& heap, std::size_t foreign_references);

    /// Nodes whose objects answered in the last survey. NodeState::live must be the same.
    std::size_t answering() const { return live_.size(); }
    /// Of these, nodes whose count is saturated (above 2^24), so that rcsum is not exact.
    std::size_t saturated() const { return saturated_; }

private:
    void bury(std::uint32_t node, NodeState& state) const;

    const Graph& graph_;
    std::span<const Id> ids_;
    std::vector<std::uint32_t> live_;
    std::size_t saturated_ = 0;
};

}  // namespace ouro::tools
