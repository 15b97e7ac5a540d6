// Goal: the program itself, end to end: exit statuses, the two output streams, JSON that a parser
// takes. Method: run the built program in a shell.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <string>

#include "absl/strings/str_cat.h"
#include "tests/tools/graph_text.h"

#ifdef OURO_TOOL_PATH

namespace ouro::tools {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

struct Result {
    int status = -1;
    std::string out;
    std::string err;
};

/// Runs a shell command; `ouro` in it is the program.
Result shell(const std::string& command) {
    const std::string stem =
        (std::filesystem::temp_directory_path() / absl::StrCat("ouro_main_", getpid())).string();
    const int status = std::system(absl::StrCat("ouro() { '", OURO_TOOL_PATH, "' \"$@\"; }; { ",
                                                command, "; } >'", stem, ".out' 2>'", stem, ".err'")
                                       .c_str());
    Result result = {WIFEXITED(status) ? WEXITSTATUS(status) : -1,
                     testing::read_bytes(stem + ".out"), testing::read_bytes(stem + ".err")};
    std::filesystem::remove(stem + ".out");
    std::filesystem::remove(stem + ".err");
    return result;
}

std::string graph() { return absl::StrCat("'", testing::graph_path("tiny_notebooks"), "'"); }

TEST(Program, without_a_command_says_which_there_are) {
    const Result result = shell("ouro");
    EXPECT_EQ(result.status, 2);
    EXPECT_EQ(result.out, "");
    EXPECT_THAT(result.err, AllOf(StartsWith("usage: ouro COMMAND"), HasSubstr("\n  replay ")));
}

TEST(Program, help_is_on_standard_output) {
    for (const char* word : {"--help", "-h", "help"}) {
        const Result result = shell(absl::StrCat("ouro ", word));
        EXPECT_EQ(result.status, 0);
        EXPECT_EQ(result.err, "");
        EXPECT_THAT(result.out, StartsWith("usage: ouro COMMAND"));
    }
    EXPECT_THAT(shell("ouro replay --help").out, StartsWith("usage: ouro replay FILE..."));
}

TEST(Program, unknown_words_have_status_2) {
    EXPECT_EQ(shell("ouro reply").status, 2);
    EXPECT_EQ(shell("ouro reply").err, "ouro: unknown command 'reply'\nTry 'ouro --help'.\n");
    EXPECT_EQ(shell("ouro --json replay").status, 2);
    EXPECT_EQ(shell("ouro --json replay").err, "ouro: unknown flag '--json'\nTry 'ouro --help'.\n");
    EXPECT_EQ(shell("ouro replay --jason x").status, 2);
}

TEST(Program, replays_a_graph) {
    const Result result = shell(absl::StrCat("ouro replay ", graph()));
    EXPECT_EQ(result.status, 0);
    EXPECT_THAT(result.out,
                AllOf(StartsWith("graph tiny_notebooks: "), HasSubstr("\ndrop r2\nstate freed ")));
    EXPECT_THAT(result.err, HasSubstr("1 of 1 threads ran at once"));
}

TEST(Program, exit_statuses_reach_the_shell) {
    EXPECT_EQ(shell(absl::StrCat("gzip -dc ", graph(),
                                 " | sed 's/ live / live 1/' >/tmp/ouro_main_$$; "
                                 "ouro replay /tmp/ouro_main_$$; s=$?; rm /tmp/ouro_main_$$; "
                                 "exit $s"))
                  .status,
              1);
    EXPECT_EQ(shell("ouro replay /no/such/file").status, 2);
    EXPECT_EQ(shell(absl::StrCat("ouro replay --region 20000 ", graph())).status, 3);
}

TEST(Program, json_is_read_by_a_parser) {
    const std::string read =
        "python3 -c \"import json, sys; d = json.load(sys.stdin); "
        "print(d['ok'], d['threads'], d['collector'], d['objects'], len(d['states']))\"";
    EXPECT_EQ(shell(absl::StrCat("ouro replay --json --threads=4 --collector=auto ", graph(), " | ",
                                 read))
                  .out,
              "True 4 auto 119 4\n");
    EXPECT_EQ(shell(absl::StrCat("ouro replay --json --region=20000 ", graph(), " | ",
                                 "python3 -m json.tool >/dev/null && echo read"))
                  .out,
              "read\n");
}

}  // namespace
}  // namespace ouro::tools

#endif
