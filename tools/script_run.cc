#include "tools/script_run.h"

#include <memory>
#include <stop_token>
#include <thread>

#include "absl/strings/str_cat.h"
#include "tools/script_parser.h"
#include "tools/script_region.h"
#include "tools/script_world.h"

namespace ouro::tools {

namespace {

/// Rehearses collections on a thread of its own for as long as it exists.
class Shadow {
public:
    Shadow(Collector& collector, bool on) {
        if (!on) return;
        thread_ = std::jthread([this, &collector](const std::stop_token& stop) {
            do {
                collector.rehearse();
                ++rehearsals_;
                std::this_thread::yield();
            } while (!stop.stop_requested());
        });
    }
    /// Ends the thread and says how often it went through a collection.
    std::uint64_t stop() {
        if (thread_.joinable()) {
            thread_.request_stop();
            thread_.join();
        }
        return rehearsals_;
    }

private:
    std::uint64_t rehearsals_ = 0;
    std::jthread thread_;
};

}  // namespace

ScriptOutcome run_script(absl::string_view text, absl::string_view file,
                         const ScriptOptions& options, std::ostream& out) {
    const auto program = parse_script(text, file);
    if (!program.ok()) return {program.status()};
    const std::size_t region_bytes =
        options.region_bytes != 0 ? options.region_bytes : region_bytes_for(*program);
    auto world = ScriptWorld::create(*program, region_bytes, out);
    if (!world.ok()) {
        return {absl::ResourceExhaustedError(
            absl::StrCat(file, ": no heap: ", world.status().message()))};
    }
    ScriptOutcome outcome;
    Shadow shadow((*world)->collector(), options.shadow);
    outcome.status = (*world)->run();
    if (!outcome.status.ok()) {
        outcome.status =
            absl::Status(outcome.status.code(), absl::StrCat(file, ":", outcome.status.message()));
    }
    if (program->end_line != 0) {
        outcome.warning = absl::StrCat(file, ":", program->end_line,
                                       ": 'end' without a block: the script ends here");
    }
    outcome.rehearsals = shadow.stop();
    (*world)->end();
    outcome.leaked = (*world)->object_count();
    return outcome;
}

}  // namespace ouro::tools
