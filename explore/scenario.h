// A scenario: a small program on a small heap, and what of the protocol it is about.
#pragma once

#include <span>

#include "explore/world.h"

namespace ouro::explore {

struct Scenario {
    const char* name;
    const char* about;  ///< the rules that it exercises, and how
    /// Makes what exists before the threads start. Runs once, outside all executions.
    void (*prepare)(World& world);
    /// Runs as the first thread of an execution: starts the others and waits for them.
    void (*run)();
    /// May interrupt any thread once; null = no interrupt.
    void (*interrupt)(void* world) = nullptr;
    /// Changes the heap's configuration; null = nothing.
    void (*configure)(ManagedHeapConfig& config) = nullptr;
    /// Does the shadow model hold behind the preparation? Not where counts were falsified, or where
    /// garbage is kept on purpose.
    bool prepares_soundly = true;
};

/// Scenarios by the part of the heap that they are about, each list in a file of its own.
std::span<const Scenario> count_scenarios();
std::span<const Scenario> collector_scenarios();
std::span<const Scenario> small_scenarios();
std::span<const Scenario> weak_scenarios();
std::span<const Scenario> end_scenarios();
std::span<const Scenario> batch_scenarios();
std::span<const Scenario> cache_scenarios();
std::span<const Scenario> table_scenarios();
std::span<const Scenario> look_scenarios();
std::span<const Scenario> guard_scenarios();
std::span<const Scenario> guarded_end_scenarios();
std::span<const Scenario> hostile_scenarios();

/// Null when there is none of that name.
const Scenario* find_scenario(const char* name);
/// Calls visit for all of them.
template <class F>
void for_each_scenario(F&& visit) {
    for (const Scenario& scenario : count_scenarios()) visit(scenario);
    for (const Scenario& scenario : collector_scenarios()) visit(scenario);
    for (const Scenario& scenario : small_scenarios()) visit(scenario);
    for (const Scenario& scenario : weak_scenarios()) visit(scenario);
    for (const Scenario& scenario : end_scenarios()) visit(scenario);
    for (const Scenario& scenario : batch_scenarios()) visit(scenario);
    for (const Scenario& scenario : cache_scenarios()) visit(scenario);
    for (const Scenario& scenario : table_scenarios()) visit(scenario);
    for (const Scenario& scenario : look_scenarios()) visit(scenario);
    for (const Scenario& scenario : guard_scenarios()) visit(scenario);
    for (const Scenario& scenario : guarded_end_scenarios()) visit(scenario);
    for (const Scenario& scenario : hostile_scenarios()) visit(scenario);
}

}  // namespace ouro::explore
