// What must happen to a graph, computed slowly and plainly: a naive shadow of reference counting
// and collection, to check a heap against. Shares no code with the heap; no recursion.
//
// Invariants:
//   M1: the count of a live node is the number of references to it from live nodes, roots still
//       held, and pins.
//   M2: dead nodes stay dead; a pinned node never dies.
// A node that nothing refers to at the start (its count is 0) is live garbage: no cascade starts
// at it, the first collect frees it. No graph taken from a real process has such a node.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "tools/graph_file.h"

namespace ouro::tools {

/// Count the references to each node before the first step: from edges with multiplicity, roots
/// and pins.
/// Time:       O(nodes + edges + roots + pins). Never fails.
std::vector<std::uint32_t> initial_reference_counts(const Graph& graph);

/// The state of a graph between steps.
/// Threads:    one at a time.
class GraphModel {
public:
    /// Takes:      a graph with invariants F1..F4 (graph_file.h), which must outlive the model.
    /// Time:       O(nodes + edges).
    explicit GraphModel(const Graph& graph);

    /// Perform a step: release roots and cascade, or free all that is unreachable.
    /// Takes:      a step whose roots are indices into the graph's roots, none released before.
    ///             Its expectation is not looked at.
    /// Returns:    what a heap must report after it. Never fails.
    /// Time:       O(nodes + edges), for any step.
    Expectation apply(const Step& step);

    /// Tell whether a node is live: not freed by a step so far. O(1).
    bool is_live(std::uint32_t node) const { return live_[node]; }

    /// References to a live node at this moment; 0 for a dead one. O(1).
    std::uint32_t reference_count(std::uint32_t node) const { return counts_[node]; }

private:
    void release(std::uint32_t node);
    void cascade(Expectation& result);
    void collect(Expectation& result);
    void kill(std::uint32_t node, Expectation& result);
    void summarize(Expectation& result) const;
    std::vector<bool> find_reachable() const;

    const Graph& graph_;
    std::vector<std::uint32_t> counts_;
    std::vector<bool> live_;            // per node
    std::vector<bool> held_;            // per root
    std::vector<std::uint32_t> dying_;  // count fell to 0, references not yet released
};

/// Run all steps of a graph.
/// Returns:    one result per step, in order.
/// Time:       O(steps * (nodes + edges)). Never fails.
std::vector<Expectation> model_steps(const Graph& graph);

}  // namespace ouro::tools
