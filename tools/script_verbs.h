// The statements of gcscript: their words and what arguments each takes.
#pragma once

#include <cstdint>
#include <limits>

#include "absl/strings/string_view.h"
#include "tools/script_program.h"

namespace ouro::tools {

/// What the arguments of a statement are.
enum class ScriptArguments : std::uint8_t {
    kNothing,
    kKindAndNames,
    kNames,
    kPlaces,    ///< paths that end in a slot
    kOperands,  ///< paths, addresses, shared values
    kTarget,    ///< NAME X [cb]
    kNumber,
    kSwitch,  ///< on, off
    kGeneration,
    kEvent,   ///< fin LABEL, cb LABEL, gc start, gc stop
    kEvents,  ///< fin:LABEL...
    kModeName,
    kWords,
    kStatement,  ///< nothing, or a whole statement
};

struct ScriptVerbRow {
    absl::string_view word;
    ScriptVerb verb;
    ScriptArguments arguments;
    std::size_t least;
    std::size_t most;
    absl::string_view usage;  ///< behind the word, for messages
    bool block = false;       ///< the statements up to `end` belong to it
};

/// The row of a statement, or null when there is no such statement.
const ScriptVerbRow* find_script_verb(absl::string_view word);
/// The word of a statement; of an assignment, nothing.
absl::string_view script_verb_word(ScriptVerb verb);

}  // namespace ouro::tools
