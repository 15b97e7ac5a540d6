// The words of a gcscript that stand for references: read into ScriptOperand, with indices for
// names and slots that are the same for the same word.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "tools/script_program.h"

namespace ouro::tools {

/// Texts and their indices, in the order of their first appearance.
class ScriptWords {
public:
    std::uint32_t index_of(absl::string_view word);
    const std::vector<std::string>& words() const { return words_; }

private:
    std::unordered_map<std::string, std::uint32_t> indices_;
    std::vector<std::string> words_;
};

class ScriptOperandReader {
public:
    /// A handle to bind or drop, or a label.
    absl::StatusOr<std::uint32_t> name(absl::string_view word);
    /// PATH, *PATH, a shared value, or @label, which holds nothing: as a source it reads none.
    /// `in_action`: `self` has a meaning.
    absl::StatusOr<ScriptOperand> operand(absl::string_view word, bool in_action);
    /// What can be stored to: a name or a path to a slot.
    absl::StatusOr<ScriptOperand> place(absl::string_view word, bool in_action);

    const ScriptWords& names() const { return names_; }
    const ScriptWords& slots() const { return slots_; }

private:
    absl::Status read_path(absl::string_view word, bool in_action, ScriptOperand& operand);

    ScriptWords names_;
    ScriptWords slots_;
};

/// A number of digits only. Fails (InvalidArgument) for everything else.
absl::StatusOr<std::uint64_t> read_script_number(absl::string_view word);

}  // namespace ouro::tools
