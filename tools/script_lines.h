// The text of a gcscript as lines of UTF-8, as Python reads a text file.
#pragma once

#include <vector>

#include "absl/strings/string_view.h"

namespace ouro::tools {

/// What separates the words of a line.
inline constexpr absl::string_view kScriptBlanks = " \t\f\v\x1c\x1d\x1e\x1f";

/// The lines of the text. Each ends with LF, CR LF or CR, the last one with the text.
std::vector<absl::string_view> split_script_lines(absl::string_view text);

/// Are these bytes well-formed UTF-8 (RFC 3629)?
bool is_utf8(absl::string_view bytes);

}  // namespace ouro::tools
