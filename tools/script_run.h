// A gcscript from its text to its last line.
#pragma once

#include <cstddef>
#include <cstdint>
#include <ostream>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace ouro::tools {

struct ScriptOptions {
    /// Bytes of each script's region; 0: as many as the script needs.
    std::size_t region_bytes = 0;
    /// A second thread does collections up to their decision and takes them back, all the time.
    bool shadow = false;
};

/// What came of a script.
struct ScriptOutcome {
    /// InvalidArgument: the script is wrong, "FILE:LINE: reason", and nothing was done, or it was
    /// carried out up to a statement that takes what is not there; ResourceExhausted: it does not
    /// fit into the region.
    absl::Status status;
    std::string warning = {};      ///< "FILE:LINE: ..." about a script that was carried out, or ""
    std::int64_t leaked = 0;       ///< objects left when all was let go: an error of the heap
    std::uint64_t rehearsals = 0;  ///< of the second thread
};

/// Carries out a script on a fresh heap.
/// Takes:      its text; what to call it in messages; where its lines go, also those before an
///             error.
ScriptOutcome run_script(absl::string_view text, absl::string_view file,
                         const ScriptOptions& options, std::ostream& out);

}  // namespace ouro::tools
