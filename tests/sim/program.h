// Small programs for the simulation port: their threads, how they are run, what came out.
#pragma once

#include <array>
#include <cstdint>
#include <set>
#include <vector>

#include "platform/annotate.h"
#include "platform/atomic.h"
#include "platform/mutex.h"
#include "platform/thread.h"
#include "ports/sim/engine.h"

namespace ouro::testing {

using port::sim::engine;
using port::sim::Outcome;

/// A program: what its threads do. The first one is the thread that starts the others.
struct Program {
    std::vector<void (*)()> threads;
    /// Puts the program's memory back; runs before every execution.
    void (*reset)() = [] {};
    /// Looks at the results; runs after every execution that no violation ended.
    void (*finish)() = [] {};
};

/// One execution.
Outcome run(const Program& program, port::sim::Strategy& strategy);

/// What an exhaustive search came to.
struct Exploration {
    std::uint64_t schedules = 0;
    const char* violation = nullptr;  ///< the first one
    port::sim::Schedule schedule;     ///< of the violation
};

/// All schedules within the bounds, or those until the first violation.
Exploration explore(const Program& program, unsigned preemptions, unsigned old_stores);

/// What threads noted in one execution, by register.
inline std::array<std::uint32_t, 4> g_registers;
/// The different results so far.
inline std::set<std::array<std::uint32_t, 4>> g_results;

/// The results of all schedules within the bounds.
std::set<std::array<std::uint32_t, 4>> results_of(Program program, unsigned preemptions = 3,
                                                  unsigned old_stores = 3);

}  // namespace ouro::testing
