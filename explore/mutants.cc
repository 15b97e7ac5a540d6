#include "explore/mutants.h"

#include <string_view>

namespace ouro::explore {

namespace {

constexpr MutantInfo kMutants[] = {
#define OURO_MUTANT_INFO(name, scenario, sentence) \
    {platform::Mutant::name, #name, scenario, sentence},
    OURO_MUTANT_LIST(OURO_MUTANT_INFO)
#undef OURO_MUTANT_INFO
};

}  // namespace

std::span<const MutantInfo> mutants() { return kMutants; }

const MutantInfo* find_mutant(const char* name) {
    for (const MutantInfo& mutant : kMutants) {
        if (std::string_view(mutant.name) == name) return &mutant;
    }
    return nullptr;
}

}  // namespace ouro::explore
