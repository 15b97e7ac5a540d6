// The explorer: runs a scenario under many schedules, judges each, shrinks the first that fails.
#pragma once

#include <cstdint>
#include <string>

#include "explore/hostile.h"
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

/// What a search goes through.
enum class Mode {
    schedules,   ///< random ones, or all
    exhaustion,  ///< each allocation refused, in each of the ways of faults::Refuse
    endings,     ///< each operation of the threads' programs the last of its thread
    steps,       ///< each thread suspended, each interrupt come, at each step
};

/// How to search.
struct Search {
    Mode mode = Mode::schedules;
    /// What is hostile in every execution.
    Hostility hostility;
    /// Of the steps that Mode::steps goes through, one of so many.
    std::uint32_t every = 1;
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
    Hostility hostility;       ///< of that schedule
    unsigned points = 0;       ///< faults, ends or steps that were tried, each with some schedules
    std::uint64_t hits = 0;    ///< executions in which that happened
    std::uint64_t waits = 0;   ///< executions in which others waited for the suspended thread
    std::uint64_t states = 0;  ///< different ones in an exhaustive search (explore/states.h)
    bool more_states = false;  ///< than could be told apart
    bool complete = false;     ///< an exhaustive search that ran to its end
};

class Explorer {
public:
    /// Makes the world of the scenario. One explorer at a time. `prepares_later`: the search does.
    explicit Explorer(const Scenario& scenario, bool prepares_later = false);

    /// One execution from the saved moment on, and its judgement.
    Verdict run(port::sim::Strategy& strategy);
    Verdict replay(const port::sim::Schedule& schedule);
    /// Runs until a violation is found or the schedules are done.
    Found search(const Search& search);
    /// Leaves out decisions as long as the violation, any violation, remains; for a bounded number
    /// of steps.
    port::sim::Schedule shrink(port::sim::Schedule schedule);
    /// The whole execution as text: every step that says something.
    std::string trace(const port::sim::Schedule& schedule);
    /// Stops in the debugger at a violation from now on.
    void trap() { port::sim::engine().trap_on_violation(true); }

    /// What is hostile in executions from now on.
    void set_hostility(const Hostility& hostility);

private:
    template <class F>
    Verdict with_random_strategy(const Search& search, std::uint64_t number, F&& run_with);
    Verdict run_random(const Search& search, std::uint64_t number);
    Found search_all(const Search& search);
    bool exhaust_preparation(Found& found, faults::Refuse what);
    Found search_exhaustion(const Search& search);
    Found search_endings(const Search& search);
    Found search_steps(const Search& search);
    bool try_hostility(const Search& search, Found& found, unsigned point);
    template <class S>
    bool try_steps(const Search& search, Found& found, unsigned thread);
    bool note(Found& found, const Verdict& verdict);
    void observe(void* self, void (*traced)(void*, const port::sim::Operation&));

    void prepare();

    const Scenario& scenario_;
    Hostility hostility_;
    std::uint32_t turns_seen_ = 100;  ///< most choices in an execution so far: the k of PCT
};

}  // namespace ouro::explore
