// `ouro replay FILE...`: real object graphs on the heap, every count checked.
#pragma once

#include <ostream>
#include <span>

namespace ouro::tools {

/// Runs the command.
/// Takes:      the arguments after `replay`; where to print; whether `err` is a terminal, which
///             gets a progress line.
/// Returns:    the exit status; of several files, the most severe.
int replay(std::span<char* const> arguments, std::ostream& out, std::ostream& err,
           bool err_is_terminal);

/// replay() on standard output and standard error.
int run_replay(std::span<char* const> arguments);

}  // namespace ouro::tools
