// Carries out the scripts beside this file and compares what they print with the files of their
// expected output.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <vector>

#include "tools/script_run.h"

namespace ouro::testing {

/// A test process carries out every kScriptShards-th script.
inline constexpr int kScriptShards = 8;

inline std::string read_text(const std::filesystem::path& file) {
    std::ifstream stream(file, std::ios::binary);
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

/// Carries out the scripts of one shard.
inline void run_scripts(int shard, const tools::ScriptOptions& options) {
    const std::vector<std::filesystem::path> scripts = all_scripts();
    ASSERT_GT(scripts.size(), 300U);
    for (std::size_t i = static_cast<std::size_t>(shard); i < scripts.size(); i += kScriptShards) {
        SCOPED_TRACE(scripts[i].filename().string());
        const std::string expected =
            read_text(std::filesystem::path(scripts[i]).replace_extension(".out"));
        std::ostringstream printed;
        const tools::ScriptOutcome outcome =
            tools::run_script(read_text(scripts[i]), "script", options, printed);
        if (absl::IsUnimplemented(outcome.status)) continue;  // generations
        EXPECT_TRUE(outcome.status.ok()) << outcome.status.message();
        EXPECT_EQ(outcome.leaked, 0);
        if (printed.str() != expected) {
            ADD_FAILURE() << first_difference(printed.str(), expected);
        }
    }
}

}  // namespace ouro::testing
