// Reads the text of a gcscript (docs/gcscript.md) and says what is wrong with it.
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "tools/script_program.h"

namespace ouro::tools {

/// Reads a whole script.
/// Returns:    the program, or InvalidArgument with "FILE:LINE: reason" iff a statement is unknown,
///             has arguments that it does not take, or stands where it must not; the first of all.
absl::StatusOr<ScriptProgram> parse_script(absl::string_view text, absl::string_view file);

}  // namespace ouro::tools
