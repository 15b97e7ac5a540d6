// Goal: a byte source gives all bytes once, compressed or not, and says when a stream cannot be
// read on. Method: memory and a small file, read in pieces; gzip made by zlib, whole and damaged.
#include "tools/byte_source.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include <cstdint>
#include <cstdio>
#include <string>
#include <utility>

namespace ouro::tools {
namespace {

std::string gzip(const std::string& text) {
    z_stream stream{};
    EXPECT_EQ(deflateInit2(&stream, Z_BEST_SPEED, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY),
              Z_OK);
    std::string out(deflateBound(&stream, text.size()) + 64, '\0');
    std::string in = text;
    stream.next_in = reinterpret_cast<Bytef*>(in.data());
    stream.avail_in = static_cast<uInt>(in.size());
    stream.next_out = reinterpret_cast<Bytef*>(out.data());
    stream.avail_out = static_cast<uInt>(out.size());
    EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
    out.resize(stream.total_out);
    deflateEnd(&stream);
    return out;
}

/// Everything that it gives, in pieces of `size`; ok: the stream ended as streams do.
std::pair<std::string, bool> drain(ByteSource& source, std::size_t size) {
    std::string all;
    std::string piece(size, '\0');
    for (;;) {
        const auto read = source.read(piece.data(), size);
        if (!read.ok()) return {all, false};
        if (*read == 0) return {all, true};
        EXPECT_LE(*read, size);
        all.append(piece, 0, *read);
    }
}

std::pair<std::string, bool> drain_memory(const std::string& bytes, std::size_t size) {
    const auto source = decompress_if_gzip(open_memory(bytes));
    return drain(*source, size);
}

TEST(ByteSource, gives_what_is_no_gzip_as_it_is) {
    for (const std::string text : {"", "a", "\x1f", "\x1f\x8a and on", "some more bytes"}) {
        for (const std::size_t size : {1u, 3u, 100u})
            EXPECT_EQ(drain_memory(text, size), std::pair(text, true)) << text;
    }
}

TEST(ByteSource, decompresses_one_member_and_several_in_a_row) {
    const std::string text(100'000, 'x');
    EXPECT_EQ(drain_memory(gzip(text), 777), std::pair(text, true));
    EXPECT_EQ(drain_memory(gzip("one, ") + gzip("") + gzip("two"), 2),
              std::pair(std::string("one, two"), true));
}

TEST(ByteSource, says_that_gzip_data_are_cut_short_damaged_or_followed_by_others) {
    const std::string good = gzip("as long as it takes to have a body");
    for (std::size_t length = 2; length < good.size(); ++length)
        EXPECT_FALSE(drain_memory(good.substr(0, length), 16).second) << length;
    std::string bad = good;
    bad[good.size() - 6] = static_cast<char>(bad[good.size() - 6] ^ 1);  // of its check sum
    EXPECT_FALSE(drain_memory(bad, 16).second);
    EXPECT_FALSE(drain_memory(good + "no member", 16).second);
}

TEST(ByteSource, a_file_is_read_and_its_progress_told) {
    const std::string path = ::testing::TempDir() + "byte_source_test";
    std::FILE* file = std::fopen(path.c_str(), "w");
    ASSERT_NE(file, nullptr);
    std::fputs("twelve bytes", file);
    std::fclose(file);
    std::uint64_t last = 0, size = 0;
    auto source = open_file(path, [&](std::uint64_t read, std::uint64_t of) {
        EXPECT_GE(read, last);
        last = read;
        size = of;
    });
    ASSERT_TRUE(source.ok());
    EXPECT_EQ(drain(**source, 5), std::pair(std::string("twelve bytes"), true));
    EXPECT_EQ(last, 12u);
    EXPECT_EQ(size, 12u);
    std::remove(path.c_str());
}

TEST(ByteSource, what_is_no_file_is_refused_by_its_path) {
    for (const std::string& path : {::testing::TempDir() + "there/is/none", ::testing::TempDir()}) {
        const auto source = open_file(path, {});
        ASSERT_FALSE(source.ok());
        EXPECT_EQ(source.status().message().find(path), 0u) << source.status().message();
    }
}

}  // namespace
}  // namespace ouro::tools
