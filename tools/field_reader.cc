#include "tools/field_reader.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_format.h"

namespace ouro::tools {
namespace {

constexpr std::size_t kQuotedBytesMax = 40;

bool is_plain(unsigned char byte) { return (byte >= 0x20 && byte < 0x7F) || byte == '\t'; }

// Length of the UTF-8 sequence at the front of `text`, which is not empty; 0 if it is not valid
// (stray or missing continuation, overlong form, surrogate, or beyond U+10FFFF).
std::size_t utf8_length(std::string_view text) {
    const auto lead = static_cast<unsigned char>(text[0]);
    if (lead < 0x80) return 1;
    if (lead < 0xC2 || lead > 0xF4) return 0;
    const std::size_t length = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    if (text.size() < length) return 0;
    for (std::size_t i = 1; i < length; ++i) {
        if ((static_cast<unsigned char>(text[i]) & 0xC0) != 0x80) return 0;
    }
    const auto second = static_cast<unsigned char>(text[1]);
    const bool overlong = (lead == 0xE0 && second < 0xA0) || (lead == 0xF0 && second < 0x90);
    const bool surrogate = lead == 0xED && second >= 0xA0;
    const bool too_great = lead == 0xF4 && second >= 0x90;
    return overlong || surrogate || too_great ? 0 : length;
}

int hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

}  // namespace

std::string quote(std::string_view text) {
    const std::size_t length = std::min(text.size(), kQuotedBytesMax);
    return absl::StrFormat("'%s%s'", absl::CHexEscape(absl::string_view(text.data(), length)),
                           length < text.size() ? "..." : "");
}

absl::Status check_text(std::string_view line) {
    bool plain = true;
    for (const char c : line) {
        plain &= is_plain(static_cast<unsigned char>(c));
    }
    if (plain) return absl::OkStatus();
    for (std::size_t at = 0; at < line.size();) {
        const auto byte = static_cast<unsigned char>(line[at]);
        const std::size_t length = utf8_length(line.substr(at));
        if (length == 0) {
            return absl::InvalidArgumentError(absl::StrFormat(
                "byte 0x%02X in column %d is not UTF-8; expected UTF-8 text", byte, at + 1));
        }
        if (length == 1 && !is_plain(byte)) {
            return absl::InvalidArgumentError(
                absl::StrFormat("%s (0x%02X) in column %d; expected text",
                                byte == 0 ? "NUL byte" : "control character", byte, at + 1));
        }
        at += length;
    }
    return absl::OkStatus();
}

std::string_view FieldReader::token(std::string_view what) {
    if (!ok()) return {};
    if (ended_) {
        fail(absl::StrFormat("line ends early; expected %s", what));
        return {};
    }
    const std::size_t space = rest_.find(' ');
    const std::string_view field = rest_.substr(0, space);
    ended_ = space == std::string_view::npos;
    rest_.remove_prefix(ended_ ? rest_.size() : space + 1);
    if (field.empty()) {
        fail(absl::StrFormat("empty field (stray space); expected %s", what));
    }
    return field;
}

void FieldReader::literal(std::string_view word) {
    if (!ended_ && rest_.substr(0, rest_.find(' ')) == word) {
        token(word);
        return;
    }
    const std::string expected = quote(word);
    const std::string_view field = token(expected);
    fail(absl::StrFormat("unexpected %s; expected %s", quote(field), expected));
}

std::uint64_t FieldReader::number(std::string_view what, std::uint64_t max) {
    const std::string_view field = token(what);
    std::uint64_t value = 0;
    bool overflow = false;
    for (const char c : field) {
        if (c < '0' || c > '9') {
            fail(absl::StrFormat("malformed %s %s; expected a decimal number from 0 to %d", what,
                                 quote(field), max));
            return 0;
        }
        const auto digit = static_cast<std::uint64_t>(c - '0');
        overflow |= value > (std::numeric_limits<std::uint64_t>::max() - digit) / 10;
        value = value * 10 + digit;
    }
    if (overflow || value > max) {
        fail(absl::StrFormat("%s %s is too great; expected at most %d", what, quote(field), max));
        return 0;
    }
    return value;
}

std::uint32_t FieldReader::node(std::string_view what, std::size_t count) {
    const std::uint64_t id = number(what, std::numeric_limits<std::uint32_t>::max());
    if (ok() && id >= count) {
        fail(absl::StrFormat("%s %d names no node; expected an id below %d", what, id, count));
        return 0;
    }
    return static_cast<std::uint32_t>(id);
}

std::uint64_t FieldReader::hex(std::string_view what) {
    const std::string_view field = token(what);
    if (!ok()) return 0;
    std::uint64_t value = 0;
    bool valid = field.size() == 16;
    for (const char c : field.substr(0, 16)) {
        const int digit = hex_digit(c);
        valid &= digit >= 0;
        value = value << 4 | static_cast<std::uint64_t>(digit & 0xF);
    }
    if (!valid) {
        fail(
            absl::StrFormat("malformed %s %s; expected 16 hexadecimal digits", what, quote(field)));
        return 0;
    }
    return value;
}

void FieldReader::expect_end() {
    if (ok() && !ended_) {
        fail(absl::StrFormat("unexpected %s; expected the end of the line", quote(rest_)));
    }
}

void FieldReader::fail(std::string message) {
    if (error_.empty()) error_ = std::move(message);
}

absl::Status FieldReader::status() const {
    return ok() ? absl::OkStatus() : absl::InvalidArgumentError(error_);
}

}  // namespace ouro::tools
