// How much memory a gcscript needs.
#pragma once

#include <cstddef>

#include "tools/script_program.h"

namespace ouro::tools {

/// Bytes that the script's objects take if all that it ever creates lives at once, as far as its
/// text tells, and room beside; no more than three quarters of the machine's memory. Few for a
/// small script: the collector's looks at the whole heap take time for each page of the region.
std::size_t region_bytes_for(const ScriptProgram& program);

}  // namespace ouro::tools
