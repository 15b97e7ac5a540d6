#include "tools/line_reader.h"

#include <cstring>

#include "absl/status/status.h"
#include "absl/strings/str_format.h"

namespace ouro::tools {
namespace {

constexpr std::size_t kRefillBytes = std::size_t{64} << 10;

}  // namespace

LineReader::LineReader(ByteSource& source, std::size_t line_bytes_max)
    : source_(source), line_bytes_max_(line_bytes_max), buffer_(2 * kRefillBytes) {}

absl::StatusOr<bool> LineReader::next(std::string_view& line) {
    ++line_number_;
    std::size_t scanned = 0;  // bytes of the line known to hold no LF
    const char* line_end = nullptr;
    while (line_end == nullptr) {  // ends: each turn adds bytes up to the limit, or leaves
        const char* begin = buffer_.data() + begin_;
        const std::size_t unread = end_ - begin_;
        line_end = static_cast<const char*>(std::memchr(begin + scanned, '\n', unread - scanned));
        if (line_end != nullptr) break;
        scanned = unread;
        if (source_ended_) {
            if (unread == 0) return false;
            line_end = begin + unread;
        } else if (unread > line_bytes_max_ + 1) {
            line_end = begin + unread;  // too long already; reported below
        } else if (absl::Status status = refill(); !status.ok()) {
            return status;
        }
    }
    const char* begin = buffer_.data() + begin_;
    line = std::string_view(begin, static_cast<std::size_t>(line_end - begin));
    begin_ += line.size();
    if (begin_ < end_) ++begin_;  // over the LF
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    if (line.size() > line_bytes_max_) {
        return absl::InvalidArgumentError(
            absl::StrFormat("line too long; expected at most %d bytes", line_bytes_max_));
    }
    return true;
}

absl::Status LineReader::refill() {
    if (begin_ != 0) std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
    // At most a line of greatest length, its CR LF and a refill are unread: the doubling ends.
    if (buffer_.size() - end_ < kRefillBytes) buffer_.resize(2 * buffer_.size());
    absl::StatusOr<std::size_t> got = source_.read(buffer_.data() + end_, kRefillBytes);
    if (!got.ok()) return got.status();
    end_ += *got;
    source_ended_ = *got == 0;
    return absl::OkStatus();
}

}  // namespace ouro::tools
