// A graph from a file as objects on a heap, and the references to them from outside.
//
// Invariants, between load() and the first drop, when no other thread has changed the graph:
//   L1: every node is one object, whose fields are the node's references in the file's order.
//   L2: its count is the number of edges, roots and pins that name it. A node that nothing names
//       has one reference more, which this class holds (see hold_count()), for an object without
//       any reference would not be there.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "ouro/ouro.h"
#include "tools/graph_file.h"
#include "tools/node_object.h"
#include "tools/operation_times.h"

namespace ouro::tools {

/// Why a graph did not find room on a heap.
struct LoadFailure {
    Error error = Error::none;
    std::uint32_t node = 0;   ///< the one that could not be made
    std::size_t payload = 0;  ///< its bytes, without the heap's header
    Statistics heap = {};     ///< at this moment, with all nodes made before
};

/// Which type of object a node becomes.
enum class NodeKind : std::uint8_t { kTracked, kAcyclic, kLeaf };

/// Chooses the kind. A node may be left out by the collector only if the file calls it atomic and
/// none of its targets refers to anything: then no cycle leads through it. "Atomic" alone is not
/// enough: it says what CPython did not track, and promises nothing about cycles.
NodeKind kind_of(const Graph& graph, std::uint32_t node);

/// Bytes of payload that a node takes: its size, or more where its references need it.
std::size_t payload_bytes(const Graph& graph, std::uint32_t node);

/// Bytes of region that are enough for the graph with a heap and a collector, generously: pages
/// that stay untouched cost nothing but a record each.
std::size_t region_bytes_for(const Graph& graph);

class HeapGraph {
public:
    /// Called while load() runs: nodes done so far (made, then linked: each counts twice) of the
    /// total. Once per at most 65,536 nodes.
    using ProgressCallback = std::function<void(std::uint64_t done, std::uint64_t total)>;

    /// Takes: the heap to load into and the graph, which both outlive this.
    HeapGraph(Heap& heap, const Graph& graph) : heap_(heap), graph_(graph) {}

    /// Makes all objects, links them, makes the handles, then lets the handles used for the
    /// building go, one after the other, as a program that builds the graph would.
    /// Returns:    nothing, or what was too large for the heap; then nothing may be called but the
    ///             destructor. Time: O(nodes + edges). Called once.
    std::optional<LoadFailure> load(OperationTimes& times, const ProgressCallback& progress);

    /// The identity of every node's object, in the order of the nodes.
    std::span<const Id> ids() const { return ids_; }

    /// Lets go of the handle of a root, which has not been given up before, but for a copy:
    /// dropping that completes the step. A program that looks at what it gives up does the same;
    /// thus the collector hears of a possible root even if the object then ends by its count.
    /// Threads:    any, for different roots at once.
    Ref<NodeObject> give_up(std::uint32_t root, OperationTimes& times);
    /// The node that a root refers to by the file.
    std::uint32_t node_of(std::uint32_t root) const { return graph_.roots[root].node; }

    /// Handles that this class holds beyond those of the file: to nodes that nothing names.
    std::size_t hold_count() const { return held_.size(); }
    /// Lets go of them. A collection frees such nodes, no drop does; this belongs before the first.
    void release_held() { held_.clear(); }

    /// How many nodes the roots not dropped and the pins lead to, by the objects' own fields.
    /// Time: O(nodes + edges). Threads: any, while no other changes references to nodes.
    std::size_t count_reachable() const;

    /// Lets go of all handles: roots not dropped, pins, held.
    void release_all();

private:
    using Handle = Ref<NodeObject>;

    Result<Handle> make_node(std::uint32_t node);
    void link(const std::vector<Handle>& handles, std::uint32_t node, OperationTimes& times);

    Heap& heap_;
    const Graph& graph_;
    std::vector<Id> ids_;
    std::vector<Handle> roots_;
    std::vector<Handle> pins_;
    std::vector<Handle> held_;
};

}  // namespace ouro::tools
