// Goal: lines come out whole wherever the source cuts its chunks. Method: a source that gives n
// bytes at a time, for every small n; lines at both sides of the greatest length.
#include "tools/line_reader.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"

namespace ouro::tools {
namespace {

class ChunkSource final : public ByteSource {
public:
    ChunkSource(std::string_view text, std::size_t chunk, absl::Status at_end = absl::OkStatus())
        : rest_(text), chunk_(chunk), at_end_(at_end) {}

    absl::StatusOr<std::size_t> read(char* buffer, std::size_t size) override {
        if (rest_.empty() && !at_end_.ok()) return at_end_;
        const std::size_t got = rest_.copy(buffer, std::min(size, chunk_));
        rest_.remove_prefix(got);
        return got;
    }

private:
    std::string_view rest_;
    std::size_t chunk_;
    absl::Status at_end_;
};

using Lines = std::vector<std::string>;

// All lines; a failure is the last of them, as "number: message".
Lines read_all(ByteSource& source, std::size_t line_bytes_max) {
    LineReader reader(source, line_bytes_max);
    Lines lines;
    std::string_view line;
    while (true) {
        absl::StatusOr<bool> more = reader.next(line);
        if (!more.ok()) {
            lines.push_back(std::to_string(reader.line_number()) + ": " +
                            std::string(more.status().message()));
            return lines;
        }
        if (!*more) return lines;
        lines.emplace_back(line);
        EXPECT_EQ(reader.line_number(), lines.size());
    }
}

class EveryChunk : public ::testing::TestWithParam<std::size_t> {
protected:
    Lines read(std::string_view text, std::size_t line_bytes_max = 8) {
        ChunkSource source(text, GetParam());
        return read_all(source, line_bytes_max);
    }
};

TEST_P(EveryChunk, gives_the_same_lines) {
    EXPECT_EQ(read(""), Lines{});
    EXPECT_EQ(read("\n"), Lines{""});
    EXPECT_EQ(read("a\n\nbc\r\nd"), (Lines{"a", "", "bc", "d"}));
    EXPECT_EQ(read("a\r"), Lines{"a"});
    EXPECT_EQ(read("a\r\r\n\rb\n"), (Lines{"a\r", "\rb"}));
}

TEST_P(EveryChunk, allows_lines_up_to_the_greatest_length) {
    const std::string error = ": line too long; expected at most 8 bytes";
    EXPECT_EQ(read("12345678\n12345678\r\n12345678"), (Lines{"12345678", "12345678", "12345678"}));
    EXPECT_EQ(read("a\n123456789\nb\n"), (Lines{"a", "2" + error}));
    EXPECT_EQ(read("a\n123456789\r\n"), (Lines{"a", "2" + error}));
    EXPECT_EQ(read("a\nb\n123456789"), (Lines{"a", "b", "3" + error}));
    EXPECT_EQ(read(std::string(1'000'000, 'x')), Lines{"1" + error});
}

TEST_P(EveryChunk, gives_the_lines_before_a_failure_of_the_source) {
    ChunkSource source("a\nbc\nde", GetParam(), absl::DataLossError("broken"));
    EXPECT_EQ(read_all(source, 8), (Lines{"a", "bc", "3: broken"}));
}

TEST_P(EveryChunk, moves_its_buffer_along_a_long_text) {
    std::string text;
    Lines expected;
    for (int i = 0; i < 30'000; ++i) {
        expected.push_back(std::to_string(i * 7919));
        text += expected.back() + "\n";
    }
    EXPECT_EQ(read(text, 16), expected);
}

INSTANTIATE_TEST_SUITE_P(Chunks, EveryChunk, ::testing::Values(1, 2, 3, 5, 7, 9, 10, 11, 1 << 20));

}  // namespace
}  // namespace ouro::tools
