// Object graphs on disk: the gcgraph format, read into a Graph. tests/graphs/README.md describes
// the format.
//
// Invariants of a Graph that read_graph_file() or parse_graph() returned:
//   F1: edge_begin has nodes.size() + 1 entries, starts with 0, never falls, ends with
//       targets.size(); every target, root node and pin is a node index.
//   F2: type_index of every node is an index into type_names; names in type_names are distinct.
//   F3: root names are distinct; each root is dropped by at most one step, and there once.
//   F4: a pinned node has no out-edges.
// Edges from atomic nodes are normal: atomic only says that CPython did not track the object.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace ouro::tools {

/// Greatest counts that a `count` line may state: nodes, roots, pins and steps; edges. They keep
/// every index and reference count within 32 bits.
inline constexpr std::uint32_t kGraphNodesMax = std::uint32_t{1} << 28;
inline constexpr std::uint32_t kGraphEdgesMax = std::uint32_t{1} << 30;

/// Longest line accepted, in bytes without the line end.
inline constexpr std::size_t kGraphLineBytesMax = std::size_t{16} << 20;

/// One object.
struct Node {
    std::uint32_t size = 0;        ///< Bytes the object took in the process it came from.
    std::uint32_t type_index = 0;  ///< Index into Graph::type_names.
    bool atomic = false;           ///< Not tracked by the collector of that process.

    bool operator==(const Node&) const = default;
};

/// One external strong reference with a name. Several roots may name the same node.
struct Root {
    std::string name;
    std::uint32_t node = 0;

    bool operator==(const Root&) const = default;
};

/// What holds after a step. Counts are of nodes unless said otherwise.
struct Expectation {
    std::uint64_t freed = 0;    ///< Reclaimed by this step.
    std::uint64_t tracked = 0;  ///< Those of the freed that are not atomic.
    std::uint64_t bytes = 0;    ///< Sizes of the freed, summed.
    std::uint64_t live = 0;     ///< Left after the step.
    std::uint64_t garbage = 0;  ///< Live, but unreachable from the remaining roots and the pins.
    std::uint64_t rcsum = 0;    ///< Reference counts of the live, summed.
    std::uint64_t mix = 0;      ///< splitmix64(node index) of the freed, summed modulo 2^64.

    bool operator==(const Expectation&) const = default;
};

/// One action of the replay.
struct Step {
    enum class Kind : std::uint8_t { kDrop, kCollect };

    Kind kind = Kind::kCollect;
    std::vector<std::uint32_t> roots;  ///< kDrop: indices into Graph::roots, in the file's order.
    std::string text;                  ///< The line as written, without its end.
    std::optional<Expectation> expectation;  ///< Empty if the file gives none for this step.
    std::size_t line = 0;                    ///< Number of the line, from 1.

    bool operator==(const Step&) const = default;
};

/// An object graph and what is to be done with it.
struct Graph {
    std::string name;
    std::vector<Node> nodes;
    std::vector<std::string> type_names;  ///< In the order of first use.
    std::vector<std::uint32_t>
        edge_begin;                      ///< Node n owns targets[edge_begin[n]..edge_begin[n+1]).
    std::vector<std::uint32_t> targets;  ///< One entry per reference, repeated references too.
    std::vector<Root> roots;
    std::vector<std::uint32_t> pins;  ///< Node per pin line; a node named twice is pinned twice.
    std::vector<Step> steps;

    bool operator==(const Graph&) const = default;

    /// Show the references that a node holds, in the file's order, with multiplicity.
    /// Takes:      an index below nodes.size().
    /// Returns:    a view that is valid while the graph is unchanged.
    /// Time:       O(1).
    std::span<const std::uint32_t> targets_of(std::uint32_t node) const {
        return std::span(targets).subspan(edge_begin[node],
                                          edge_begin[node + 1] - edge_begin[node]);
    }
};

/// Called while a file is read: bytes of the file (as stored, compressed or not) read so far, and
/// its size. Once per at most 64 KiB; the last call before success has both equal.
using ProgressCallback = std::function<void(std::uint64_t bytes_read, std::uint64_t bytes_total)>;

/// Read a gcgraph file, plain or compressed by gzip (told by the first bytes, not by the name).
/// Takes:      path of a regular file; an optional progress callback, called on this thread.
/// Returns:    the graph, or a status whose message starts with the path. Fails iff
///             - the path names nothing or cannot be opened (NotFound, PermissionDenied, ... as
///               the system reports), or is not a regular file (FailedPrecondition);
///             - reading fails (DataLoss), or the gzip data are cut short, corrupt, or followed by
///               something else (DataLoss), or there is no memory to decompress them
///               (ResourceExhausted), message "path:line: ...";
///             - a line breaks the format, a count does not match, or `end` is missing or is not
///               last (InvalidArgument), message "path:line: what is wrong; expected what".
///             The line is that of the damage, or the one due next if the data end too early.
/// Time:       O(file size), one pass. Memory: O(file contents), whatever the counts claim, plus
///             a buffer for its longest line; the text is never held as a whole.
/// Threads:    any; no shared state.
absl::StatusOr<Graph> read_graph_file(const std::string& path,
                                      const ProgressCallback& progress = nullptr);

/// Parse a gcgraph that is in memory, plain or compressed by gzip.
/// Takes:      the bytes of the file; the name to use in messages.
/// Returns:    the graph; fails iff read_graph_file() would for a file with these bytes.
/// Time:       as read_graph_file().
/// Threads:    any; no shared state.
absl::StatusOr<Graph> parse_graph(std::string_view bytes, std::string_view name = "<memory>");

}  // namespace ouro::tools
