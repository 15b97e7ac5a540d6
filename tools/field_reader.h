// Cuts a line of a gcgraph file into fields and numbers, and words what is wrong with them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace ouro::tools {

/// Quote text from a file for a message: at most 40 bytes of it, with everything but printable
/// ASCII escaped.
std::string quote(std::string_view text);

/// Check that a line is text: UTF-8 without control characters other than tab.
/// Returns:    OK, or InvalidArgument naming the first bad byte and its column (in bytes, from 1).
/// Time:       O(line).
absl::Status check_text(std::string_view line);

/// Reads the fields of one line, which single spaces separate. The first thing wrong is kept and
/// makes every later call return nothing or zero, so that a caller checks once, at the end.
/// Time:       each call O(length of the field).
/// Threads:    one at a time.
class FieldReader {
public:
    /// Takes:      the line, which must outlive the reader and the fields it returns.
    explicit FieldReader(std::string_view line) : rest_(line) {}

    /// Read a field. `what` names it in messages. Wrong iff there is none or it is empty.
    std::string_view token(std::string_view what);

    /// Read a field that must be `word`.
    void literal(std::string_view word);

    /// Read a decimal number from 0 to `max`: digits only.
    std::uint64_t number(std::string_view what, std::uint64_t max);

    /// Read the number of one of `count` nodes.
    std::uint32_t node(std::string_view what, std::size_t count);

    /// Read 64 bits as exactly 16 hexadecimal digits of either case.
    std::uint64_t hex(std::string_view what);

    /// Whether all fields have been read.
    bool at_end() const { return ended_; }

    /// Wrong iff a field is left.
    void expect_end();

    /// Record that something is wrong, unless something was before.
    void fail(std::string message);

    /// Whether nothing was wrong so far.
    bool ok() const { return error_.empty(); }

    /// OK, or InvalidArgument with what was wrong first.
    absl::Status status() const;

private:
    std::string_view rest_;
    std::string error_;
    bool ended_ = false;
};

}  // namespace ouro::tools
