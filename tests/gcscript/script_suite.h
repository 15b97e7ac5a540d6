// Carries out the scripts beside this file and compares what they print with the files of their
// expected output.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <vector>

#include "tools/script_run.h"

namespace ouro::testing {

/// The text of a file. The test fails if it cannot be read.
inline std::string read_text(const std::filesystem::path& file) {
    std::ifstream stream(file, std::ios::binary);
    EXPECT_TRUE(stream.is_open()) << file;
    return {std::istreambuf_iterator<char>(stream), {}};
}

/// All scripts, in the order of their names.
inline std::vector<std::filesystem::path> all_scripts() {
    std::vector<std::filesystem::path> scripts;
    const std::filesystem::path folder = std::filesystem::path(OURO_TEST_DATA_DIR) / "gcscript";
    for (const char* part : {"cases", "random"}) {
        for (const auto& entry : std::filesystem::directory_iterator(folder / part)) {
            if (entry.path().extension() == ".gcs") scripts.push_back(entry.path());
        }
    }
    std::ranges::sort(scripts);
    return scripts;
}

/// What the script prints on CPython; where that depends on generations, what it prints here.
inline std::string expected_output(std::filesystem::path script) {
    const std::filesystem::path own = std::filesystem::path(script).replace_extension(".ouro.out");
    return read_text(std::filesystem::exists(own) ? own : script.replace_extension(".out"));
}

/// The first line in which two texts differ, both ways.
inline std::string first_difference(const std::string& printed, const std::string& expected) {
    std::istringstream left(printed);
    std::istringstream right(expected);
    std::string a;
    std::string b;
    for (int line = 1;; ++line) {
        if (!std::getline(left, a)) a = "(end)";
        if (!std::getline(right, b)) b = "(end)";
        if (a != b || a == "(end)") {
            return "line " + std::to_string(line) + ": printed '" + a + "', expected '" + b + "'";
        }
    }
}

/// A script's file name as the name of a test.
inline std::string test_name(const ::testing::TestParamInfo<std::filesystem::path>& script) {
    std::string name = script.param.stem().string();
    const auto is_other = [](unsigned char c) { return std::isalnum(c) == 0; };
    std::ranges::replace_if(name, is_other, '_');
    return name;
}

/// One script a test.
class ScriptTest : public ::testing::TestWithParam<std::filesystem::path> {
protected:
    /// Carries out the script; it prints what is expected and leaves nothing behind.
    static tools::ScriptOutcome run(const tools::ScriptOptions& options) {
        const std::string expected = expected_output(GetParam());
        std::ostringstream printed;
        const tools::ScriptOutcome outcome =
            tools::run_script(read_text(GetParam()), GetParam().string(), options, printed);
        EXPECT_TRUE(outcome.status.ok()) << outcome.status.message();
        EXPECT_EQ(outcome.leaked, 0);
        EXPECT_EQ(printed.str(), expected) << first_difference(printed.str(), expected);
        return outcome;
    }
};

}  // namespace ouro::testing
