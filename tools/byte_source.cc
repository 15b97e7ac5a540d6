#include "tools/byte_source.h"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_format.h"

namespace ouro::tools {
namespace {

constexpr std::size_t kChunkBytes = std::size_t{64} << 10;
constexpr int kGzipOnly = 16 + MAX_WBITS;  // zlib's way to say: gzip, never raw zlib

struct CloseFile {
    void operator()(std::FILE* file) const { std::fclose(file); }
};

class FileSource final : public ByteSource {
public:
    FileSource(std::FILE* file, std::uint64_t bytes_total,
               std::function<void(std::uint64_t, std::uint64_t)> progress)
        : file_(file), bytes_total_(bytes_total), progress_(std::move(progress)) {}

    absl::StatusOr<std::size_t> read(char* buffer, std::size_t size) override {
        const std::size_t got = std::fread(buffer, 1, std::min(size, kChunkBytes), file_.get());
        if (got == 0 && std::ferror(file_.get()) != 0) {
            return absl::DataLossError(absl::StrFormat("cannot read on: %s", std::strerror(errno)));
        }
        bytes_read_ += got;
        if (got > 0 && progress_) progress_(bytes_read_, std::max(bytes_read_, bytes_total_));
        return got;
    }

private:
    std::unique_ptr<std::FILE, CloseFile> file_;
    std::uint64_t bytes_read_ = 0;
    std::uint64_t bytes_total_;
    std::function<void(std::uint64_t, std::uint64_t)> progress_;
};

class MemorySource final : public ByteSource {
public:
    explicit MemorySource(std::string_view bytes) : rest_(bytes) {}

    absl::StatusOr<std::size_t> read(char* buffer, std::size_t size) override {
        const std::size_t got = rest_.copy(buffer, size);
        rest_.remove_prefix(got);
        return got;
    }

private:
    std::string_view rest_;
};

class GunzipSource final : public ByteSource {
public:
    explicit GunzipSource(std::unique_ptr<ByteSource> source) : source_(std::move(source)) {}
    GunzipSource(const GunzipSource&) = delete;
    GunzipSource& operator=(const GunzipSource&) = delete;
    ~GunzipSource() override {
        if (mode_ == Mode::kGzip) inflateEnd(&zlib_);
    }

    absl::StatusOr<std::size_t> read(char* buffer, std::size_t size) override {
        if (mode_ == Mode::kUnknown) {
            if (absl::Status status = detect(); !status.ok()) return status;
        }
        return mode_ == Mode::kGzip ? read_gzip(buffer, size) : read_plain(buffer, size);
    }

private:
    enum class Mode { kUnknown, kPlain, kGzip };

    bool starts_with_magic() const {
        return zlib_.avail_in >= 2 && zlib_.next_in[0] == 0x1F && zlib_.next_in[1] == 0x8B;
    }

    // Appends to the unread input until it has `wanted` bytes or the source ends.
    absl::Status fill(std::size_t wanted) {
        std::copy_n(zlib_.next_in, zlib_.avail_in, input_.begin());
        zlib_.next_in = input_.data();
        while (zlib_.avail_in < wanted) {  // ends: each turn adds a byte or returns
            absl::StatusOr<std::size_t> got =
                source_->read(reinterpret_cast<char*>(input_.data()) + zlib_.avail_in,
                              input_.size() - zlib_.avail_in);
            if (!got.ok()) return got.status();
            if (*got == 0) return absl::OkStatus();
            zlib_.avail_in += static_cast<uInt>(*got);
        }
        return absl::OkStatus();
    }

    absl::Status detect() {
        zlib_.next_in = input_.data();
        if (absl::Status status = fill(2); !status.ok()) return status;
        if (!starts_with_magic()) {
            mode_ = Mode::kPlain;
            return absl::OkStatus();
        }
        if (inflateInit2(&zlib_, kGzipOnly) != Z_OK) {
            return absl::ResourceExhaustedError("no memory to decompress gzip");
        }
        mode_ = Mode::kGzip;
        return absl::OkStatus();
    }

    absl::StatusOr<std::size_t> read_plain(char* buffer, std::size_t size) {
        if (zlib_.avail_in == 0) return source_->read(buffer, size);
        const auto taken = static_cast<uInt>(std::min<std::size_t>(size, zlib_.avail_in));
        std::copy_n(zlib_.next_in, taken, buffer);
        zlib_.next_in += taken;
        zlib_.avail_in -= taken;
        return taken;
    }

    // Between two members: goes on with the next one, or says that the stream has ended.
    absl::StatusOr<bool> start_next_member() {
        if (absl::Status status = fill(2); !status.ok()) return status;
        if (zlib_.avail_in == 0) return false;
        if (!starts_with_magic()) {
            return absl::DataLossError(
                "bytes after the gzip data; expected the end of the file or more gzip data");
        }
        inflateReset(&zlib_);
        member_ended_ = false;
        return true;
    }

    absl::StatusOr<std::size_t> read_gzip(char* buffer, std::size_t size) {
        if (!damage_.ok()) return damage_;
        const auto room = static_cast<uInt>(std::min<std::size_t>(size, kChunkBytes));
        zlib_.next_out = reinterpret_cast<Bytef*>(buffer);
        zlib_.avail_out = room;
        while (zlib_.avail_out == room) {  // ends: each turn consumes input or returns
            if (member_ended_) {
                absl::StatusOr<bool> more = start_next_member();
                if (!more.ok()) return more.status();
                if (!*more) return std::size_t{0};
            }
            if (absl::Status status = fill(1); !status.ok()) return status;
            if (zlib_.avail_in == 0) {
                return absl::DataLossError("gzip data are cut short; expected more of them");
            }
            const int result = inflate(&zlib_, Z_NO_FLUSH);
            member_ended_ = result == Z_STREAM_END;
            if (result == Z_OK || result == Z_STREAM_END) continue;
            damage_ = absl::DataLossError(absl::StrFormat(
                "gzip data are corrupt: %s", zlib_.msg != nullptr ? zlib_.msg : "no details"));
            if (zlib_.avail_out == room) return damage_;
            break;  // first what came before the damage, so that its line number is right
        }
        return room - zlib_.avail_out;
    }

    std::unique_ptr<ByteSource> source_;
    Mode mode_ = Mode::kUnknown;
    bool member_ended_ = false;
    absl::Status damage_;  // found, but not yet returned
    z_stream zlib_{};      // next_in and avail_in hold the unread input in every mode
    std::array<Bytef, kChunkBytes> input_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<ByteSource>> open_file(
    const std::string& path, std::function<void(std::uint64_t, std::uint64_t)> progress) {
    std::error_code error;
    const std::filesystem::file_status status = std::filesystem::status(path, error);
    if (std::filesystem::is_directory(status)) {
        return absl::FailedPreconditionError(
            absl::StrFormat("%s: is a directory; expected a gcgraph file", path));
    }
    errno = 0;
    std::FILE* file = std::fopen(path.c_str(), "rb");
    if (file == nullptr)
        return absl::ErrnoToStatus(errno, absl::StrFormat("%s: cannot open", path));
    const std::uintmax_t bytes_total = std::filesystem::file_size(path, error);
    return std::make_unique<FileSource>(file, error ? 0 : bytes_total, std::move(progress));
}

std::unique_ptr<ByteSource> open_memory(std::string_view bytes) {
    return std::make_unique<MemorySource>(bytes);
}

std::unique_ptr<ByteSource> decompress_if_gzip(std::unique_ptr<ByteSource> source) {
    return std::make_unique<GunzipSource>(std::move(source));
}

}  // namespace ouro::tools
