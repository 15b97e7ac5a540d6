#include "tools/script_lines.h"

#include <cstddef>
#include <cstdint>

namespace ouro::tools {

namespace {

/// The first byte of a character and those that may follow it: no character has two forms, and
/// none is a surrogate or beyond U+10FFFF.
struct Form {
    std::uint8_t first, last;             ///< of the first byte
    std::uint8_t second_min, second_max;  ///< of the second one; the others are 80 to BF
    std::uint8_t more;                    ///< bytes behind the first one
};

constexpr Form kForms[] = {
    {0x00, 0x7F, 0x00, 0x00, 0}, {0xC2, 0xDF, 0x80, 0xBF, 1}, {0xE0, 0xE0, 0xA0, 0xBF, 2},
    {0xE1, 0xEC, 0x80, 0xBF, 2}, {0xED, 0xED, 0x80, 0x9F, 2}, {0xEE, 0xEF, 0x80, 0xBF, 2},
    {0xF0, 0xF0, 0x90, 0xBF, 3}, {0xF1, 0xF3, 0x80, 0xBF, 3}, {0xF4, 0xF4, 0x80, 0x8F, 3},
};

/// How many bytes the character at the beginning of `bytes` takes; 0: it is none.
std::size_t character_size(absl::string_view bytes) {
    const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(bytes[i]); };
    for (const Form& form : kForms) {
        if (byte(0) < form.first || byte(0) > form.last) continue;
        if (bytes.size() <= form.more) return 0;
        for (std::size_t i = 1; i <= form.more; ++i) {
            const std::uint8_t least = i == 1 ? form.second_min : 0x80;
            const std::uint8_t most = i == 1 ? form.second_max : 0xBF;
            if (byte(i) < least || byte(i) > most) return 0;
        }
        return std::size_t{form.more} + 1;
    }
    return 0;
}

}  // namespace

std::vector<absl::string_view> split_script_lines(absl::string_view text) {
    std::vector<absl::string_view> lines;
    for (;;) {
        const std::size_t end = text.find_first_of("\r\n");
        lines.push_back(text.substr(0, end));
        if (end == absl::string_view::npos) return lines;
        text.remove_prefix(end + (text.substr(end, 2) == "\r\n" ? 2 : 1));
    }
}

bool is_utf8(absl::string_view bytes) {
    while (!bytes.empty()) {
        const std::size_t size = character_size(bytes);
        if (size == 0) return false;
        bytes.remove_prefix(size);
    }
    return true;
}

}  // namespace ouro::tools
