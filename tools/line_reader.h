// Cuts a ByteSource into lines, in a buffer of fixed size.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "tools/byte_source.h"

namespace ouro::tools {

/// Reads lines that end with LF or CR LF; the last one may end with the source.
/// Threads:    one at a time.
class LineReader {
public:
    /// Takes:      the source, which must outlive the reader; the longest line in bytes, > 0.
    ///             Memory: about twice the longest line there is.
    LineReader(ByteSource& source, std::size_t line_bytes_max);

    /// Read the next line.
    /// Takes:      where to put it; the view has no line end and is valid until the next call.
    /// Returns:    true, or false iff there is none. Fails iff the source fails, or the line is
    ///             longer than the maximum (InvalidArgument).
    /// Time:       O(length of the line), amortized; each byte is moved at most a few times.
    absl::StatusOr<bool> next(std::string_view& line);

    /// Number, from 1, of the line that the last next() returned or failed at; after the last
    /// line, the number it would have had.
    std::size_t line_number() const { return line_number_; }

private:
    absl::Status refill();

    ByteSource& source_;
    std::size_t line_bytes_max_;
    std::size_t line_number_ = 0;
    std::vector<char> buffer_;
    std::size_t begin_ = 0;  // buffer_[begin_, end_) is read but not yet returned
    std::size_t end_ = 0;
    bool source_ended_ = false;
};

}  // namespace ouro::tools
