#include "tools/graph_parser.h"

#include <array>
#include <limits>
#include <utility>

#include "absl/strings/str_format.h"

namespace ouro::tools {
namespace {

constexpr std::string_view kHeader = "gcgraph 1";

absl::Status damage(std::string message) { return absl::InvalidArgumentError(std::move(message)); }

}  // namespace

absl::Status GraphParser::consume(std::string_view line, std::size_t line_number) {
    line_number_ = line_number;
    if (section_ == Section::kHeader) return parse_header(line);
    if (line.empty()) return absl::OkStatus();
    if (section_ == Section::kEnd) {
        return damage(absl::StrFormat("text after 'end': %s; expected nothing", quote(line)));
    }
    if (absl::Status status = check_text(line); !status.ok()) return status;
    if (line[0] == '#') return absl::OkStatus();
    FieldReader fields(line);
    const std::string_view keyword = fields.token("a keyword");
    if (!fields.ok()) return fields.status();
    return dispatch(keyword, fields, line);
}

absl::StatusOr<Graph> GraphParser::finish() {
    if (section_ == Section::kHeader) {
        return damage(absl::StrFormat("file is empty; expected '%s'", kHeader));
    }
    if (section_ != Section::kEnd) {
        return damage("file stops here, it may be cut short; expected more lines and then 'end'");
    }
    return std::move(graph_);
}

absl::Status GraphParser::parse_header(std::string_view line) {
    if (line != kHeader) {
        const char* what = line.starts_with("gcgraph ") ? "unknown version" : "not a gcgraph:";
        return damage(absl::StrFormat("%s %s; expected '%s'", what, quote(line), kHeader));
    }
    section_ = Section::kPreamble;
    return absl::OkStatus();
}

absl::Status GraphParser::dispatch(std::string_view keyword, FieldReader& fields,
                                   std::string_view line) {
    if (keyword == "node") return parse_node(fields);
    if (keyword == "edge") return parse_edge(fields);
    if (keyword == "root") return parse_root(fields);
    if (keyword == "pin") return parse_pin(fields);
    if (keyword == "drop") return parse_drop(fields, line);
    if (keyword == "collect") return parse_collect(fields, line);
    if (keyword == "expect") return parse_expect(fields);
    if (keyword == "meta") return absl::OkStatus();
    if (keyword == "name") return parse_name(line);
    if (keyword == "count") return parse_count(fields);
    if (keyword == "expected") return parse_expected(fields);
    if (keyword == "end") return parse_end(fields);
    return damage(
        absl::StrFormat("unknown keyword %s; expected name, meta, count, node, edge, root, pin, "
                        "expected, drop, collect, expect, end or a comment (#)",
                        quote(keyword)));
}

// Moves on to a section, if the sections before it are complete.
absl::Status GraphParser::enter(Section section, std::string_view keyword) {
    if (section_ == Section::kPreamble) {
        return damage(absl::StrFormat("'%s' before the counts; expected a count line", keyword));
    }
    if (section < section_) {
        const char* place = section_ == Section::kSteps ? "steps" : "edges, roots and pins";
        return damage(
            absl::StrFormat("'%s' out of place; expected it before the %s", keyword, place));
    }
    if (section_ == Section::kNodes && section > section_) {
        absl::Status status = check_count("nodes", graph_.nodes.size(), counts_.nodes);
        if (!status.ok()) return status;
        has_edges_.resize(graph_.nodes.size());
        pinned_.resize(graph_.nodes.size());
        section_ = Section::kReferences;
    }
    if (section_ == Section::kReferences && section > section_) {
        if (absl::Status status = close_references(); !status.ok()) return status;
    }
    section_ = section;
    return absl::OkStatus();
}

absl::Status GraphParser::close_references() {
    const std::array checks = {
        check_count("edges", graph_.targets.size(), counts_.edges),
        check_count("roots", graph_.roots.size(), counts_.roots),
        check_count("pins", graph_.pins.size(), counts_.pins),
    };
    for (const absl::Status& status : checks) {
        if (!status.ok()) return status;
    }
    sort_edges();
    dropped_.resize(graph_.roots.size());
    return absl::OkStatus();
}

// Complains at the end of a section that has too few lines.
absl::Status GraphParser::check_count(std::string_view what, std::uint64_t given,
                                      std::uint64_t due) const {
    if (given == due) return absl::OkStatus();
    return damage(absl::StrFormat("only %d %s before this line; expected %d, the count in line %d",
                                  given, what, due, count_line_));
}

// Complains at the first line that is one too many; `given` counts it.
absl::Status GraphParser::check_room(std::string_view what, std::uint64_t given,
                                     std::uint64_t due) const {
    if (given <= due) return absl::OkStatus();
    return damage(absl::StrFormat("too many %s (%d or more); expected %d, the count in line %d",
                                  what, given, due, count_line_));
}

absl::Status GraphParser::parse_name(std::string_view line) {
    if (count_line_ != 0) return damage("'name' out of place; expected it before the count line");
    if (!graph_.name.empty()) return damage("second 'name'; expected one");
    line.remove_prefix(std::string_view("name").size());
    if (!line.empty()) line.remove_prefix(1);
    if (line.empty()) return damage("empty name; expected the name of the graph");
    graph_.name = std::string(line);
    return absl::OkStatus();
}

absl::Status GraphParser::parse_count(FieldReader& fields) {
    if (count_line_ != 0) {
        return damage(
            absl::StrFormat("second 'count'; expected one, that in line %d", count_line_));
    }
    if (graph_.name.empty()) return damage("'count' before 'name'; expected a name line");
    const auto read = [&fields](std::string_view what, std::uint64_t max) {
        fields.literal(what);
        return fields.number(what, max);
    };
    counts_.nodes = read("nodes", kGraphNodesMax);
    counts_.edges = read("edges", kGraphEdgesMax);
    counts_.roots = read("roots", kGraphNodesMax);
    counts_.pins = read("pins", kGraphNodesMax);
    if (!fields.at_end()) counts_.steps = read("steps", kGraphNodesMax);
    fields.expect_end();
    count_line_ = line_number_;
    section_ = Section::kNodes;
    return fields.status();
}

absl::Status GraphParser::parse_node(FieldReader& fields) {
    if (absl::Status status = enter(Section::kNodes, "node"); !status.ok()) return status;
    const std::size_t index = graph_.nodes.size();
    if (absl::Status status = check_room("nodes", index + 1, counts_.nodes); !status.ok()) {
        return status;
    }
    const std::uint64_t id = fields.number("node id", std::numeric_limits<std::uint32_t>::max());
    if (fields.ok() && id != index) {
        fields.fail(absl::StrFormat("node id %d out of order; expected %d", id, index));
    }
    Node node;
    node.size = static_cast<std::uint32_t>(
        fields.number("node size", std::numeric_limits<std::uint32_t>::max()));
    const std::string_view type = fields.token("a type name");
    if (!fields.at_end()) {
        fields.literal("a");
        node.atomic = true;
    }
    fields.expect_end();
    if (!fields.ok()) return fields.status();
    node.type_index = intern_type(type);
    graph_.nodes.push_back(node);
    return absl::OkStatus();
}

std::uint32_t GraphParser::intern_type(std::string_view type) {
    const auto found = types_.find(type);
    if (found != types_.end()) return found->second;
    const auto index = static_cast<std::uint32_t>(graph_.type_names.size());
    graph_.type_names.emplace_back(type);
    types_.emplace(type, index);
    return index;
}

absl::Status GraphParser::parse_edge(FieldReader& fields) {
    if (absl::Status status = enter(Section::kReferences, "edge"); !status.ok()) return status;
    const std::size_t begin = graph_.targets.size();
    const std::uint32_t from = fields.node("edge source", graph_.nodes.size());
    do {  // ends: each turn reads a field, or fails
        graph_.targets.push_back(fields.node("edge target", graph_.nodes.size()));
    } while (fields.ok() && !fields.at_end());
    if (!fields.ok()) return fields.status();
    if (pinned_[from]) {
        return damage(absl::StrFormat(
            "edge from node %d, which is pinned; expected no edges from a pinned node", from));
    }
    has_edges_[from] = true;
    edge_lines_.push_back({from, static_cast<std::uint32_t>(graph_.targets.size() - begin)});
    return check_room("edges", graph_.targets.size(), counts_.edges);
}

absl::Status GraphParser::parse_root(FieldReader& fields) {
    if (absl::Status status = enter(Section::kReferences, "root"); !status.ok()) return status;
    Root root;
    root.name = std::string(fields.token("a root name"));
    root.node = fields.node("root node", graph_.nodes.size());
    fields.expect_end();
    if (!fields.ok()) return fields.status();
    const auto index = static_cast<std::uint32_t>(graph_.roots.size());
    if (!roots_.emplace(root.name, index).second) {
        return damage(absl::StrFormat("second root %s; expected distinct names", quote(root.name)));
    }
    graph_.roots.push_back(std::move(root));
    return check_room("roots", graph_.roots.size(), counts_.roots);
}

absl::Status GraphParser::parse_pin(FieldReader& fields) {
    if (absl::Status status = enter(Section::kReferences, "pin"); !status.ok()) return status;
    const std::uint32_t node = fields.node("pinned node", graph_.nodes.size());
    fields.expect_end();
    if (!fields.ok()) return fields.status();
    if (has_edges_[node]) {
        return damage(absl::StrFormat(
            "pin of node %d, which has edges to others; expected a node without", node));
    }
    pinned_[node] = true;
    graph_.pins.push_back(node);
    return check_room("pins", graph_.pins.size(), counts_.pins);
}

absl::Status GraphParser::parse_expected(FieldReader& fields) {
    fields.expect_end();
    if (!fields.ok()) return fields.status();
    if (absl::Status status = enter(Section::kSteps, "expected"); !status.ok()) return status;
    if (expected_seen_ || !graph_.steps.empty()) {
        return damage("'expected' among the steps; expected it once, before the first step");
    }
    expected_seen_ = true;
    return absl::OkStatus();
}

absl::Status GraphParser::parse_drop(FieldReader& fields, std::string_view line) {
    if (absl::Status status = enter(Section::kSteps, "drop"); !status.ok()) return status;
    Step step;
    step.kind = Step::Kind::kDrop;
    do {  // ends: each turn reads a field, or fails
        const std::string_view name = fields.token("a root name");
        if (!fields.ok()) return fields.status();
        const auto found = roots_.find(name);
        if (found == roots_.end()) {
            return damage(absl::StrFormat("no root %s; expected the name of a root", quote(name)));
        }
        if (dropped_[found->second]) {
            return damage(absl::StrFormat(
                "root %s dropped again; expected a root that is still held", quote(name)));
        }
        dropped_[found->second] = true;
        step.roots.push_back(found->second);
    } while (!fields.at_end());
    return add_step(std::move(step), line);
}

absl::Status GraphParser::parse_collect(FieldReader& fields, std::string_view line) {
    fields.expect_end();
    if (!fields.ok()) return fields.status();
    if (absl::Status status = enter(Section::kSteps, "collect"); !status.ok()) return status;
    return add_step(Step{}, line);
}

absl::Status GraphParser::add_step(Step step, std::string_view line) {
    step.text = std::string(line);
    step.line = line_number_;
    graph_.steps.push_back(std::move(step));
    return check_room("steps", graph_.steps.size(), counts_.steps);
}

absl::Status GraphParser::parse_expect(FieldReader& fields) {
    if (section_ != Section::kSteps || graph_.steps.empty()) {
        return damage("'expect' without a step; expected a drop or collect line before it");
    }
    if (graph_.steps.back().expectation.has_value()) {
        return damage(absl::StrFormat("second 'expect' for the step in line %d; expected one",
                                      graph_.steps.back().line));
    }
    const auto read = [&fields](std::string_view what) {
        fields.literal(what);
        return fields.number(what, std::numeric_limits<std::uint64_t>::max());
    };
    Expectation expectation;
    expectation.freed = read("freed");
    expectation.tracked = read("tracked");
    expectation.bytes = read("bytes");
    expectation.live = read("live");
    expectation.garbage = read("garbage");
    expectation.rcsum = read("rcsum");
    fields.literal("mix");
    expectation.mix = fields.hex("mix");
    fields.expect_end();
    graph_.steps.back().expectation = expectation;
    return fields.status();
}

absl::Status GraphParser::parse_end(FieldReader& fields) {
    fields.expect_end();
    if (!fields.ok()) return fields.status();
    if (absl::Status status = enter(Section::kEnd, "end"); !status.ok()) return status;
    return check_count("steps", graph_.steps.size(), counts_.steps);
}

// Brings the targets, which lie in the order of the edge lines, into the order of the nodes; the
// lines of one node keep their order (counting sort).
void GraphParser::sort_edges() {
    std::vector<std::uint32_t>& begin = graph_.edge_begin;
    begin.assign(graph_.nodes.size() + 1, 0);
    bool sorted = true;
    std::uint32_t from_before = 0;
    for (const EdgeLine& line : edge_lines_) {
        begin[line.from + 1] += line.count;
        sorted &= line.from >= from_before;
        from_before = line.from;
    }
    for (std::size_t i = 1; i < begin.size(); ++i) {
        begin[i] += begin[i - 1];
    }
    if (!sorted) {
        std::vector<std::uint32_t> next(begin.begin(), begin.end() - 1);
        std::vector<std::uint32_t> targets(graph_.targets.size());
        std::size_t read = 0;
        for (const EdgeLine& line : edge_lines_) {
            for (std::uint32_t i = 0; i < line.count; ++i) {
                targets[next[line.from]++] = graph_.targets[read++];
            }
        }
        graph_.targets = std::move(targets);
    }
    edge_lines_ = {};
}

}  // namespace ouro::tools
