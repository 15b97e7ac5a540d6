// Goal: read_graph_file() and parse_graph() accept every sensible shape of a gcgraph and keep all
// that is in it. Method: a small graph by hand and variations of it; the real graphs, written
// out again and compared line by line. Damage is the subject of graph_damage_test.cc.
#include "tools/graph_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "tests/tools/graph_text.h"

namespace ouro::tools {
namespace {

using testing::gzip;
using testing::join;
using testing::kSmall;

using Ids = std::vector<std::uint32_t>;

Graph parse_or_fail(const std::string& text) {
    absl::StatusOr<Graph> graph = parse_graph(text, "g");
    EXPECT_TRUE(graph.ok()) << graph.status();
    return graph.ok() ? *std::move(graph) : Graph{};
}

Ids targets(const Graph& graph, std::uint32_t node) {
    const auto span = graph.targets_of(node);
    return {span.begin(), span.end()};
}

std::string message(const absl::Status& status) { return std::string(status.message()); }

TEST(GraphFile, keeps_nodes_types_roots_and_pins) {
    const Graph graph = parse_or_fail(join(kSmall));
    EXPECT_EQ(graph.name, "small");
    EXPECT_EQ(graph.type_names, (std::vector<std::string>{"L", "dict", "NoneType", "a"}));
    const std::vector<Node> nodes = {
        {48, 0, false}, {48, 0, false}, {64, 1, true}, {16, 2, true}, {100, 3, false}};
    EXPECT_EQ(graph.nodes, nodes);
    EXPECT_EQ(graph.roots, (std::vector<Root>{{"r0", 0}, {"r1", 4}, {"r2", 0}}));
    EXPECT_EQ(graph.pins, Ids{3});
}

TEST(GraphFile, keeps_edges_with_multiplicity_in_file_order_although_lines_interleave) {
    const Graph graph = parse_or_fail(join(kSmall));
    EXPECT_EQ(graph.edge_begin, (Ids{0, 3, 6, 6, 6, 8}));
    EXPECT_EQ(targets(graph, 0), (Ids{1, 2, 4}));
    EXPECT_EQ(targets(graph, 1), (Ids{0, 3, 3}));
    EXPECT_EQ(targets(graph, 2), Ids{});
    EXPECT_EQ(targets(graph, 4), (Ids{3, 2}));
}

TEST(GraphFile, keeps_steps_with_text_line_and_expectation) {
    const Graph graph = parse_or_fail(join(kSmall));
    ASSERT_EQ(graph.steps.size(), 4u);
    EXPECT_EQ(graph.steps[1].kind, Step::Kind::kDrop);
    EXPECT_EQ(graph.steps[1].roots, (Ids{2, 1}));
    EXPECT_EQ(graph.steps[1].text, "drop r2 r1");
    EXPECT_EQ(graph.steps[1].line, 22u);
    EXPECT_EQ(graph.steps[2].kind, Step::Kind::kCollect);
    const Expectation expected = {4, 3, 260, 1, 0, 1, 0x78F6EF7702EB0C08u};
    ASSERT_TRUE(graph.steps[2].expectation.has_value());
    EXPECT_EQ(*graph.steps[2].expectation, expected);
    EXPECT_EQ(graph.steps[3].text, "collect");
    EXPECT_FALSE(graph.steps[3].expectation.has_value());
}

TEST(GraphFile, accepts_crlf_missing_last_line_end_and_empty_lines) {
    const Graph graph = parse_or_fail(join(kSmall));
    EXPECT_EQ(parse_or_fail(join(kSmall, "\r\n")), graph);
    std::string text = join(kSmall);
    text.pop_back();
    EXPECT_EQ(parse_or_fail(text), graph);
    EXPECT_EQ(parse_or_fail(join(kSmall) + "\n\r\n\n"), graph);
}

TEST(GraphFile, accepts_comments_and_meta_between_any_lines) {
    std::vector<std::string> lines = {kSmall[0]};
    for (std::size_t i = 1; i < kSmall.size(); ++i) {
        lines.insert(lines.end(), {"#", "", "meta", kSmall[i]});
    }
    const Graph graph = parse_or_fail(join(lines));
    EXPECT_EQ(graph.nodes.size(), 5u);
    EXPECT_EQ(graph.steps.back().line, 4 * 25 + 1u);
}

TEST(GraphFile, accepts_edges_roots_and_pins_in_any_order) {
    std::vector<std::string> lines = kSmall;
    std::rotate(lines.begin() + 10, lines.begin() + 14, lines.begin() + 18);
    EXPECT_EQ(parse_or_fail(join(lines)), parse_or_fail(join(kSmall)));
}

TEST(GraphFile, accepts_steps_without_expectations) {
    std::vector<std::string> lines = kSmall;
    std::erase_if(lines, [](const std::string& line) { return line.starts_with("expect "); });
    EXPECT_EQ(parse_or_fail(join(lines)).steps.size(), 4u);
    std::erase(lines, "expected");
    const Graph graph = parse_or_fail(join(lines));
    ASSERT_EQ(graph.steps.size(), 4u);
    for (const Step& step : graph.steps) {
        EXPECT_FALSE(step.expectation.has_value());
    }
}

TEST(GraphFile, accepts_files_without_steps) {
    std::vector<std::string> lines(kSmall.begin(), kSmall.begin() + 18);
    lines.push_back("end");
    for (const char* count :
         {"count nodes 5 edges 8 roots 3 pins 1 steps 0", "count nodes 5 edges 8 roots 3 pins 1"}) {
        lines[4] = count;
        EXPECT_TRUE(parse_or_fail(join(lines)).steps.empty());
    }
    lines.insert(lines.end() - 1, "expected");
    EXPECT_TRUE(parse_or_fail(join(lines)).steps.empty());
}

TEST(GraphFile, accepts_a_graph_of_nothing) {
    const Graph graph =
        parse_or_fail("gcgraph 1\nname none\ncount nodes 0 edges 0 roots 0 pins 0 steps 0\nend\n");
    EXPECT_EQ(graph.edge_begin, Ids{0});
    EXPECT_TRUE(graph.targets.empty());
}

TEST(GraphFile, accepts_self_edges_a_pin_given_twice_and_a_node_that_is_root_and_pin) {
    const Graph graph = parse_or_fail(
        "gcgraph 1\nname x\ncount nodes 2 edges 2 roots 1 pins 2\nnode 0 0 T\n"
        "node 1 4294967295 T a\nedge 0 0 0\nroot r 1\npin 1\npin 1\nend\n");
    EXPECT_EQ(targets(graph, 0), (Ids{0, 0}));
    EXPECT_EQ(graph.pins, (Ids{1, 1}));
    EXPECT_EQ(graph.nodes[1].size, 4294967295u);
}

TEST(GraphFile, accepts_utf8_in_every_name) {
    std::vector<std::string> lines = kSmall;
    lines[1] = "name größe 名前 🙂";
    lines[5] = "node 0 48 Größe";
    const Graph graph = parse_or_fail(join(lines));
    EXPECT_EQ(graph.name, "größe 名前 🙂");
    EXPECT_EQ(graph.type_names[0], "Größe");
}

TEST(GraphFile, accepts_more_than_64_targets_a_line_up_to_the_longest_line) {
    std::string edge = "edge 0";
    std::size_t edges = 0;
    for (; edge.size() + 2 <= kGraphLineBytesMax; ++edges) {
        edge += " 1";
    }
    const std::string text = absl::StrFormat(
        "gcgraph 1\nname wide\ncount nodes 2 edges %d roots 0 pins 0\nnode 0 1 T\nnode 1 1 T\n"
        "%s\nend\n",
        edges, edge);
    EXPECT_EQ(edge.size(), kGraphLineBytesMax);
    EXPECT_EQ(parse_or_fail(text).targets.size(), edges);
}

TEST(GraphFile, accepts_a_drop_of_very_many_roots_in_one_line) {
    constexpr int kRoots = 200'000;
    std::string roots, drop = "drop";
    for (int i = 0; i < kRoots; ++i) {
        absl::StrAppendFormat(&roots, "root r%d 0\n", i);
        absl::StrAppendFormat(&drop, " r%d", i);
    }
    EXPECT_GT(drop.size(), std::size_t{1} << 20);
    const std::string text = absl::StrFormat(
        "gcgraph 1\nname many\ncount nodes 1 edges 0 roots %d pins 0 steps 1\nnode 0 1 T\n"
        "%sexpected\n%s\nend\n",
        kRoots, roots, drop);
    const Graph graph = parse_or_fail(text);
    ASSERT_EQ(graph.steps.size(), 1u);
    EXPECT_EQ(graph.steps[0].roots.size(), std::size_t{kRoots});
}

TEST(GraphFile, tells_gzip_by_content) {
    const Graph graph = parse_or_fail(join(kSmall));
    EXPECT_EQ(parse_or_fail(gzip(join(kSmall))), graph);
    const std::string path = ::testing::TempDir() + "graph_file_test.plain.gz";
    std::ofstream(path, std::ios::binary) << join(kSmall);
    absl::StatusOr<Graph> plain = read_graph_file(path);
    ASSERT_TRUE(plain.ok()) << plain.status();
    EXPECT_EQ(*plain, graph);
    std::filesystem::remove(path);
}

TEST(GraphFile, accepts_several_gzip_members_in_a_row) {
    const std::string text = join(kSmall);
    const std::string packed = gzip(text.substr(0, 100)) + gzip("") + gzip(text.substr(100));
    EXPECT_EQ(parse_or_fail(packed), parse_or_fail(text));
}

TEST(GraphFile, reports_a_file_that_does_not_exist_with_its_path) {
    const absl::Status status = read_graph_file("no/such/file.gcg").status();
    EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
    EXPECT_EQ(message(status).rfind("no/such/file.gcg: cannot open", 0), 0u) << status;
}

TEST(GraphFile, reports_a_directory) {
    const std::string path = ::testing::TempDir();
    const absl::Status status = read_graph_file(path).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
    EXPECT_EQ(message(status), path + ": is a directory; expected a gcgraph file");
}

TEST(GraphFile, reads_a_pipe) {
    const std::string path = ::testing::TempDir() + "/ouro_pipe_" + std::to_string(getpid());
    ASSERT_EQ(mkfifo(path.c_str(), 0600), 0);
    const std::string packed = gzip(join(kSmall));
    std::thread writer([&] { std::ofstream(path) << packed; });
    const absl::StatusOr<Graph> graph = read_graph_file(path);
    writer.join();
    unlink(path.c_str());
    ASSERT_TRUE(graph.ok()) << graph.status();
    EXPECT_EQ(*graph, parse_or_fail(join(kSmall)));
}

TEST(GraphFile, names_file_and_line_of_damage_in_a_file) {
    const std::string path = ::testing::TempDir() + "graph_file_test.gcg";
    std::ofstream(path, std::ios::binary) << "gcgraph 1\nname x\nedge 0 1\n";
    const absl::Status status = read_graph_file(path).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_EQ(message(status), path + ":3: 'edge' before the counts; expected a count line");
    std::filesystem::remove(path);
}

TEST(GraphFile, reports_progress_from_start_to_end_of_the_file_as_stored) {
    const std::string path = testing::graph_path("ast_parents");
    std::vector<std::pair<std::uint64_t, std::uint64_t>> calls;
    const absl::StatusOr<Graph> graph = read_graph_file(
        path,
        [&calls](std::uint64_t read, std::uint64_t total) { calls.emplace_back(read, total); });
    ASSERT_TRUE(graph.ok()) << graph.status();
    const std::uint64_t size = std::filesystem::file_size(path);
    ASSERT_GE(calls.size(), size / 65536);
    EXPECT_TRUE(std::is_sorted(calls.begin(), calls.end()));
    EXPECT_EQ(calls.back(), std::make_pair(size, size));
    EXPECT_LE(calls.front().first, 65536u);
}

// The lines that a graph was made from, but for comments and meta.
std::vector<std::string> write_lines(const Graph& graph) {
    std::vector<std::string> lines = {"gcgraph 1", "name " + graph.name};
    lines.push_back(absl::StrFormat("count nodes %d edges %d roots %d pins %d steps %d",
                                    graph.nodes.size(), graph.targets.size(), graph.roots.size(),
                                    graph.pins.size(), graph.steps.size()));
    for (std::size_t id = 0; id < graph.nodes.size(); ++id) {
        const Node& node = graph.nodes[id];
        lines.push_back(absl::StrFormat("node %d %d %s%s", id, node.size,
                                        graph.type_names[node.type_index],
                                        node.atomic ? " a" : ""));
    }
    for (std::uint32_t id = 0; id < graph.nodes.size(); ++id) {
        const auto span = graph.targets_of(id);
        for (std::size_t i = 0; i < span.size(); ++i) {
            if (i % 64 == 0) lines.push_back(absl::StrFormat("edge %d", id));
            lines.back() += absl::StrFormat(" %d", span[i]);
        }
    }
    for (const Root& root : graph.roots) {
        lines.push_back(absl::StrFormat("root %s %d", root.name, root.node));
    }
    for (const std::uint32_t pin : graph.pins) {
        lines.push_back(absl::StrFormat("pin %d", pin));
    }
    lines.push_back("expected");
    for (const Step& step : graph.steps) {
        lines.push_back(step.text);
        if (!step.expectation.has_value()) continue;
        const Expectation& e = *step.expectation;
        lines.push_back(absl::StrFormat(
            "expect freed %d tracked %d bytes %d live %d garbage %d rcsum %d mix %016x", e.freed,
            e.tracked, e.bytes, e.live, e.garbage, e.rcsum, e.mix));
    }
    lines.push_back("end");
    return lines;
}

class RealGraph : public ::testing::TestWithParam<std::string> {};

// Reading loses nothing: written out again, the graph is the file, but for comments and meta.
TEST_P(RealGraph, survives_a_round_trip) {
    const std::string path = testing::graph_path(GetParam());
    const absl::StatusOr<Graph> graph = read_graph_file(path);
    ASSERT_TRUE(graph.ok()) << graph.status();
    EXPECT_EQ(graph->name, GetParam());
    std::vector<std::string> lines = testing::gunzip_lines(path);
    std::erase_if(lines, [](const std::string& line) {
        return line.starts_with("#") || line.starts_with("meta ");
    });
    const std::vector<std::string> written = write_lines(*graph);
    ASSERT_EQ(written.size(), lines.size());
    for (std::size_t i = 0; i < lines.size(); ++i) {
        ASSERT_EQ(written[i], lines[i]);
    }
    EXPECT_EQ(parse_or_fail(join(written)).targets, graph->targets);
}

INSTANTIATE_TEST_SUITE_P(All, RealGraph, ::testing::ValuesIn(testing::kGraphNames),
                         [](const auto& test) { return test.param; });

}  // namespace
}  // namespace ouro::tools
