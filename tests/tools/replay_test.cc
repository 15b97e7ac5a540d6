// Goal: `ouro replay` keeps the protocol that its help describes: what is printed where, and which
// exit status. Method: the command in this process, on files written here.
#include "tools/replay.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/tools/graph_text.h"
#include "tools/command_line.h"

namespace ouro::tools {
namespace {

using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class ReplayCommand : public ::testing::Test {
protected:
    struct Result {
        int status;
        std::string out;
        std::string err;
    };

    ReplayCommand()
        : folder_(std::filesystem::temp_directory_path() / absl::StrCat("ouro_replay_", getpid())) {
        std::filesystem::create_directories(folder_);
    }
    ~ReplayCommand() override { std::filesystem::remove_all(folder_); }

    /// A file with this text; returns its path.
    std::string file(const std::string& name, const std::string& text) {
        const std::string path = (folder_ / name).string();
        std::ofstream(path, std::ios::binary) << text;
        return path;
    }
    std::string small() { return file("small.gcg", testing::join(testing::kSmall)); }
    /// The small graph with one line of it replaced.
    std::string small_with(std::size_t line, const std::string& text) {
        std::vector<std::string> lines = testing::kSmall;
        lines[line - 1] = text;
        return file("changed.gcg", testing::join(lines));
    }

    static Result run(std::vector<std::string> words, bool terminal = false) {
        std::vector<char*> arguments;
        for (std::string& word : words) arguments.push_back(word.data());
        std::ostringstream out;
        std::ostringstream err;
        const int status = replay(arguments, out, err, terminal);
        return {status, out.str(), err.str()};
    }

private:
    const std::filesystem::path folder_;
};

constexpr const char* kGraphLine = "graph small: 5 nodes, 8 edges, 3 roots, 1 pins, 4 steps\n";

TEST_F(ReplayCommand, one_thread_prints_a_state_after_every_step) {
    const std::string path = small();
    const Result result = run({path});
    EXPECT_EQ(result.status, kExitOk);
    EXPECT_EQ(
        result.out,
        absl::StrCat(kGraphLine,
                     "drop r0\n"
                     "state freed 0 tracked 0 bytes 0 live 5 rcsum 11 mix 0000000000000000\n"
                     "drop r2 r1\n"
                     "state freed 0 tracked 0 bytes 0 live 5 rcsum 9 mix 0000000000000000\n"
                     "collect\n"
                     "state freed 4 tracked 3 bytes 260 live 1 rcsum 1 mix 78f6ef7702eb0c08\n"
                     "collect\n"
                     "state freed 0 tracked 0 bytes 0 live 1 rcsum 1 mix 0000000000000000\n"));
    EXPECT_EQ(result.err, absl::StrCat("ouro replay: ", path,
                                       ": 1 of 1 threads ran at once, 0 collector passes began "
                                       "while drops were running\n"));
}

TEST_F(ReplayCommand, threads_print_a_state_before_and_after_every_collect) {
    const Result result = run({"--threads", "3", small()});
    EXPECT_EQ(result.status, kExitOk);
    EXPECT_EQ(
        result.out,
        absl::StrCat(kGraphLine, "drop r0\ndrop r2 r1\n",
                     "state freed 0 tracked 0 bytes 0 live 5 rcsum 9 mix 0000000000000000\n"
                     "collect\n"
                     "state freed 4 tracked 3 bytes 260 live 1 rcsum 1 mix 78f6ef7702eb0c08\n"
                     "state freed 0 tracked 0 bytes 0 live 1 rcsum 1 mix 0000000000000000\n"
                     "collect\n"
                     "state freed 0 tracked 0 bytes 0 live 1 rcsum 1 mix 0000000000000000\n"));
    EXPECT_THAT(result.err, HasSubstr(" of 3 threads ran at once, 0 collector passes"));
}

TEST_F(ReplayCommand, auto_prints_a_state_after_every_collect_only) {
    for (const char* threads : {"--threads=1", "--threads=4"}) {
        const Result result = run({small(), "--collector=auto", threads});
        EXPECT_EQ(result.status, kExitOk);
        EXPECT_EQ(
            result.out,
            absl::StrCat(kGraphLine, "drop r0\ndrop r2 r1\ncollect\n",
                         "state freed 4 tracked 3 bytes 260 live 1 rcsum 1 mix 78f6ef7702eb0c08\n"
                         "collect\n"
                         "state freed 0 tracked 0 bytes 0 live 1 rcsum 1 mix 0000000000000000\n"));
    }
}

TEST_F(ReplayCommand, compressed_files_are_replayed_like_plain_ones) {
    const std::string packed = file("small.gz", testing::gzip(testing::join(testing::kSmall)));
    EXPECT_EQ(run({packed}).out, run({small()}).out);
}

TEST_F(ReplayCommand, a_difference_is_told_with_both_values_and_status_1) {
    const std::string path = small_with(
        25, "expect freed 4 tracked 3 bytes 261 live 1 garbage 0 rcsum 1 mix 78f6ef7702eb0c08");
    const Result result = run({path});
    EXPECT_EQ(result.status, kExitDifference);
    EXPECT_THAT(result.err,
                AllOf(StartsWith(absl::StrCat("ouro replay: ", path,
                                              ": step in line 24: bytes is 260, expected 261\n")),
                      HasSubstr("1 of 1 threads")));
    EXPECT_EQ(result.out, run({small()}).out);
}

TEST_F(ReplayCommand, a_damaged_or_missing_file_is_named_with_its_line_and_status_2) {
    const std::string damaged = small_with(12, "edge 1 0 x");
    const Result result = run({damaged});
    EXPECT_EQ(result.status, kExitUsage);
    EXPECT_EQ(result.out, "");
    EXPECT_THAT(result.err, StartsWith(absl::StrCat("ouro replay: ", damaged, ":12: ")));
    const Result missing = run({"/no/such/file"});
    EXPECT_EQ(missing.status, kExitUsage);
    EXPECT_THAT(missing.err, StartsWith("ouro replay: /no/such/file: "));
}

TEST_F(ReplayCommand, a_region_too_small_gets_the_figures_of_the_heap_and_status_3) {
    const std::string path = testing::graph_path("minidom");
    const Result result = run({path, "--region=100K"});
    EXPECT_EQ(result.status, kExitOutOfMemory);
    EXPECT_THAT(result.out, Not(HasSubstr("state ")));
    EXPECT_THAT(
        result.err,
        AllOf(StartsWith(absl::StrCat("ouro replay: ", path, ": out of memory: no room for node ")),
              HasSubstr("region bytes"), HasSubstr("102400\n"), HasSubstr("live objects"),
              HasSubstr("largest free block")));
    const Result tiny = run({path, "--region", "1000"});
    EXPECT_EQ(tiny.status, kExitOutOfMemory);
    EXPECT_THAT(tiny.err, HasSubstr("out of memory: a region of 1000 bytes"));
}

TEST_F(ReplayCommand, several_files_are_all_replayed_and_the_worst_status_counts) {
    const std::string damaged = small_with(1, "gcgraph 2");
    const Result result = run({small(), damaged, small(), "--threads", "2"});
    EXPECT_EQ(result.status, kExitUsage);
    const std::string one = run({small(), "--threads=2"}).out;
    EXPECT_EQ(result.out, one + one);
    EXPECT_EQ(run({"--region=100K", damaged, testing::graph_path("minidom")}).status,
              kExitOutOfMemory);
}

TEST_F(ReplayCommand, json_is_one_line_per_file_and_nothing_else) {
    const std::string path = small();
    const Result result = run({path, "--json", "--threads=2"});
    EXPECT_EQ(result.status, kExitOk);
    EXPECT_THAT(
        result.out,
        AllOf(StartsWith(absl::StrCat("{\"file\": \"", path,
                                      "\", \"graph\": \"small\", "
                                      "\"ok\": true, \"exit_status\": 0, \"threads\": 2, "
                                      "\"collector\": \"manual\", ")),
              HasSubstr("\"objects\": 5"), HasSubstr("\"references\": 8"),
              HasSubstr("\"reclaimed_by_count\": "), HasSubstr("\"reclaimed_by_collector\": "),
              HasSubstr("\"high_water_bytes\": "), HasSubstr("\"longest_operation_ns\": "),
              HasSubstr("\"threads_at_once\": "), HasSubstr("\"passes_during_drops\": 0"),
              HasSubstr("{\"steps\": [\"drop r0\", \"drop r2 r1\"], \"freed\": 0, \"tracked\": 0, "
                        "\"bytes\": 0, \"live\": 5, \"rcsum\": 9, \"mix\": \"0000000000000000\"}"),
              EndsWith("\"differences\": []}\n")));
    EXPECT_EQ(std::ranges::count(result.out, '\n'), 1);
    EXPECT_EQ(std::ranges::count(run({path, path, "--json"}).out, '\n'), 2);
}

TEST_F(ReplayCommand, json_tells_failures_too) {
    const Result damaged = run({small_with(1, "gcgraph 2"), "--json"});
    EXPECT_EQ(damaged.status, kExitUsage);
    EXPECT_THAT(damaged.out, AllOf(HasSubstr("\"ok\": false"), HasSubstr("\"error\": ")));
    const Result no_room = run({testing::graph_path("minidom"), "--region=100K", "--json"});
    EXPECT_EQ(no_room.status, kExitOutOfMemory);
    EXPECT_THAT(no_room.out, AllOf(HasSubstr("\"ok\": false"), HasSubstr("\"exit_status\": 3"),
                                   HasSubstr("\"error\": \"out of memory")));
    const Result different = run(
        {small_with(
             21, "expect freed 0 tracked 0 bytes 0 live 4 garbage 0 rcsum 11 mix 0000000000000000"),
         "--json"});
    EXPECT_THAT(different.out,
                HasSubstr("\"differences\": [\"step in line 20: live is 5, expected 4\"]"));
}

TEST_F(ReplayCommand, help_is_on_standard_output_and_explains_every_flag) {
    const Result result = run({"--help"});
    EXPECT_EQ(result.status, kExitOk);
    EXPECT_EQ(result.err, "");
    EXPECT_THAT(result.out, AllOf(StartsWith("usage: ouro replay FILE..."), HasSubstr("--threads="),
                                  HasSubstr("--region="), HasSubstr("--collector="),
                                  HasSubstr("--json"), HasSubstr("Exit status")));
    EXPECT_THAT(result.out, Not(HasSubstr("--seed")));
    std::istringstream lines(result.out);
    for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), 100u) << line;
}

TEST_F(ReplayCommand, wrong_arguments_have_status_2_and_a_message_on_standard_error) {
    for (const std::vector<std::string>& words :
         std::vector<std::vector<std::string>>{{},
                                               {"--json"},
                                               {"--nonsense", small()},
                                               {"--threads=0", small()},
                                               {"--threads=257", small()},
                                               {"--collector=both", small()},
                                               {"--region=much", small()},
                                               {small(), "--threads"}}) {
        const Result result = run(words);
        EXPECT_EQ(result.status, kExitUsage);
        EXPECT_EQ(result.out, "");
        EXPECT_THAT(result.err,
                    AllOf(StartsWith("ouro replay: "), EndsWith("\nTry 'ouro replay --help'.\n")));
    }
}

}  // namespace
}  // namespace ouro::tools
