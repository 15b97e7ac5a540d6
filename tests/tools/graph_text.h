// Texts and files that several tests of the graph reader share.
#pragma once

#include <zlib.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "heap/header.h"

namespace ouro::tools::testing {

/// A graph that shows every construct of the format. Line n of the file is kSmall[n - 1].
///   r0, r2 -> 0 <-> 1, 0 -> 2, 0 -> 4; 1 -> 3 twice; 4 -> 3, 2; r1 -> 4; 3 is pinned.
inline const std::vector<std::string> kSmall = {
    "gcgraph 1",
    "name small",
    "# a ring with a tail, and a pin",
    "meta origin made by hand",
    "count nodes 5 edges 8 roots 3 pins 1 steps 4",
    "node 0 48 L",
    "node 1 48 L",
    "node 2 64 dict a",
    "node 3 16 NoneType a",
    "node 4 100 a",
    "edge 0 1 2",
    "edge 1 0 3 3",
    "edge 0 4",
    "edge 4 3 2",
    "root r0 0",
    "root r1 4",
    "root r2 0",
    "pin 3",
    "expected",
    "drop r0",
    "expect freed 0 tracked 0 bytes 0 live 5 garbage 0 rcsum 11 mix 0000000000000000",
    "drop r2 r1",
    "expect freed 0 tracked 0 bytes 0 live 5 garbage 4 rcsum 9 mix 0000000000000000",
    "collect",
    "expect freed 4 tracked 3 bytes 260 live 1 garbage 0 rcsum 1 mix 78f6ef7702eb0c08",
    "collect",
    "end",
};

inline std::string join(const std::vector<std::string>& lines, std::string_view line_end = "\n") {
    std::string text;
    for (const std::string& line : lines) {
        text.append(line).append(line_end);
    }
    return text;
}

/// Compresses by gzip; returns nothing if zlib fails, which no test expects.
inline std::string gzip(std::string_view text) {
    z_stream stream{};
    if (deflateInit2(&stream, 6, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
        return {};
    }
    std::string packed(deflateBound(&stream, text.size()), '\0');
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
    stream.avail_in = static_cast<uInt>(text.size());
    stream.next_out = reinterpret_cast<Bytef*>(packed.data());
    stream.avail_out = static_cast<uInt>(packed.size());
    const int result = deflate(&stream, Z_FINISH);
    packed.resize(stream.total_out);
    deflateEnd(&stream);
    return result == Z_STREAM_END ? packed : std::string();
}

inline std::string read_bytes(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

/// Lines of a gzip file, by zlib's own file reader; none if it cannot be read.
inline std::vector<std::string> gunzip_lines(const std::string& path) {
    std::vector<std::string> lines;
    std::string line;
    const gzFile file = gzopen(path.c_str(), "rb");
    if (file == nullptr) return lines;
    for (int c = gzgetc(file); c >= 0; c = gzgetc(file)) {
        if (c != '\n') {
            line.push_back(static_cast<char>(c));
        } else {
            lines.push_back(std::move(line));
            line.clear();
        }
    }
    gzclose(file);
    return lines;
}

/// The graphs that come with the project.
inline const std::vector<std::string> kGraphNames = {
    "ast_parents", "deep_chain", "json_dom", "linked_collections", "minidom", "tiny_notebooks"};

/// Those in which no object has more references than this layout counts exactly: in the compact
/// one a class of 30,800 objects is immortal.
inline const std::vector<std::string> kCountedGraphNames =
    WordValue::kImmortalFrom > 100'000
        ? kGraphNames
        : std::vector<std::string>{"ast_parents", "json_dom", "linked_collections",
                                   "tiny_notebooks"};

/// Path of one of them; found by the build's definition, or beside this file.
inline std::string graph_path(const std::string& name) {
#ifdef OURO_TEST_DATA_DIR
    const std::filesystem::path tests = OURO_TEST_DATA_DIR;
#else
    const std::filesystem::path tests = std::filesystem::path(__FILE__).parent_path() / "..";
#endif
    return (tests / "graphs" / (name + ".gcg.gz")).string();
}

/// A linear congruential generator (Knuth) for test data; the same numbers everywhere.
class Random {
public:
    explicit Random(std::uint64_t seed) : state_(seed) {}

    /// A number below `bound`, which is not 0; slightly uneven, which no test minds.
    std::uint64_t below(std::uint64_t bound) {
        state_ = state_ * 6364136223846793005u + 1442695040888963407u;
        return (state_ >> 33) % bound;
    }

private:
    std::uint64_t state_;
};

}  // namespace ouro::tools::testing
