#include "tools/replay.h"

#include <unistd.h>

#include <algorithm>
#include <iostream>
#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "tools/command_line.h"
#include "tools/graph_file.h"
#include "tools/progress.h"
#include "tools/replay_report.h"
#include "tools/replay_run.h"

namespace ouro::tools {

namespace {

constexpr absl::string_view kCommand = "ouro replay";

constexpr absl::string_view kUsage =
    R"(usage: ouro replay FILE... [flags]

Loads each object graph (gcgraph format, plain or gzip) into a fresh heap, one managed object per
node and one field per reference, performs the file's steps, and compares the heap with the state
that the file expects after each step. tests/graphs/README.md describes the format.

Flags:
)";

constexpr absl::string_view kExplanation = R"(
Standard output: a line on the graph; each step on a line; and the state of the heap on lines that
begin with `state `:

  state freed N tracked N bytes N live N rcsum N mix HEX

  freed, tracked, bytes   nodes reclaimed since the last state; those of them that are not atomic;
                          their sizes in the file, summed
  live, rcsum             objects on the heap; their reference counts, summed
  mix                     fingerprint of the nodes reclaimed

One thread, collector manual: a state follows every step. Several threads: the drops between two
collects are spread over all threads, which begin together; one state is printed before the collect,
for all these drops, and one after it. Collector auto, any number of threads: one state after each
collect, for all steps since the one before.

The drops of a real graph can be over before a background collector gets the processor. Therefore,
with --collector=auto, each drop gives up its handle but for one copy, which makes the object a
candidate for the collector, waits until the collector has begun a pass (at most 100 ms in all drops
between two collects, 2 s in the whole file), and then gives up the copy.

Standard error: every difference from the file, with both values; and for each file a closing line
that tells how many threads were inside their drop loops at one moment, and how many passes the
background collector began while at least one was.

--json prints one object per file, on one line, instead of all other standard output.
longest_operation_ns is the longest single operation of a mutator: making an object, storing a
reference (both while loading), or giving up a handle, with everything that ends through it; as
elapsed time, so that a thread that lost the processor meanwhile counts too. high_water_bytes is the
most memory in use for objects, headers and rounding included.

Exit status, the greatest of all files:
  0  every state is as expected, or the file expects nothing
  1  something differs, or the heap is not empty after all references are given up
  2  wrong arguments, or a file that cannot be read or is damaged
  3  the graph does not fit into the region (standard error has the heap's figures), or the
     system has no memory or no threads to give
)";

struct Arguments {
    ReplayOptions options;
    std::optional<ByteCount> region;
    bool json = false;
    std::vector<std::string> files;
};

FlagSet flags_of(Arguments& arguments) {
    FlagSet flags;
    flags.add("threads", &arguments.options.threads, "N",
              absl::StrCat("Threads that drop at once, 1 to ", kDropThreadsMax, "."));
    flags.add("region", &arguments.region, "BYTES",
              "Size of the region; K, M or G behind the number stand for 2^10, 2^20, 2^30.\n"
              "Without this flag each graph gets what it needs.");
    flags.add("collector", &arguments.options.collector, "manual|auto",
              "manual: only the file's collect steps collect. auto: the background collector\n"
              "runs throughout as well.");
    flags.add("json", &arguments.json, "", "Print one JSON object per file.");
    return flags;
}

/// Reads and replays one file; returns its exit status.
int replay_file(const std::string& file, const Arguments& arguments, std::ostream& out,
                std::ostream& err, bool err_is_terminal) {
    ReplayReport report(out, err, file, arguments.options, arguments.json);
    absl::StatusOr<Graph> graph;
    {
        Progress progress(err, err_is_terminal, absl::StrCat("reading ", file));
        graph = read_graph_file(
            file, [&](std::uint64_t done, std::uint64_t total) { progress.update(done, total); });
    }
    if (!graph.ok()) {
        report.fail_to_read(graph.status().message());
        return kExitUsage;
    }
    report.begin(*graph);
    ReplayOutcome outcome;
    {
        Progress progress(err, err_is_terminal, absl::StrCat("loading ", file));
        outcome = Replay(*graph, arguments.options, report)
                      .run([&](std::uint64_t done, std::uint64_t total) {
                          progress.update(done, total);
                      });
    }
    report.finish(outcome);
    return outcome.exit_status;
}

}  // namespace

int replay(std::span<char* const> words, std::ostream& out, std::ostream& err,
           bool err_is_terminal) {
    Arguments arguments;
    const FlagSet flags = flags_of(arguments);
    int status = kExitOk;
    const std::optional<CommandLine> line =
        read_arguments(flags, words, {kCommand, kUsage, kExplanation}, out, err, status);
    if (!line) return status;
    if (line->positionals.empty()) return report_usage_error(err, kCommand, "no FILE is given");
    if (arguments.options.threads < 1 || arguments.options.threads > kDropThreadsMax) {
        return report_usage_error(err, kCommand,
                                  absl::StrCat("--threads must be from 1 to ", kDropThreadsMax));
    }
    if (arguments.region) arguments.options.region_bytes = arguments.region->value;
    for (const std::string& file : line->positionals) {
        status = std::max(status, replay_file(file, arguments, out, err, err_is_terminal));
    }
    return status;
}

int run_replay(std::span<char* const> arguments) {
    return replay(arguments, std::cout, std::cerr, isatty(STDERR_FILENO) != 0);
}

}  // namespace ouro::tools
