// The program `ouro`: the first word chooses a command, the rest belongs to the command.
#include <iostream>
#include <span>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/string_view.h"
#include "stress/stress.h"
#include "tools/command_line.h"
#include "tools/replay.h"
#include "tools/script.h"
#include "tools/tour.h"

namespace ouro::tools {
namespace {

constexpr Command kCommands[] = {
    {"tour", "carry out the documents about reclaim in Python, cell by cell", run_tour},
    {"replay", "perform the steps of object graphs on the heap and check every count", run_replay},
    {"script", "carry out scripts about objects as CPython would, line by line",
     run_script_command},
    {"stress", stress::kStressSummary, stress::stress_command},
};

std::string usage() {
    std::string text = "usage: ouro COMMAND [ARGUMENT...]\n\nCommands:\n";
    for (const Command& command : kCommands) {
        absl::StrAppendFormat(&text, "  %-8s %s\n", command.name, command.summary);
    }
    absl::StrAppend(&text, "\n'ouro COMMAND --help' explains the command and its flags.\n");
    return text;
}

int run(std::span<char* const> words) {
    if (words.empty()) {
        std::cerr << usage();
        return kExitUsage;
    }
    const absl::string_view first = words[0];
    if (first == "--help" || first == "-h" || first == "help") {
        std::cout << usage() << std::flush;
        return kExitOk;
    }
    for (const Command& command : kCommands) {
        if (command.name == first) return command.run(words.subspan(1));
    }
    const absl::string_view kind = absl::StartsWith(first, "-") ? "flag" : "command";
    return report_usage_error(std::cerr, "ouro", absl::StrCat("unknown ", kind, " '", first, "'"));
}

}  // namespace
}  // namespace ouro::tools

int main(int argc, char** argv) {
    const std::span<char* const> words(argv, static_cast<std::size_t>(argc));
    const int status = ouro::tools::run(words.subspan(words.empty() ? 0 : 1));
    std::cout.flush();
    if (std::cout) return status;
    std::cerr << "ouro: standard output cannot be written\n";
    return status == ouro::tools::kExitOk ? ouro::tools::kExitOutOfMemory : status;
}
