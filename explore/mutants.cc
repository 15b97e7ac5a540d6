#include "explore/mutants.h"

#include <string_view>

#include "heap/header.h"

namespace ouro::explore {

namespace {

constexpr MutantInfo kMutants[] = {
#define OURO_MUTANT_INFO(name, scenario, sentence) \
    {platform::Mutant::name, #name, scenario, sentence},
    OURO_COMMON_MUTANT_LIST(OURO_MUTANT_INFO)
#if OURO_COMPACT
        OURO_COMPACT_MUTANT_LIST(OURO_MUTANT_INFO)
#else
        OURO_PAGED_MUTANT_LIST(OURO_MUTANT_INFO)
#endif
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
