// Worker processes: each scenario is searched in processes of its own, so that one that crashes is
// a finding like any other and all processors are used.
#pragma once

#include <cstdint>
#include <string>

#include "explore/explorer.h"

namespace ouro::explore {

/// The fate of one search, as its worker reported it.
struct Report {
    bool violated = false;
    bool complete = false;        ///< an exhaustive search that ran to its end
    bool more_states = false;     ///< than it could tell apart
    std::uint64_t states = 0;     ///< of an exhaustive search
    std::uint64_t schedules = 0;  ///< of all workers
    std::uint64_t steps = 0;
    double seconds = 0;        ///< of real time
    std::uint64_t points = 0;  ///< of a hostile search: as of Found; hits and waits of all workers
    std::uint64_t hits = 0;
    std::uint64_t waits = 0;
    Hostility hostility;       ///< of the violation
    std::uint64_t needed = 0;  ///< schedules of the worker that found the violation
    std::string violation;
    std::string schedule;  ///< text of the shrunk one
    std::string trace;
};

/// Searches the scenario in `search.workers` processes; the first finding ends all.
Report search_in_workers(const Scenario& scenario, const Search& search);

/// From now on a bad memory access inside an execution is a violation, as is a loop without steps
/// that takes 20 seconds.
void catch_crashes();

}  // namespace ouro::explore
