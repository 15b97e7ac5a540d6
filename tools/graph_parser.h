// The gcgraph format, line by line: checks the order of the sections, the counts and every field,
// and builds a Graph. Knows nothing of files. Its memory grows with the lines it has been given,
// never with what the count line claims.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "tools/field_reader.h"
#include "tools/graph_file.h"

namespace ouro::tools {

/// Builds a graph from the lines of a gcgraph.
/// Threads:    one at a time.
class GraphParser {
public:
    /// Take the next line.
    /// Takes:      the line without its end; its number, from 1.
    /// Returns:    OK, or InvalidArgument with what is wrong with this line, or with what came
    ///             before a line that closes a section ("what is wrong; expected what", without
    ///             the line number). No further call is allowed after a failure.
    /// Time:       O(length of the line), amortized; O(nodes + edges) for the line that follows
    ///             the last edge, root and pin.
    absl::Status consume(std::string_view line, std::size_t line_number);

    /// Hand over the graph, after the last line; the parser is spent.
    /// Returns:    the graph; fails (InvalidArgument) iff `end` has not been seen.
    absl::StatusOr<Graph> finish();

private:
    // In the order in which a file has them.
    enum class Section : std::uint8_t { kHeader, kPreamble, kNodes, kReferences, kSteps, kEnd };

    struct Counts {
        std::uint64_t nodes = 0;
        std::uint64_t edges = 0;
        std::uint64_t roots = 0;
        std::uint64_t pins = 0;
        std::uint64_t steps = 0;
    };

    // The targets of one edge line: `count` entries of graph_.targets, after those before it.
    struct EdgeLine {
        std::uint32_t from;
        std::uint32_t count;
    };

    struct HashName {
        using is_transparent = void;  // find() takes a string_view without making a string
        std::size_t operator()(std::string_view name) const {
            return std::hash<std::string_view>{}(name);
        }
    };
    using IndexOfName = std::unordered_map<std::string, std::uint32_t, HashName, std::equal_to<>>;

    absl::Status parse_header(std::string_view line);
    absl::Status dispatch(std::string_view keyword, FieldReader& fields, std::string_view line);
    absl::Status parse_name(std::string_view line);
    absl::Status parse_count(FieldReader& fields);
    absl::Status parse_node(FieldReader& fields);
    absl::Status parse_edge(FieldReader& fields);
    absl::Status parse_root(FieldReader& fields);
    absl::Status parse_pin(FieldReader& fields);
    absl::Status parse_expected(FieldReader& fields);
    absl::Status parse_drop(FieldReader& fields, std::string_view line);
    absl::Status parse_collect(FieldReader& fields, std::string_view line);
    absl::Status parse_expect(FieldReader& fields);
    absl::Status parse_end(FieldReader& fields);

    absl::Status enter(Section section, std::string_view keyword);
    absl::Status close_references();
    absl::Status check_count(std::string_view what, std::uint64_t given, std::uint64_t due) const;
    absl::Status check_room(std::string_view what, std::uint64_t given, std::uint64_t due) const;
    absl::Status add_step(Step step, std::string_view line);
    std::uint32_t intern_type(std::string_view type);
    void sort_edges();

    Section section_ = Section::kHeader;
    std::size_t line_number_ = 0;
    std::size_t count_line_ = 0;  // number of the count line; 0 before it
    Counts counts_;
    Graph graph_;
    IndexOfName types_;
    IndexOfName roots_;
    std::vector<EdgeLine> edge_lines_;
    std::vector<bool> has_edges_;  // per node
    std::vector<bool> pinned_;     // per node
    std::vector<bool> dropped_;    // per root
    bool expected_seen_ = false;
};

}  // namespace ouro::tools
