// Goal: exactly what Python decodes as UTF-8 is accepted. Method: every first and second byte, and
// every length of every form, beside what RFC 3629 says of the character's number.
#include "tools/script_lines.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>

namespace ouro::tools {
namespace {

/// `length` bytes that stand for `number`, which may be too small for as many, or no character.
std::string encoded(std::uint32_t number, int length) {
    if (length == 1) return {static_cast<char>(number)};
    std::string bytes;
    for (int i = 1; i < length; ++i, number >>= 6) {
        bytes.insert(bytes.begin(), static_cast<char>(0x80 | (number & 0x3F)));
    }
    const std::uint32_t marks[] = {0, 0, 0xC0, 0xE0, 0xF0};
    bytes.insert(bytes.begin(), static_cast<char>(marks[length] | number));
    return bytes;
}

TEST(ScriptLines, a_character_has_one_form) {
    const std::uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    const std::uint32_t ends[] = {0, 0x80, 0x800, 0x10000, 0x200000};
    for (int length = 1; length <= 4; ++length) {
        for (std::uint32_t number = 0; number < ends[length]; number += number < 4096 ? 1 : 61) {
            const bool surrogate = number >= 0xD800 && number <= 0xDFFF;
            const bool good = number >= least[length] && number <= 0x10FFFF && !surrogate;
            const std::string bytes = encoded(number, length);
            ASSERT_EQ(is_utf8("a" + bytes + "b"), good) << number << ", " << length;
            if (length == 1) continue;
            EXPECT_FALSE(is_utf8(bytes.substr(0, bytes.size() - 1))) << number;
            EXPECT_FALSE(is_utf8(bytes.substr(1))) << number;
            EXPECT_FALSE(is_utf8(bytes.substr(0, bytes.size() - 1) + "a")) << number;
        }
    }
}

TEST(ScriptLines, bytes_that_begin_nothing_are_refused) {
    for (const int first : {0x80, 0xBF, 0xC0, 0xC1, 0xF5, 0xFF}) {
        EXPECT_FALSE(is_utf8(std::string(1, static_cast<char>(first)) + "\x80\x80\x80"));
    }
    EXPECT_TRUE(is_utf8(""));
}

TEST(ScriptLines, every_kind_of_end_is_one) {
    using Lines = std::vector<absl::string_view>;
    EXPECT_EQ(split_script_lines(""), Lines{""});
    EXPECT_EQ(split_script_lines("a\nb"), (Lines{"a", "b"}));
    EXPECT_EQ(split_script_lines("a\r\n\rb\n\r"), (Lines{"a", "", "b", "", ""}));
}

}  // namespace
}  // namespace ouro::tools
