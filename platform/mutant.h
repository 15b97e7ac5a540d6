// Mutants: known defects that the exploration must find (`./dev mutants`).
//
// A mutant is one line at the place that it breaks. In builds without OURO_MUTANTS, all but the
// simulation's, a switch is the constant false and nothing of it is compiled. In the simulation's
// library one mutant at a time is switched on at run time, so that one build serves them all.
#pragma once

#if defined(OURO_MUTANTS)

#include "platform/mutant_list.h"

namespace ouro::platform {

/// The names of all mutants.
enum class Mutant : unsigned {
    none,
#define OURO_MUTANT_NAME(name, scenario, sentence) name,
    OURO_MUTANT_LIST(OURO_MUTANT_NAME)
#undef OURO_MUTANT_NAME
};

/// The one that is switched on.
inline Mutant g_mutant = Mutant::none;

}  // namespace ouro::platform

/// Is the mutant switched on?
#define OURO_MUTANT(name) (::ouro::platform::g_mutant == ::ouro::platform::Mutant::name)

#else

/// Is the mutant switched on? Never in this build.
#define OURO_MUTANT(name) false

#endif

/// The memory order `order`, which the mutant `name` replaces by a weaker one.
#define OURO_ORDER(order, name, weaker) \
    (OURO_MUTANT(name) ? ::ouro::platform::weaker : ::ouro::platform::order)
