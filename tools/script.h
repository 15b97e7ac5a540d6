// `ouro script`: carries out gcscripts and prints what CPython's own objects would do.
#pragma once

#include <ostream>
#include <span>

namespace ouro::tools {

/// Carries out each file on a heap of its own, in their order.
/// Takes:      the arguments after `script`; where to print.
/// Returns:    the greatest of: kExitOk; kExitUsage for wrong arguments, a file that cannot be read
///             or a script that is wrong; kExitOutOfMemory when a script does not fit.
int script(std::span<char* const> arguments, std::ostream& out, std::ostream& err);

/// script() on standard output and standard error.
int run_script_command(std::span<char* const> arguments);

}  // namespace ouro::tools
