// Goal: `ouro script` says what is wrong with a script and where, does nothing of it, and its exit
// statuses and headings are as its help says. Method: scripts of a few lines in files.
#include "tools/script.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"

namespace ouro::tools {
namespace {

using ::testing::HasSubstr;

class ScriptCommand : public ::testing::Test {
protected:
    ~ScriptCommand() override {
        for (const std::string& file : files_) std::filesystem::remove(file);
    }
    std::string file(const std::string& text) {
        const std::string name = absl::StrCat("ouro_script_", getpid(), "_", files_.size());
        files_.push_back((std::filesystem::temp_directory_path() / name).string());
        std::ofstream(files_.back()) << text;
        return files_.back();
    }
    int run(std::vector<std::string> arguments) {
        std::vector<char*> pointers;
        for (std::string& argument : arguments) pointers.push_back(argument.data());
        out_.str("");
        err_.str("");
        return script(pointers, out_, err_);
    }

    std::ostringstream out_;
    std::ostringstream err_;

private:
    std::vector<std::string> files_;
};

TEST_F(ScriptCommand, prints_results_and_succeeds) {
    EXPECT_EQ(run({file("new a\nrc a  # one\ndrop a\nrc @a\n")}), 0);
    EXPECT_EQ(out_.str(), "rc a -> 1\nrc @a -> dead\n");
    EXPECT_EQ(err_.str(), "");
}

TEST_F(ScriptCommand, an_empty_script_runs_to_its_end) {
    EXPECT_EQ(run({file("# nothing\n\n")}), 0);
    EXPECT_EQ(out_.str(), "");
}

TEST_F(ScriptCommand, every_file_has_a_heap_of_its_own_and_a_heading_if_asked) {
    const std::string one = file("new a\nobjects\n");
    EXPECT_EQ(run({one, one}), 0);
    EXPECT_EQ(out_.str(), "objects -> 1\nobjects -> 1\n");
    EXPECT_EQ(run({"--headings", one}), 0);
    EXPECT_EQ(out_.str(), absl::StrCat("== ", one, "\nobjects -> 1\n"));
}

TEST_F(ScriptCommand, shadow_passes_change_nothing) {
    EXPECT_EQ(run({"--shadow", file("disable\nnew a\na.a = a\ndrop a\ncollect\n")}), 0);
    EXPECT_EQ(out_.str(), "collect -> 1\n");
}

TEST_F(ScriptCommand, a_wrong_script_is_not_begun_and_the_others_are_run) {
    const std::string wrong = file("say begun\nnew a\nbind a\n");
    EXPECT_EQ(run({wrong, file("say other\n")}), 2);
    EXPECT_EQ(out_.str(), "other\n");
    EXPECT_EQ(err_.str(), absl::StrCat(wrong, ":3: unknown statement 'bind'\n"));
}

TEST_F(ScriptCommand, without_a_readable_file_there_is_nothing_to_do) {
    EXPECT_EQ(run({}), 2);
    EXPECT_THAT(err_.str(), HasSubstr("no FILE is given"));
    EXPECT_EQ(run({"/nowhere/to/be.found"}), 2);
    EXPECT_THAT(err_.str(), HasSubstr("/nowhere/to/be.found: cannot be read"));
    EXPECT_EQ(run({std::filesystem::temp_directory_path().string()}), 2) << "a folder";
    EXPECT_EQ(run({"--no-such-flag"}), 2);
}

TEST_F(ScriptCommand, objects_that_do_not_fit_end_the_script) {
    const std::string script = file(
        "new root\nsay before\nrepeat 100000\nnew a\na.next = root.x\n"
        "root.x = a\nend\nsay after\n");
    EXPECT_EQ(run({"--region", "1M", script}), 3);
    EXPECT_EQ(out_.str(), "before\n");
    EXPECT_THAT(err_.str(), HasSubstr(absl::StrCat(script, ":3: ")));
}

TEST_F(ScriptCommand, memory_is_what_the_script_may_need) {
    // Each object has room for every slot of the script that is stored to: 160 MB here.
    std::string text =
        "disable\nnew hub\nrepeat 5000\nnew a\na.next = hub.last\nhub.last = a\nend\n";
    for (int i = 0; i < 4000; ++i) absl::StrAppend(&text, "hub.s", i, " = hub.s", i + 1, "\n");
    EXPECT_EQ(run({file(text + "objects\n")}), 0) << err_.str();
    EXPECT_EQ(out_.str(), "objects -> 5001\n");
    // Actions make objects too, and those have actions.
    EXPECT_EQ(run({file("disable\non fin a\nnew fin b\ndrop b\nend\n"
                        "on fin b\nrepeat 3000\nnew c\nc.next = keep\nkeep = c\nend\nend\n"
                        "repeat 100\nnew fin a\nend\ndrop a\nobjects\n")}),
              0)
        << err_.str();
    EXPECT_TRUE(out_.str().ends_with("fin a\nfin b\nobjects -> 300000\n"));
}

TEST_F(ScriptCommand, lines_and_words_end_as_in_python) {
    EXPECT_EQ(run({file("say a\rsay b\r\nsay\x1C"
                        "c\fd\v\te # \r\rsay \xC3\xA9")}),
              0);
    EXPECT_EQ(out_.str(), "a\nb\nc d e\n\xC3\xA9\n");
}

TEST_F(ScriptCommand, an_end_too_many_ends_the_script) {
    const std::string script = file("say one\nend\nno statement\n");
    EXPECT_EQ(run({script}), 0);
    EXPECT_EQ(out_.str(), "one\n");
    EXPECT_EQ(err_.str(),
              absl::StrCat(script, ":2: 'end' without a block: the script ends here\n"));
}

TEST_F(ScriptCommand, what_is_not_on_the_garbage_list_cannot_be_taken) {
    const std::string script = file("new a\nsay one\nunordered\ntake k a\nend\nsay two\n");
    EXPECT_EQ(run({script}), 2);
    EXPECT_EQ(out_.str(), "one\n");
    EXPECT_EQ(err_.str(), absl::StrCat(script, ":4: 'a' is not in list\n"));
    const std::string threads = file("par\nthread\ntake k a\nthread\nnew b\nend\nsay two\n");
    EXPECT_EQ(run({threads}), 2);
    EXPECT_EQ(err_.str(), absl::StrCat(threads, ":3: 'a' is not in list\n"));
}

struct WrongScript {
    const char* text;
    int line;
    const char* reason;
};

class WrongScripts : public ScriptCommand, public ::testing::WithParamInterface<WrongScript> {};

TEST_P(WrongScripts, are_refused_with_line_and_reason) {
    const std::string name = file(GetParam().text);
    EXPECT_EQ(run({name}), 2);
    EXPECT_EQ(out_.str(), "");
    EXPECT_EQ(err_.str(), absl::StrCat(name, ":", GetParam().line, ": ", GetParam().reason, "\n"));
}

constexpr WrongScript kWrongScripts[] = {
    {"new a\nrepeat 3\nnew b\n", 2, "this block has no 'end'"},
    {"weak w a bc\n", 1, "weak NAME X [cb]"},
    {"mode generations\ncollect 7\n", 2, "bad generation '7'"},
    {"new a\nmode legacy\n", 2, "mode is not the first statement"},
    {"mode other\n", 1, "unknown mode 'other'"},
    {"threshold x\n", 1, "bad number 'x'"},
    {"threshold 2147483648\n", 1, "the threshold is higher than 2147483647"},
    {"repeat -1\nend\n", 1, "bad number '-1'"},
    {"saveall maybe\n", 1, "neither 'on' nor 'off': 'maybe'"},
    {"rc\n", 1, "wrong number of arguments: rc X..."},
    {"leakcheck now\n", 1, "wrong number of arguments: leakcheck takes none"},
    {"on zip a\nend\n", 1, "unknown event 'zip a'"},
    {"unordered on fin a\n", 1, "'on' needs lines of its own"},
    {"thread\n", 1, "'thread' outside of 'par'"},
    {"raise\n", 1, "'raise' outside of actions"},
    {"order x\n", 1, "bad event 'x'"},
    {"a..b = c\n", 1, "bad path 'a..b'"},
    {"*a = b\n", 1, "bad path '*a'"},
    {"new a.b\n", 1, "bad name 'a.b'"},
    {"clear a\n", 1, "'a' is no slot"},
    {"a = \"x\n", 1, "text without its end '\"x'"},
    {"self = a\n", 1, "'self' outside of actions: 'self'"},
    {"new a\r\nrc a\rzip\r\n", 3, "unknown statement 'zip'"},
    {"say a\nend\nsay b # \xE9\n", 3, "this line is not UTF-8"},
};

INSTANTIATE_TEST_SUITE_P(All, WrongScripts, ::testing::ValuesIn(kWrongScripts));

}  // namespace
}  // namespace ouro::tools
