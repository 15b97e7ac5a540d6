// The mutants by name, and the scenario that is tried first on each.
#pragma once

#include <span>

#include "platform/mutant.h"

namespace ouro::explore {

struct MutantInfo {
    platform::Mutant mutant;
    const char* name;
    const char* scenario;  ///< tried first
    const char* sentence;
};

std::span<const MutantInfo> mutants();
/// Null when there is none of that name.
const MutantInfo* find_mutant(const char* name);

}  // namespace ouro::explore
