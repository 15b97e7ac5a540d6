// Goal: a command sees exactly the flags it declared, in any order among the positionals, and every
// mistake on the command line has a message that names it.
#include "tools/command_line.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <sstream>
#include <string>
#include <vector>

namespace ouro::tools {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class Flags : public ::testing::Test {
protected:
    Flags() {
        flags_.add("threads", &threads_, "N", "How many.");
        flags_.add("json", &json_, "", "As JSON.\nOn one line.");
        flags_.add("region", &region_, "BYTES", "How large.");
    }

    absl::StatusOr<CommandLine> parse(std::vector<std::string> words) {
        std::vector<char*> arguments;
        for (std::string& word : words) arguments.push_back(word.data());
        return flags_.parse(arguments);
    }
    std::string error(const std::vector<std::string>& words) {
        const absl::StatusOr<CommandLine> line = parse(words);
        return line.ok() ? "no error" : std::string(line.status().message());
    }

    std::uint32_t threads_ = 7;
    bool json_ = false;
    std::optional<ByteCount> region_;
    FlagSet flags_;
};

TEST_F(Flags, keep_their_defaults_when_not_given) {
    const absl::StatusOr<CommandLine> line = parse({});
    ASSERT_TRUE(line.ok());
    EXPECT_THAT(line->positionals, ElementsAre());
    EXPECT_FALSE(line->help);
    EXPECT_EQ(threads_, 7u);
    EXPECT_FALSE(json_);
    EXPECT_FALSE(region_.has_value());
}

TEST_F(Flags, and_positionals_stand_in_any_order_and_both_ways_of_writing) {
    const absl::StatusOr<CommandLine> line =
        parse({"a", "--threads", "3", "b", "--json", "c", "--region=64K", "-"});
    ASSERT_TRUE(line.ok()) << line.status();
    EXPECT_THAT(line->positionals, ElementsAre("a", "b", "c", "-"));
    EXPECT_EQ(threads_, 3u);
    EXPECT_TRUE(json_);
    EXPECT_EQ(region_->value, 65536u);
}

TEST_F(Flags, given_twice_have_the_last_value) {
    ASSERT_TRUE(parse({"--threads=3", "--threads=4", "--json", "--json=false"}).ok());
    EXPECT_EQ(threads_, 4u);
    EXPECT_FALSE(json_);
}

TEST_F(Flags, end_at_two_dashes) {
    const absl::StatusOr<CommandLine> line = parse({"--json", "--", "--threads", "--"});
    ASSERT_TRUE(line.ok());
    EXPECT_THAT(line->positionals, ElementsAre("--threads", "--"));
}

TEST_F(Flags, help_wins_over_what_follows) {
    for (const char* word : {"-h", "--help"}) {
        const absl::StatusOr<CommandLine> line = parse({"a", word, "--nonsense"});
        ASSERT_TRUE(line.ok());
        EXPECT_TRUE(line->help);
    }
}

TEST_F(Flags, that_are_wrong_are_named) {
    EXPECT_EQ(error({"--nonsense=1"}), "unknown flag '--nonsense'");
    EXPECT_EQ(error({"-t", "1"}), "unknown flag '-t'");
    EXPECT_EQ(error({"-threads", "1"}), "unknown flag '-threads'");
    EXPECT_EQ(error({"--thread=1"}), "unknown flag '--thread'");
    EXPECT_EQ(error({"--threads"}), "--threads needs a value: --threads=N");
    EXPECT_EQ(error({"--threads="}), "--threads cannot be ''");
    EXPECT_EQ(error({"--threads=x"}), "--threads cannot be 'x'");
    EXPECT_EQ(error({"--threads=-1"}), "--threads cannot be '-1'");
    EXPECT_EQ(error({"--threads=4294967296"}), "--threads cannot be '4294967296'");
    EXPECT_EQ(error({"--json=perhaps"}), "--json cannot be 'perhaps'");
    EXPECT_THAT(error({"--region=1T"}), HasSubstr("--region cannot be '1T': expected"));
}

TEST_F(Flags, are_explained_with_their_defaults) {
    EXPECT_EQ(flags_.help(),
              "  --threads=N\n      How many. Default: 7.\n"
              "  --json\n      As JSON.\n      On one line.\n"
              "  --region=BYTES\n      How large.\n");
}

std::optional<std::uint64_t> bytes(const char* text) {
    ByteCount count;
    std::string error;
    if (!AbslParseFlag(text, &count, &error)) return std::nullopt;
    return count.value;
}

TEST(ByteCount, has_binary_suffixes_and_limits) {
    EXPECT_EQ(bytes("0"), 0u);
    EXPECT_EQ(bytes("18446744073709551615"), 18446744073709551615u);
    EXPECT_EQ(bytes("1K"), 1024u);
    EXPECT_EQ(bytes("3M"), 3u << 20);
    EXPECT_EQ(bytes("17179869183G"), 17179869183u << 30);
    EXPECT_EQ(bytes("17179869184G"), std::nullopt);
    for (const char* text : {"", "K", "-1", "1k", "1KB", "1.5M", "x"}) {
        EXPECT_EQ(bytes(text), std::nullopt) << text;
    }
    EXPECT_EQ(AbslUnparseFlag(ByteCount{65536}), "65536");
}

TEST(UsageError, names_the_command_and_where_help_is) {
    std::ostringstream err;
    EXPECT_EQ(report_usage_error(err, "ouro replay", "no FILE is given"), kExitUsage);
    EXPECT_EQ(err.str(), "ouro replay: no FILE is given\nTry 'ouro replay --help'.\n");
}

}  // namespace
}  // namespace ouro::tools
