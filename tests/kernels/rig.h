// Runs cases as the first task of a fake kernel.
#pragma once

#include <cstddef>

#include "tests/conformance/suite.h"

namespace ouro::kernels {

inline constexpr std::size_t kStackBytes = 64 * 1024;  // the host's signals are put on it

/// Memory for the n-th thread of a case besides those of the rig.
unsigned char* stack(unsigned n);

/// Runs the cases in a task of this priority, so many rounds, and prints each when it has conformed
/// in the last.
void run_cases(unsigned priority, unsigned rounds,
               void (*for_each)(void (*visit)(const conformance::Case&)));

}  // namespace ouro::kernels
