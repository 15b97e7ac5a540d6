// The explorer: runs a scenario under many schedules, judges each, shrinks the first that fails.
#pragma once

#include <cstdint>
#include <string>

#include "explore/scenario.h"
#include "ports/sim/engine.h"

namespace ouro::explore {

/// One run and its judgement.
struct Verdict {
    const char* violation = nullptr;  ///< null = all is well
    const void* object = nullptr;
    unsigned thread = 0;
    std::uint32_t steps = 0;
};

/// How to search.
struct Search {
    std::uint64_t seed = 1;
    std::uint64_t schedules = 20'000;
    /// Workers divide the schedules among them: this one takes every `workers`-th.
    unsigned worker = 0;
    unsigned workers = 1;
    /// Instead of random schedules all with at most so many preemptions and old stores.
    bool exhaustive = false;
    unsigned preemptions = 2;
    unsigned old_stores = 1;
};

/// What a search came to.
struct Found {
    Verdict verdict;  ///< of the shrunk schedule; violation null = none found
    port::sim::Schedule schedule;
    std::uint64_t schedules = 0;  ///< run until then
    std::uint64_t steps = 0;
    bool complete = false;  ///< an exhaustive search that ran to its end
};

class Explorer {
public:
    /// Makes the scenario's world. One explorer at a time.
    explicit Explorer(const Scenario& scenario);

    /// One execution from the saved moment on, and its judgement.
    Verdict run(port::sim::Strategy& strategy);
    Verdict replay(const port::sim::Schedule& schedule);
    /// Runs until a violation is found or the schedules are done.
    Found search(const Search& search);
    /// Leaves out decisions as long as the violation, any violation, remains.
    port::sim::Schedule shrink(port::sim::Schedule schedule);
    /// The whole execution as text: every step that says something.
    std::string trace(const port::sim::Schedule& schedule);
    /// Stops in the debugger at a violation from now on.
    void trap() { port::sim::engine().trap_on_violation(true); }

private:
    Verdict run_random(const Search& search, std::uint64_t number);
    Found search_all(const Search& search);
    void observe(void* self, void (*traced)(void*, const port::sim::Operation&));

    const Scenario& scenario_;
    std::uint32_t turns_seen_ = 100;  ///< most choices in an execution so far: the k of PCT
};

}  // namespace ouro::explore
