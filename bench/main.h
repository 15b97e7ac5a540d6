// The main program of a contestant: lists the cases that it takes part in, or runs one and prints
// what it has measured as one line of JSON.
//
//   PROGRAM --list
//   PROGRAM CASE [full|quick|smoke]
#pragma once

#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>

#include "bench/work/blocks.h"
#include "bench/work/cell.h"
#include "bench/work/copy.h"
#include "bench/work/cycles.h"
#include "bench/work/growth.h"
#include "bench/work/list.h"
#include "bench/work/pauses.h"
#include "bench/work/scaling.h"
#include "bench/work/trees.h"

namespace ouro::bench {

using Cases = std::map<std::string, std::function<void(Scale, Report&)>>;

template <class C>
void add_graph_cases(Cases& cases) {
    cases["W4/r"] = pauses<C, Pauses::r>;
    cases["W4/dr"] = pauses<C, Pauses::dr>;
    if constexpr (requires { requires C::kFloor; }) return;
    cases["W1/one"] = copy_one<C>;
    cases["W3/tree"] = trees<C, false>;
    if constexpr (requires { requires C::kCounted; }) {
        cases["W1/move"] = move_there_and_back<C>;
    }
    if constexpr (requires { requires C::kCounted; } || HasCycles<C>) {
        cases["W6/single_8m"] = drop_list<C, false, std::size_t{8} << 20>;
        cases["W6/single_64k"] = drop_list<C, false, std::size_t{64} << 10>;
    }
    if constexpr (requires(typename C::Lender& lender, const typename C::Handle& node) {
                      C::look(lender, node, 0);
                  })
        cases["W1/look"] = look_through_field<C>;
    if constexpr (HasCycles<C>) {
        cases["W2/cycles"] = cycles<C>;
        cases["W3/parents"] = trees<C, true>;
        cases["W6/double_8m"] = drop_list<C, true, std::size_t{8} << 20>;
        cases["W6/double_64k"] = drop_list<C, true, std::size_t{64} << 10>;
        if constexpr (requires { requires C::kThreads; }) cases["W4/fr"] = pauses<C, Pauses::fr>;
    }
    if constexpr (requires { requires C::kCollectorThread; })
        cases["W4/tenth"] = pauses<C, Pauses::tenth>;
    if constexpr (requires { requires C::kCascadeBound; }) cases["W6/bounded"] = drop_bounded<C>;
}

template <class C>
void add_thread_cases(Cases& cases) {
    if constexpr (requires { requires C::kCounted; }) {
        cases["W1/same"] = copy_same<C>;
        cases["W1/separate"] = copy_separate<C>;
    }
    if constexpr (requires { requires C::kCounted; } || requires { requires C::kFloor; }) {
        cases["S/01"] = scaling<C, 1>;
        cases["S/02"] = scaling<C, 2>;
        cases["S/04"] = scaling<C, 4>;
        cases["S/08"] = scaling<C, 8>;
        cases["S/16"] = scaling<C, 16>;
    }
}

template <class C>
void add_cell_cases(Cases& cases) {
    constexpr bool replaced = !requires { requires C::kNeverFrees; };
    if constexpr (requires(typename C::Cell& cell) { C::load(cell); }) {
        cases["W5/counted_quiet"] = read_cell<C, Counting<C>, false>;
        if constexpr (replaced) cases["W5/counted"] = read_cell<C, Counting<C>, true>;
    }
    if constexpr (requires(typename C::Lender& lender, typename C::Cell& cell) {
                      C::look(lender, cell);
                  }) {
        cases["W5/borrowed_quiet"] = read_cell<C, Borrowing<C>, false>;
        if constexpr (replaced) cases["W5/borrowed"] = read_cell<C, Borrowing<C>, true>;
    }
}

template <class C>
void add_block_cases(Cases& cases) {
    cases["A/replace"] = replace_blocks<C, 1>;
    cases["A/two"] = replace_blocks<C, 2>;
    cases["A/lifo"] = stack_blocks<C>;
    cases["A/pass"] = pass_blocks<C>;
}

/// Smaller graphs at a smaller scale; under callgrind (`counted`) each is collected once.
template <class C>
void add_growth_cases(Cases& cases) {
    std::size_t size = 1000;
    for (int decade = 3; decade <= 7; ++decade, size *= 10) {
        for (const char* shape :
             {"ring", "list", "tree", "random2", "random4", "random8", "random16", "dense"}) {
            const std::string name = std::string(shape) + "/" + std::to_string(decade);
            if constexpr (requires { C::collect_all(); }) {
                cases["G/" + name] = [=](Scale, Report& report) {
                    collect_growth<C>(shape, size, false, report);
                };
                cases["I/" + name] = [=](Scale, Report& report) {
                    collect_growth<C>(shape, size, true, report);
                };
            } else {
                cases["G/" + name] = [=](Scale, Report& report) {
                    traverse_growth(shape, size, report);
                };
            }
        }
        if constexpr (requires { C::collect_all(); }) {
            if (decade > 3)
                cases["G/live/" + std::to_string(decade)] = [=](Scale, Report& report) {
                    collect_beside_live<C>(size, report);
                };
        }
    }
}

template <class C>
Cases all_cases() {
    Cases cases;
    if constexpr (HasGraph<C>) add_graph_cases<C>(cases);
    if constexpr (HasThreads<C>) add_thread_cases<C>(cases);
    if constexpr (HasCell<C>) add_cell_cases<C>(cases);
    if constexpr (HasBlocks<C>) add_block_cases<C>(cases);
    if constexpr (requires { requires C::kGrowth; }) add_growth_cases<C>(cases);
    return cases;
}

/// Puts the process before all ordinary ones, where that is permitted: so two threads really run
/// side by side, and pauses are the contestant's own. Not what is measured alone and in its own
/// processor time, and not the many threads of S.
inline bool go_first(const std::string& name, Scale scale) {
    const bool useful = !name.starts_with("G/") && !name.starts_with("I/") && name[0] != 'S';
    return useful && scale != Scale::smoke && set_rank(Rank::first);
}

/// A thread that does nothing, so that no library takes the process for a single-threaded one.
inline void start_second_thread() {
    std::thread([] {
        std::mutex mutex;
        std::condition_variable never;
        std::unique_lock<std::mutex> lock(mutex);
        never.wait(lock, [] { return false; });
    }).detach();
}

template <class C>
int run_main(int count, char** arguments) {
    const Cases cases = all_cases<C>();
    const std::string name = count > 1 ? arguments[1] : "";
    if (name == "--list") {
        for (const auto& [one, run] : cases) std::printf("%s\n", one.c_str());
        return 0;
    }
    const auto found = cases.find(name);
    const std::string scale = count > 2 ? arguments[2] : "full";
    if (found == cases.end() || (scale != "full" && scale != "quick" && scale != "smoke")) {
        std::fprintf(stderr, "usage: %s --list | CASE [full|quick|smoke]\n", arguments[0]);
        return 2;
    }
    start_second_thread();
    const Scale how_much = scale == "full"    ? Scale::full
                           : scale == "quick" ? Scale::quick
                                              : Scale::smoke;
    Report report;
    report.add("went_first", go_first(name, how_much) ? 1 : 0);
    found->second(how_much, report);
    if constexpr (requires { C::note(); }) report.add("note", C::note());
    report.print();
    std::fflush(stdout);
    std::_Exit(0);  // what still lives is not taken apart: nobody measures that
}

}  // namespace ouro::bench

/// The main program of this contestant.
#define OURO_BENCH_MAIN(Contestant)                                 \
    int main(int count, char** arguments) {                         \
        return ouro::bench::run_main<Contestant>(count, arguments); \
    }
