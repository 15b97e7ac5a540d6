// What a replay prints: for people, or as JSON for programs.
//
// Standard output, for people:        standard output, with --json, one line per file:
//     graph tiny_notebooks: ...           {"file": ..., "ok": true, ..., "states": [...]}
//     drop r2
//     state freed 0 tracked 0 ...     Standard error gets differences, failures and the closing
//     collect                         line in both cases.
//     state freed 3 tracked 2 ...
#pragma once

#include <ostream>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "tools/graph_file.h"
#include "tools/replay_run.h"

namespace ouro::tools {

/// The heap's figures, one `name: value` per line, indented.
std::string describe(const Statistics& statistics);

/// Prints the replay of one file. Keep it until finish(), or fail_to_read(), has been called.
class ReplayReport : public ReplayListener {
public:
    /// Takes: where to print, which outlives this; the file's path; the options of the replay.
    ReplayReport(std::ostream& out, std::ostream& err, std::string file,
                 const ReplayOptions& options, bool json);

    /// The file could not be read. Takes a message that names the file.
    void fail_to_read(absl::string_view message);
    /// The graph was read and will be loaded.
    void begin(const Graph& graph);
    void on_step(const Step& step) override;
    void on_state(const NodeState& state) override;
    void on_difference(const std::string& text) override;
    /// The replay is over.
    void finish(const ReplayOutcome& outcome);

private:
    void print_closing_line(const ReplayFigures& figures);
    void print_json(const ReplayOutcome& outcome);

    std::ostream& out_;
    std::ostream& err_;
    const std::string file_;
    const ReplayOptions options_;
    const bool json_;

    // For the JSON.
    std::string graph_;
    std::uint64_t objects_ = 0;
    std::uint64_t references_ = 0;
    std::vector<std::string> steps_;  ///< since the last state
    std::vector<std::string> states_;
    std::vector<std::string> differences_;
};

}  // namespace ouro::tools
