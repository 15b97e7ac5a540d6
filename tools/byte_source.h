// Where the bytes of a graph file come from: a file or memory, compressed by gzip or not. Each
// source is read once, from front to back, by one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace ouro::tools {

/// A stream of bytes.
class ByteSource {
public:
    virtual ~ByteSource() = default;

    /// Read the next bytes.
    /// Takes:      room for `size` > 0 bytes.
    /// Returns:    how many were stored, 1..size; 0 iff the stream has ended. Fails (DataLoss) iff
    ///             the stream cannot be read on or is damaged; it must not be read after that.
    /// Time:       O(size); blocks on the file system.
    virtual absl::StatusOr<std::size_t> read(char* buffer, std::size_t size) = 0;
};

/// Open a regular file.
/// Takes:      its path; a callback (may be empty) that gets bytes read and file size, once per
///             read() of at most 64 KiB.
/// Returns:    the source. Fails iff the path names nothing or cannot be opened (the status that
///             the system's error maps to) or is no regular file (FailedPrecondition); the
///             message starts with the path.
absl::StatusOr<std::unique_ptr<ByteSource>> open_file(
    const std::string& path, std::function<void(std::uint64_t, std::uint64_t)> progress);

/// Make a source of bytes in memory, which must outlive it. Never fails.
std::unique_ptr<ByteSource> open_memory(std::string_view bytes);

/// Decompress a source if it starts with the magic number of gzip, else pass it on unchanged.
/// Several gzip members in a row are one stream, as gzip(1) has it.
/// Returns:    the source; its read() fails also iff the gzip data are cut short, corrupt, or
///             followed by bytes that are no gzip member (DataLoss), or there is no memory to
///             decompress them (ResourceExhausted).
/// Time:       per read() O(bytes in + bytes out); 64 KiB of buffer plus zlib's window.
std::unique_ptr<ByteSource> decompress_if_gzip(std::unique_ptr<ByteSource> source);

}  // namespace ouro::tools
