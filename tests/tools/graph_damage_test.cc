// Goal: every kind of damage to a gcgraph is refused with the line and with what was expected.
// Method: change one line of a good file (see kSmall, where line n is kSmall[n - 1]) and compare
// the whole message. Damage to the bytes below the lines (gzip, ends) has tests of its own.
#include <gtest/gtest.h>

#include <cstddef>
#include <ostream>
#include <string>
#include <vector>

#include "absl/strings/str_format.h"
#include "tests/tools/graph_text.h"
#include "tools/graph_file.h"

namespace ouro::tools {
namespace {

using testing::gzip;
using testing::join;
using testing::kSmall;

std::string message_for(const std::string& bytes) {
    const absl::StatusOr<Graph> graph = parse_graph(bytes, "g");
    return graph.ok() ? "accepted" : std::string(graph.status().message());
}

// Replaces line `line` of kSmall by `text`, which may be several lines; deletes it if null.
struct Damage {
    const char* name;
    std::size_t line;
    const char* text;
    const char* message;
};

void PrintTo(const Damage& damage, std::ostream* stream) { *stream << damage.name; }

class DamagedLine : public ::testing::TestWithParam<Damage> {};

TEST_P(DamagedLine, is_refused_with_its_number) {
    const Damage& damage = GetParam();
    std::vector<std::string> lines = kSmall;
    if (damage.text != nullptr) {
        lines[damage.line - 1] = damage.text;
    } else {
        lines.erase(lines.begin() + static_cast<std::ptrdiff_t>(damage.line) - 1);
    }
    EXPECT_EQ(message_for(join(lines)), damage.message);
    EXPECT_EQ(message_for(gzip(join(lines, "\r\n"))), damage.message);
}

#define OURO_DAMAGES(group, ...)                                                 \
    INSTANTIATE_TEST_SUITE_P(group, DamagedLine, ::testing::Values(__VA_ARGS__), \
                             [](const auto& test) { return std::string(test.param.name); })

OURO_DAMAGES(
    Header, Damage{"missing", 1, nullptr, "g:1: not a gcgraph: 'name small'; expected 'gcgraph 1'"},
    Damage{"empty_line", 1, "", "g:1: not a gcgraph: ''; expected 'gcgraph 1'"},
    Damage{"version", 1, "gcgraph 2", "g:1: unknown version 'gcgraph 2'; expected 'gcgraph 1'"},
    Damage{"blank_after", 1, "gcgraph 1 ",
           "g:1: unknown version 'gcgraph 1 '; expected 'gcgraph 1'"},
    Damage{"byte_order_mark", 1, "\xEF\xBB\xBFgcgraph 1",
           "g:1: not a gcgraph: '\\xef\\xbb\\xbfgcgraph 1'; expected 'gcgraph 1'"},
    Damage{"second", 2, "gcgraph 1",
           "g:2: unknown keyword 'gcgraph'; expected name, meta, count, node, edge, root, pin, "
           "expected, drop, collect, expect, end or a comment (#)"});

OURO_DAMAGES(Name,
             Damage{"missing", 2, nullptr, "g:4: 'count' before 'name'; expected a name line"},
             Damage{"empty", 2, "name", "g:2: empty name; expected the name of the graph"},
             Damage{"only_blank", 2, "name ", "g:2: empty name; expected the name of the graph"},
             Damage{"second", 3, "name b", "g:3: second 'name'; expected one"},
             Damage{"late", 6, "name b",
                    "g:6: 'name' out of place; expected it before the count line"});

OURO_DAMAGES(
    Count, Damage{"missing", 5, nullptr, "g:5: 'node' before the counts; expected a count line"},
    Damage{"second", 6, "count nodes 5 edges 8 roots 3 pins 1 steps 4",
           "g:6: second 'count'; expected one, that in line 5"},
    Damage{"field_missing", 5, "count nodes 5 edges 8 roots 3 steps 4",
           "g:5: unexpected 'steps'; expected 'pins'"},
    Damage{"cut_short", 5, "count nodes 5 edges 8 roots", "g:5: line ends early; expected roots"},
    Damage{"key_missing", 5, "count nodes 5 edges 8", "g:5: line ends early; expected 'roots'"},
    Damage{"minus", 5, "count nodes -5 edges 8 roots 3 pins 1 steps 4",
           "g:5: malformed nodes '-5'; expected a decimal number from 0 to 268435456"},
    Damage{"plus", 5, "count nodes +5 edges 8 roots 3 pins 1 steps 4",
           "g:5: malformed nodes '+5'; expected a decimal number from 0 to 268435456"},
    Damage{"hexadecimal", 5, "count nodes 0x5 edges 8 roots 3 pins 1 steps 4",
           "g:5: malformed nodes '0x5'; expected a decimal number from 0 to 268435456"},
    Damage{"two_blanks", 5, "count nodes  5 edges 8 roots 3 pins 1 steps 4",
           "g:5: empty field (stray space); expected nodes"},
    Damage{"blank_at_end", 5, "count nodes 5 edges 8 roots 3 pins 1 steps 4 ",
           "g:5: unexpected ''; expected the end of the line"},
    Damage{"four_billion_nodes", 5, "count nodes 4000000000 edges 8 roots 3 pins 1 steps 4",
           "g:5: nodes '4000000000' is too great; expected at most 268435456"},
    Damage{"beyond_64_bits", 5, "count nodes 5 edges 18446744073709551624 roots 3 pins 1 steps 4",
           "g:5: edges '18446744073709551624' is too great; expected at most 1073741824"},
    Damage{"greatest_nodes", 5,
           "count nodes 268435456 edges 1073741824 roots 268435456 pins 268435456 steps 4",
           "g:11: only 5 nodes before this line; expected 268435456, the count in line 5"},
    Damage{"nodes_too_few", 5, "count nodes 4 edges 8 roots 3 pins 1 steps 4",
           "g:10: too many nodes (5 or more); expected 4, the count in line 5"},
    Damage{"edges_too_few", 5, "count nodes 5 edges 7 roots 3 pins 1 steps 4",
           "g:14: too many edges (8 or more); expected 7, the count in line 5"},
    Damage{"edges_too_many", 5, "count nodes 5 edges 9 roots 3 pins 1 steps 4",
           "g:19: only 8 edges before this line; expected 9, the count in line 5"},
    Damage{"roots_too_few", 5, "count nodes 5 edges 8 roots 2 pins 1 steps 4",
           "g:17: too many roots (3 or more); expected 2, the count in line 5"},
    Damage{"roots_too_many", 5, "count nodes 5 edges 8 roots 4 pins 1 steps 4",
           "g:19: only 3 roots before this line; expected 4, the count in line 5"},
    Damage{"pins_too_few", 5, "count nodes 5 edges 8 roots 3 pins 0 steps 4",
           "g:18: too many pins (1 or more); expected 0, the count in line 5"},
    Damage{"pins_too_many", 5, "count nodes 5 edges 8 roots 3 pins 2 steps 4",
           "g:19: only 1 pins before this line; expected 2, the count in line 5"},
    Damage{"steps_too_few", 5, "count nodes 5 edges 8 roots 3 pins 1 steps 3",
           "g:26: too many steps (4 or more); expected 3, the count in line 5"},
    Damage{"steps_too_many", 5, "count nodes 5 edges 8 roots 3 pins 1 steps 5",
           "g:27: only 4 steps before this line; expected 5, the count in line 5"},
    Damage{"steps_not_stated", 5, "count nodes 5 edges 8 roots 3 pins 1",
           "g:20: too many steps (1 or more); expected 0, the count in line 5"});

OURO_DAMAGES(
    NodeLine, Damage{"missing", 8, nullptr, "g:8: node id 3 out of order; expected 2"},
    Damage{"last_missing", 10, nullptr,
           "g:10: only 4 nodes before this line; expected 5, the count in line 5"},
    Damage{"id_twice", 8, "node 1 64 dict a", "g:8: node id 1 out of order; expected 2"},
    Damage{"id_malformed", 8, "node two 64 dict a",
           "g:8: malformed node id 'two'; expected a decimal number from 0 to 4294967295"},
    Damage{"id_missing", 8, "node", "g:8: line ends early; expected node id"},
    Damage{"size_negative", 8, "node 2 -64 dict a",
           "g:8: malformed node size '-64'; expected a decimal number from 0 to 4294967295"},
    Damage{"size_too_great", 8, "node 2 4294967296 dict a",
           "g:8: node size '4294967296' is too great; expected at most 4294967295"},
    Damage{"size_fraction", 8, "node 2 64.0 dict a",
           "g:8: malformed node size '64.0'; expected a decimal number from 0 to 4294967295"},
    Damage{"type_missing", 8, "node 2 64", "g:8: line ends early; expected a type name"},
    Damage{"type_empty", 8, "node 2 64  a", "g:8: empty field (stray space); expected a type name"},
    Damage{"flag_unknown", 8, "node 2 64 dict b", "g:8: unexpected 'b'; expected 'a'"},
    Damage{"text_after_flag", 8, "node 2 64 dict a a",
           "g:8: unexpected 'a'; expected the end of the line"},
    Damage{"blank_at_end", 7, "node 1 48 L ", "g:7: empty field (stray space); expected 'a'"},
    Damage{"blank_at_start", 8, " node 2 64 dict a",
           "g:8: empty field (stray space); expected a keyword"},
    Damage{"tab", 8, "node\t2 64 dict a",
           "g:8: unknown keyword 'node\\t2'; expected name, meta, count, node, edge, root, pin, "
           "expected, drop, collect, expect, end or a comment (#)"},
    Damage{"surplus", 10, "node 4 100 a\nnode 5 1 a",
           "g:11: too many nodes (6 or more); expected 5, the count in line 5"},
    Damage{"after_edges", 15, "node 5 1 a",
           "g:15: 'node' out of place; expected it before the edges, roots and pins"},
    Damage{"after_steps", 22, "node 5 1 a",
           "g:22: 'node' out of place; expected it before the steps"});

OURO_DAMAGES(
    EdgeLine,
    Damage{"missing", 13, nullptr,
           "g:18: only 7 edges before this line; expected 8, the count in line 5"},
    Damage{"source_out_of_range", 12, "edge 5 0 3 3",
           "g:12: edge source 5 names no node; expected an id below 5"},
    Damage{"target_out_of_range", 12, "edge 1 0 3 5",
           "g:12: edge target 5 names no node; expected an id below 5"},
    Damage{"target_too_great", 12, "edge 1 0 3 4294967299",
           "g:12: edge target '4294967299' is too great; expected at most 4294967295"},
    Damage{"target_malformed", 12, "edge 1 0 3 3x",
           "g:12: malformed edge target '3x'; expected a decimal number from 0 to 4294967295"},
    Damage{"source_missing", 12, "edge", "g:12: line ends early; expected edge source"},
    Damage{"targets_missing", 12, "edge 1", "g:12: line ends early; expected edge target"},
    Damage{"blank_at_end", 12, "edge 1 0 3 3 ",
           "g:12: empty field (stray space); expected edge target"},
    Damage{"from_pin_before_it", 12, "edge 3 0 1 1",
           "g:18: pin of node 3, which has edges to others; expected a node without"},
    Damage{"from_pin_after_it", 18, "pin 3\nedge 3 0",
           "g:19: edge from node 3, which is pinned; expected no edges from a pinned node"},
    Damage{"before_last_node", 10, "edge 0 1\nnode 4 100 a",
           "g:10: only 4 nodes before this line; expected 5, the count in line 5"},
    Damage{"among_steps", 22, "edge 0 1",
           "g:22: 'edge' out of place; expected it before the steps"});

OURO_DAMAGES(
    RootOrPin,
    Damage{"root_missing", 16, nullptr,
           "g:18: only 2 roots before this line; expected 3, the count in line 5"},
    Damage{"root_twice", 16, "root r0 4", "g:16: second root 'r0'; expected distinct names"},
    Damage{"root_out_of_range", 16, "root r1 5",
           "g:16: root node 5 names no node; expected an id below 5"},
    Damage{"root_node_missing", 16, "root r1", "g:16: line ends early; expected root node"},
    Damage{"root_name_missing", 16, "root", "g:16: line ends early; expected a root name"},
    Damage{"root_with_more", 16, "root r1 4 4",
           "g:16: unexpected '4'; expected the end of the line"},
    Damage{"root_among_steps", 22, "root r9 0",
           "g:22: 'root' out of place; expected it before the steps"},
    Damage{"pin_missing", 18, nullptr,
           "g:18: only 0 pins before this line; expected 1, the count in line 5"},
    Damage{"pin_out_of_range", 18, "pin 5",
           "g:18: pinned node 5 names no node; expected an id below 5"},
    Damage{"pin_node_missing", 18, "pin", "g:18: line ends early; expected pinned node"},
    Damage{"pin_with_more", 18, "pin 3 3", "g:18: unexpected '3'; expected the end of the line"},
    Damage{"pin_among_steps", 22, "pin 3",
           "g:22: 'pin' out of place; expected it before the steps"});

OURO_DAMAGES(
    StepLine,
    Damage{"expected_twice", 19, "expected\nexpected",
           "g:20: 'expected' among the steps; expected it once, before the first step"},
    Damage{"expected_after_first_step", 22, "expected",
           "g:22: 'expected' among the steps; expected it once, before the first step"},
    Damage{"expected_with_more", 19, "expected x",
           "g:19: unexpected 'x'; expected the end of the line"},
    Damage{"missing", 24, nullptr, "g:24: second 'expect' for the step in line 22; expected one"},
    Damage{"drop_of_unknown_root", 22, "drop r2 r3",
           "g:22: no root 'r3'; expected the name of a root"},
    Damage{"drop_again", 22, "drop r2 r0",
           "g:22: root 'r0' dropped again; expected a root that is still held"},
    Damage{"drop_twice_in_a_step", 22, "drop r2 r2",
           "g:22: root 'r2' dropped again; expected a root that is still held"},
    Damage{"drop_of_nothing", 22, "drop", "g:22: line ends early; expected a root name"},
    Damage{"drop_two_blanks", 22, "drop r2  r1",
           "g:22: empty field (stray space); expected a root name"},
    Damage{"collect_with_more", 24, "collect all",
           "g:24: unexpected 'all'; expected the end of the line"},
    Damage{"keyword_cut", 24, "collec",
           "g:24: unknown keyword 'collec'; expected name, meta, count, node, edge, root, pin, "
           "expected, drop, collect, expect, end or a comment (#)"});

OURO_DAMAGES(
    ExpectLine,
    Damage{"before_the_first_step", 20, nullptr,
           "g:20: 'expect' without a step; expected a drop or collect line before it"},
    Damage{"before_the_steps", 16, "expect freed 0",
           "g:16: 'expect' without a step; expected a drop or collect line before it"},
    Damage{"empty", 23, "expect", "g:23: line ends early; expected 'freed'"},
    Damage{"wrong_key", 23, "expect freed 0 trucked 0",
           "g:23: unexpected 'trucked'; expected 'tracked'"},
    Damage{"negative", 23, "expect freed -1 tracked 0",
           "g:23: malformed freed '-1'; expected a decimal number from 0 to 18446744073709551615"},
    Damage{"beyond_64_bits", 23, "expect freed 0 tracked 0 bytes 18446744073709551616",
           "g:23: bytes '18446744073709551616' is too great; expected at most "
           "18446744073709551615"},
    Damage{"mix_missing", 23, "expect freed 0 tracked 0 bytes 0 live 5 garbage 4 rcsum 9",
           "g:23: line ends early; expected 'mix'"},
    Damage{"mix_short", 23, "expect freed 0 tracked 0 bytes 0 live 5 garbage 4 rcsum 9 mix 0",
           "g:23: malformed mix '0'; expected 16 hexadecimal digits"},
    Damage{"mix_long", 23,
           "expect freed 0 tracked 0 bytes 0 live 5 garbage 4 rcsum 9 mix 00000000000000000",
           "g:23: malformed mix '00000000000000000'; expected 16 hexadecimal digits"},
    Damage{"mix_not_hexadecimal", 23,
           "expect freed 0 tracked 0 bytes 0 live 5 garbage 4 rcsum 9 mix 000000000000000g",
           "g:23: malformed mix '000000000000000g'; expected 16 hexadecimal digits"},
    Damage{"with_more", 23,
           "expect freed 0 tracked 0 bytes 0 live 5 garbage 4 rcsum 9 mix 0000000000000000 x",
           "g:23: unexpected 'x'; expected the end of the line"});

OURO_DAMAGES(End,
             Damage{
                 "missing", 27, nullptr,
                 "g:27: file stops here, it may be cut short; expected more lines and then 'end'"},
             Damage{"early", 6, "end",
                    "g:6: only 0 nodes before this line; expected 5, the count in line 5"},
             Damage{"before_counts", 2, "end",
                    "g:2: 'end' before the counts; expected a count line"},
             Damage{"with_more", 27, "end of file",
                    "g:27: unexpected 'of file'; expected the end of the line"},
             Damage{"second", 27, "end\nend", "g:28: text after 'end': 'end'; expected nothing"},
             Damage{"comment_after", 27, "end\n\n# bye",
                    "g:29: text after 'end': '# bye'; expected nothing"});

OURO_DAMAGES(
    Text,
    Damage{"control_character", 3, "# \x1B[31m",
           "g:3: control character (0x1B) in column 3; expected text"},
    Damage{"delete_character", 15, "root r\x7F 0",
           "g:15: control character (0x7F) in column 7; expected text"},
    Damage{"lone_carriage_return", 11, "edge 0 1 2\redge 0 1",
           "g:11: control character (0x0D) in column 11; expected text"},
    Damage{"utf8_stray_continuation", 2, "name a\x80",
           "g:2: byte 0x80 in column 7 is not UTF-8; expected UTF-8 text"},
    Damage{"utf8_cut", 2, "name \xE2\x82",
           "g:2: byte 0xE2 in column 6 is not UTF-8; expected UTF-8 text"},
    Damage{"utf8_overlong", 2, "name \xC0\xAF",
           "g:2: byte 0xC0 in column 6 is not UTF-8; expected UTF-8 text"},
    Damage{"utf8_overlong_three", 2, "name \xE0\x80\xAF",
           "g:2: byte 0xE0 in column 6 is not UTF-8; expected UTF-8 text"},
    Damage{"utf8_surrogate", 2, "name \xED\xA0\x80",
           "g:2: byte 0xED in column 6 is not UTF-8; expected UTF-8 text"},
    Damage{"utf8_too_great", 2, "name \xF4\x90\x80\x80",
           "g:2: byte 0xF4 in column 6 is not UTF-8; expected UTF-8 text"},
    Damage{"long_field_is_quoted_in_part", 22, "drop 1234567890123456789012345678901234567890123",
           "g:22: no root '1234567890123456789012345678901234567890...'; expected the name of a "
           "root"});

}  // namespace
}  // namespace ouro::tools
