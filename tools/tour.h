// `ouro tour`: the five documents on the heap, cell by cell.
#pragma once

#include <ostream>
#include <span>

namespace ouro::tools {

/// Carry out the documents and write the transcript.
/// Takes:      the arguments after `tour`; where to print.
/// Returns:    kExitOk iff every value is as it must be; kExitDifference iff one is not; kExitUsage
///             for wrong arguments; kExitOutOfMemory, with nothing on `out`, iff the region is too
///             small.
int tour(std::span<char* const> arguments, std::ostream& out, std::ostream& err);

/// tour() on standard output and standard error.
int run_tour(std::span<char* const> arguments);

}  // namespace ouro::tools
