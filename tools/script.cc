#include "tools/script.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <iostream>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "tools/command_line.h"
#include "tools/script_run.h"

namespace ouro::tools {

namespace {

constexpr absl::string_view kCommand = "ouro script";

constexpr absl::string_view kUsage =
    R"(usage: ouro script FILE... [flags]

Carries out each gcscript on a heap of its own: a list of statements about objects, handles, weak
references, finalizers and collections. The output is what CPython 3.11 prints for the same script,
byte for byte; docs/gcscript.md describes the language. The threads of a `par` block run at once.

Flags:
)";

constexpr absl::string_view kExplanation = R"(
The collector's background thread runs. `enable`, `disable` and `threshold` are its switches;
`settle` waits until an automatic collection that begins afterwards has ended; `threshold N` counts
pages with new candidates, of which any number but 0 means: by itself, soon.

This collector has no generations: in a script that begins with `mode generations`, `collect 0|1|2`
is a full collection each, which reclaims whatever CPython's would and the older garbage too.

Exit status, the greatest of all files:
  0  the script ran to its end
  2  wrong arguments, a file that cannot be read, or a script that is wrong: standard error has
     FILE:LINE: reason, and nothing of the script is carried out, or what comes before the `take`
     of an object that is not on the garbage list
  3  the script's objects do not fit into the region
)";

struct Arguments {
    ByteCount region{0};
    ScriptOptions options;
    bool headings = false;
};

/// The whole file, or why it cannot be read.
absl::StatusOr<std::string> read_file(const std::string& file) {
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> stream(std::fopen(file.c_str(), "rb"),
                                                                 &std::fclose);
    std::string text;
    bool good = stream != nullptr;
    for (char part[4096]; good;) {
        const std::size_t got = std::fread(part, 1, sizeof part, stream.get());
        text.append(part, got);
        good = std::ferror(stream.get()) == 0;
        if (got < sizeof part) break;
    }
    if (good) return text;
    return absl::NotFoundError(absl::StrCat(file, ": cannot be read: ", std::strerror(errno)));
}

/// Carries out one file; returns its exit status.
int script_file(const std::string& file, const ScriptOptions& options, std::ostream& out,
                std::ostream& err) {
    const auto text = read_file(file);
    if (!text.ok()) {
        err << text.status().message() << std::endl;
        return kExitUsage;
    }
    const ScriptOutcome outcome = run_script(*text, file, options, out);
    out << std::flush;
    if (!outcome.warning.empty()) err << outcome.warning << std::endl;
    if (outcome.leaked != 0) {
        err << file << ": " << outcome.leaked << " objects outlived their references" << std::endl;
    }
    if (outcome.status.ok()) return kExitOk;
    err << outcome.status.message() << std::endl;
    return absl::IsInvalidArgument(outcome.status) ? kExitUsage : kExitOutOfMemory;
}

}  // namespace

int script(std::span<char* const> arguments, std::ostream& out, std::ostream& err) {
    Arguments given;
    FlagSet flags;
    flags.add("region", &given.region, "BYTES",
              "Memory of each script's heap; K, M or G behind the number stand for 2^10, 2^20,\n"
              "2^30. 0: what the script may need at most, judged by its text.");
    flags.add("shadow", &given.options.shadow, "",
              "A second thread does collections up to their decision, and takes them back, all\n"
              "the time. The output stays the same.");
    flags.add("headings", &given.headings, "", "Prints `== FILE` before the output of each file.");
    int status = kExitOk;
    const std::optional<CommandLine> line =
        read_arguments(flags, arguments, {kCommand, kUsage, kExplanation}, out, err, status);
    if (!line) return status;
    if (line->positionals.empty()) return report_usage_error(err, kCommand, "no FILE is given");
    given.options.region_bytes = given.region.value;
    for (const std::string& file : line->positionals) {
        if (given.headings) out << "== " << file << '\n';
        status = std::max(status, script_file(file, given.options, out, err));
    }
    return status;
}

int run_script_command(std::span<char* const> arguments) {
    return script(arguments, std::cout, std::cerr);
}

}  // namespace ouro::tools
