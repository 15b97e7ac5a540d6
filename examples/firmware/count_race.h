// Is a count exact when a thread and an interrupt copy and release references at once?
#pragma once

#include <cstdint>

#include "examples/firmware/memory.h"

/// The references that exist after a thread and the 1 kHz interrupt have each made and given up
/// many, and how many the object's count says.
struct CountRace {
    std::uint32_t expected;
    std::uint32_t counted;
};
CountRace race_counts(Memory& memory);
