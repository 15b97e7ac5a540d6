// Goal: damage below the level of lines (gzip, ends, lengths) is refused with a line number, and
// no damage whatsoever crashes the reader. Method: cut and change the bytes of good files, by hand
// and at random with fixed seeds.
#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "tests/tools/graph_text.h"
#include "tools/graph_file.h"

namespace ouro::tools {
namespace {

using testing::gzip;
using testing::join;
using testing::kSmall;
using testing::Random;

absl::Status status_for(const std::string& bytes) { return parse_graph(bytes, "g").status(); }

std::string message_for(const std::string& bytes) {
    const absl::Status status = status_for(bytes);
    return status.ok() ? "accepted" : std::string(status.message());
}

// The one thing that must hold for any input: accepted, or refused with a line number.
void expect_sane(const std::string& bytes) {
    const absl::Status status = status_for(bytes);
    if (status.ok()) return;
    const std::string message(status.message());
    std::size_t at = 2;
    while (at < message.size() && message[at] >= '0' && message[at] <= '9') {
        ++at;
    }
    EXPECT_EQ(message.substr(0, 2), "g:") << status;
    EXPECT_GT(at, 2u) << status;
    EXPECT_EQ(message.substr(at, 2), ": ") << status;
    EXPECT_GT(message.size(), at + 2) << status;
    EXPECT_EQ(message.find('\n'), std::string::npos) << status;
}

TEST(GraphBytes, an_empty_file_is_refused) {
    EXPECT_EQ(message_for(""), "g:1: file is empty; expected 'gcgraph 1'");
    EXPECT_EQ(message_for(gzip("")), "g:1: file is empty; expected 'gcgraph 1'");
}

TEST(GraphBytes, half_a_gzip_magic_is_no_gcgraph) {
    EXPECT_EQ(message_for("\x1F"), "g:1: not a gcgraph: '\\x1f'; expected 'gcgraph 1'");
}

TEST(GraphBytes, a_gzip_file_cut_at_any_byte_is_refused_as_cut) {
    const std::string packed = gzip(join(kSmall));
    for (std::size_t length = 2; length < packed.size(); ++length) {
        const absl::Status status = status_for(packed.substr(0, length));
        EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss) << length;
        EXPECT_NE(status.message().find(": gzip data are cut short; expected more of them"),
                  absl::string_view::npos)
            << length << ": " << status;
    }
}

TEST(GraphBytes, a_cut_gzip_file_gets_the_line_that_was_cut) {
    const std::string packed = gzip(join(kSmall));
    EXPECT_EQ(message_for(packed.substr(0, 10)),
              "g:1: gzip data are cut short; expected more of them");
    EXPECT_EQ(message_for(packed.substr(0, packed.size() - 4)),
              "g:28: gzip data are cut short; expected more of them");
}

TEST(GraphBytes, a_wrong_gzip_checksum_or_length_is_refused) {
    for (const std::size_t from_end : {8u, 4u}) {
        std::string packed = gzip(join(kSmall));
        packed[packed.size() - from_end] = static_cast<char>(packed[packed.size() - from_end] ^ 1);
        const absl::Status status = status_for(packed);
        EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
        EXPECT_EQ(status.message().substr(0, 28), "g:28: gzip data are corrupt:") << status;
    }
}

TEST(GraphBytes, a_corrupt_gzip_header_or_block_is_refused) {
    std::string packed = gzip(join(kSmall));
    packed[2] = 7;  // no compression method
    EXPECT_EQ(message_for(packed), "g:1: gzip data are corrupt: unknown compression method");
    packed[2] = 8;
    packed[10] = 7;  // a block of the type that is not defined
    EXPECT_EQ(message_for(packed), "g:1: gzip data are corrupt: invalid block type");
}

TEST(GraphBytes, bytes_after_the_gzip_data_are_refused) {
    EXPECT_EQ(message_for(gzip(join(kSmall)) + "x"),
              "g:28: bytes after the gzip data; expected the end of the file or more gzip data");
    EXPECT_EQ(message_for(gzip(join(kSmall)) + gzip("more\n")),
              "g:28: text after 'end': 'more'; expected nothing");
}

TEST(GraphBytes, a_plain_file_cut_at_any_byte_before_end_is_refused) {
    const std::string text = join(kSmall);
    for (std::size_t length = 0; length + 1 < text.size(); ++length) {
        EXPECT_NE(message_for(text.substr(0, length)), "accepted") << length;
        expect_sane(text.substr(0, length));
    }
}

TEST(GraphBytes, a_nul_byte_is_refused_with_its_column) {
    std::string text = join(kSmall);
    text[text.find("node 1")] = '\0';
    EXPECT_EQ(message_for(text), "g:7: NUL byte (0x00) in column 1; expected text");
}

TEST(GraphBytes, a_line_beyond_the_greatest_length_is_refused) {
    const std::string longest(kGraphLineBytesMax, '#');
    EXPECT_EQ(message_for("gcgraph 1\n" + longest + "\r\nend\n"),
              "g:3: 'end' before the counts; expected a count line");
    const char* too_long = "g:2: line too long; expected at most 16777216 bytes";
    EXPECT_EQ(message_for("gcgraph 1\n" + longest + "#\nend\n"), too_long);
    EXPECT_EQ(message_for("gcgraph 1\n" + longest + "##\nend\n"), too_long);
    EXPECT_EQ(message_for("gcgraph 1\n" + longest + longest + longest), too_long);
}

TEST(GraphBytes, an_endless_line_in_a_small_gzip_file_is_refused_at_the_limit) {
    const std::string bomb = gzip("gcgraph 1\n# " + std::string(std::size_t{64} << 20, 'x'));
    EXPECT_LT(bomb.size(), 100'000u);
    EXPECT_EQ(message_for(bomb), "g:2: line too long; expected at most 16777216 bytes");
}

TEST(GraphBytes, lying_counts_cost_no_memory) {
    const std::string head = "gcgraph 1\nname x\ncount ";
    EXPECT_EQ(message_for(head + "nodes 4294967295 edges 0 roots 0 pins 0\nend\n"),
              "g:3: nodes '4294967295' is too great; expected at most 268435456");
    EXPECT_EQ(message_for(head + "nodes 268435456 edges 0 roots 0 pins 0\nend\n"),
              "g:4: only 0 nodes before this line; expected 268435456, the count in line 3");
    EXPECT_EQ(message_for(head + "nodes 0 edges 1073741824 roots 0 pins 0\nend\n"),
              "g:4: only 0 edges before this line; expected 1073741824, the count in line 3");
    EXPECT_EQ(message_for(head + "nodes 0 edges 0 roots 0 pins 0 steps 268435456\nend\n"),
              "g:4: only 0 steps before this line; expected 268435456, the count in line 3");
}

TEST(GraphBytes, references_in_a_graph_without_nodes_are_refused) {
    const std::string head = "gcgraph 1\nname x\ncount nodes 0 edges 1 roots 1 pins 1\n";
    EXPECT_EQ(message_for(head + "edge 0 0\n"),
              "g:4: edge source 0 names no node; expected an id below 0");
    EXPECT_EQ(message_for(head + "root r 0\n"),
              "g:4: root node 0 names no node; expected an id below 0");
    EXPECT_EQ(message_for(head + "pin 0\n"),
              "g:4: pinned node 0 names no node; expected an id below 0");
}

// Random damage, in the manner given by the seed's remainder.
std::string mutate(const std::vector<std::string>& good, std::uint64_t seed) {
    Random random(seed);
    std::vector<std::string> lines = good;
    const std::uint64_t changes = 1 + random.below(4);
    for (std::uint64_t i = 0; i < changes && seed % 4 == 1; ++i) {
        const std::size_t at = random.below(lines.size());
        lines.erase(lines.begin() + static_cast<std::ptrdiff_t>(at));
    }
    for (std::uint64_t i = 0; i < changes && seed % 4 == 2; ++i) {
        std::swap(lines[random.below(lines.size())], lines[random.below(lines.size())]);
    }
    std::string text = join(lines);
    if (seed % 4 == 3) return text.substr(0, random.below(text.size()));
    for (std::uint64_t i = 0; i < changes && seed % 4 == 0; ++i) {
        char& byte = text[random.below(text.size())];
        byte = static_cast<char>(random.below(2) == 0 ? byte ^ (1 << random.below(8))
                                                      : static_cast<int>(random.below(256)));
    }
    return text;
}

class Mutation : public ::testing::TestWithParam<std::uint64_t> {};

TEST_P(Mutation, of_a_plain_file_never_crashes) {
    const std::vector<std::string> good =
        testing::gunzip_lines(testing::graph_path("tiny_notebooks"));
    ASSERT_EQ(message_for(join(good)), "accepted");
    for (std::uint64_t i = 0; i < 500; ++i) {
        SCOPED_TRACE(GetParam() + i);  // the seed
        expect_sane(mutate(good, GetParam() + i));
    }
}

TEST_P(Mutation, of_a_gzip_file_never_crashes) {
    const std::string good = testing::read_bytes(testing::graph_path("tiny_notebooks"));
    ASSERT_EQ(message_for(good), "accepted");
    for (std::uint64_t i = 0; i < 250; ++i) {
        SCOPED_TRACE(GetParam() + i);  // the seed
        Random random(GetParam() + i);
        std::string bytes = good;
        bytes[random.below(bytes.size())] = static_cast<char>(random.below(256));
        if (random.below(2) == 0) bytes.resize(random.below(bytes.size()));
        expect_sane(bytes);
    }
}

INSTANTIATE_TEST_SUITE_P(Seeds, Mutation, ::testing::Values(1, 10'001, 20'001, 30'001));

}  // namespace
}  // namespace ouro::tools
