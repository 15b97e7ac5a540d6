// ouro_explore: the command line of the explorer. Exit status: 0 nothing found (or, for --mutants,
// every mutant found), 1 the opposite, 2 a command line that is not understood.
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "explore/explorer.h"
#include "explore/mutants.h"
#include "explore/worker.h"

namespace ouro::explore {
namespace {

/// What runs this layout's explorer again.
constexpr const char* kProgram =
    OURO_COMPACT ? "build/compact/bin/ouro_explore" : "build/release/bin/ouro_explore";
constexpr const char* kCommand = OURO_COMPACT ? kProgram : "./dev explore";

struct Options {
    std::string scenario = "all";
    std::string mutant;
    std::string replay;
    bool list = false;
    bool all_mutants = false;
    bool trap = false;
    bool schedules_given = false;
    Search search;  ///< of 20,000 schedules a scenario, 100,000 for a mutant, unless said otherwise
};

void print_usage() {
    std::puts(
        "usage: explore [--scenario NAME] [--schedules N] [--seed S] [--workers N]\n"
        "               [--exhaustive [--preemptions N] [--old-stores N]] [--mutant NAME]\n"
        "               [--replay FILE|SCHEDULE [--trap]] [--mutants] [--list]\n"
        "               [--exhaustion | --endings | --every-step [--one-of N]]\n"
        "               [--fault KIND:N] [--end-at N] [--clock steady|still|jumps]");
}

std::uint64_t number(const char* text) { return std::strtoull(text, nullptr, 10); }

/// Options that take a value. False: unknown.
bool take_value(Options& options, std::string_view name, const char* value) {
    if (name == "--scenario") {
        options.scenario = value;
    } else if (name == "--mutant") {
        options.mutant = value;
    } else if (name == "--replay") {
        options.replay = value;
    } else if (name == "--fault") {
        return faults::from_text(value, options.search.hostility.fault);
    } else if (name == "--clock") {
        return clock_from_text(value, options.search.hostility.clock);
    } else if (name == "--end-at") {
        options.search.hostility.end_at = static_cast<std::uint32_t>(number(value));
    } else if (name == "--one-of") {
        options.search.every = static_cast<std::uint32_t>(number(value));
    } else if (name == "--schedules") {
        options.search.schedules = number(value);
        options.schedules_given = true;
    } else if (name == "--seed") {
        options.search.seed = number(value);
    } else if (name == "--workers") {
        options.search.workers = static_cast<unsigned>(number(value));
    } else if (name == "--preemptions") {
        options.search.preemptions = static_cast<unsigned>(number(value));
    } else if (name == "--old-stores") {
        options.search.old_stores = static_cast<unsigned>(number(value));
    } else {
        return false;
    }
    return true;
}

bool parse(int count, char** arguments, Options& options) {
    options.search.workers = 2;
    for (int i = 1; i < count; ++i) {
        const std::string_view name = arguments[i];
        if (name == "--list") {
            options.list = true;
        } else if (name == "--exhaustive") {
            options.search.exhaustive = true;
        } else if (name == "--mutants") {
            options.all_mutants = true;
        } else if (name == "--trap") {
            options.trap = true;
        } else if (name == "--exhaustion") {
            options.search.mode = Mode::exhaustion;
        } else if (name == "--endings") {
            options.search.mode = Mode::endings;
        } else if (name == "--every-step") {
            options.search.mode = Mode::steps;
        } else if (i + 1 < count && take_value(options, name, arguments[i + 1])) {
            ++i;
        } else {
            return false;
        }
    }
    if (options.search.mode != Mode::schedules && !options.schedules_given)
        options.search.schedules = 50 * options.search.workers;
    return options.search.workers > 0 && options.search.every > 0;
}

void print_list() {
    for_each_scenario([](const Scenario& scenario) {
        std::printf("scenario  %-22s %s\n", scenario.name, scenario.about);
    });
    for (const MutantInfo& mutant : mutants())
        std::printf("mutant    %-28s %s\n", mutant.name, mutant.sentence);
}

void print_finding(const Options& options, const Scenario& scenario, const Report& report) {
    std::printf("%s\n", report.trace.c_str());
    std::string arguments = std::string("--scenario ") + scenario.name;
    if (!options.mutant.empty()) arguments += " --mutant " + options.mutant;
    arguments += options_of(report.hostility);
    arguments += " --replay '" + report.schedule + "'";
    std::printf("VIOLATION in %s after %llu schedules: %s\n", scenario.name,
                static_cast<unsigned long long>(report.needed), report.violation.c_str());
    std::printf("replay: %s %s\n", kCommand, arguments.c_str());
    std::printf("in gdb: gdb --args %s %s --trap\n", kProgram, arguments.c_str());
}

/// One scenario; true iff it is clean.
bool explore_one(const Options& options, const Scenario& scenario, Report& total) {
    const Report report = search_in_workers(scenario, options.search);
    total.schedules += report.schedules;
    total.seconds += report.seconds;
    const double per_minute =
        report.seconds > 0 ? static_cast<double>(report.schedules) * 60 / report.seconds : 0;
    std::printf("%-22s %9llu schedules  %11llu steps  %8.0f schedules/min%s\n", scenario.name,
                static_cast<unsigned long long>(report.schedules),
                static_cast<unsigned long long>(report.steps), per_minute,
                report.complete ? "  complete" : "");
    if (options.search.exhaustive)
        std::printf("%22s %s%llu different states\n", "", report.more_states ? "more than " : "",
                    static_cast<unsigned long long>(report.states));
    if (options.search.mode != Mode::schedules)
        std::printf("%22s %9llu points     %11llu hit    %8llu waited for the suspended\n", "",
                    static_cast<unsigned long long>(report.points),
                    static_cast<unsigned long long>(report.hits),
                    static_cast<unsigned long long>(report.waits));
    if (report.violated) print_finding(options, scenario, report);
    std::fflush(stdout);
    return !report.violated;
}

/// With a mutant, the scenario that is about it comes first, and the first finding is the end.
int explore(const Options& options) {
    std::printf("seed %llu\n", static_cast<unsigned long long>(options.search.seed));
    Report total;
    bool clean = true;
    bool any = false;
    const MutantInfo* mutant = find_mutant(options.mutant.c_str());
    const auto explore_if = [&](const Scenario& scenario, bool wanted) {
        if (!wanted || (mutant != nullptr && !clean)) return;
        if (options.scenario != "all" && options.scenario != scenario.name) return;
        any = true;
        clean = explore_one(options, scenario, total) && clean;
    };
    const Scenario* first = mutant == nullptr ? nullptr : find_scenario(mutant->scenario);
    if (first != nullptr) explore_if(*first, true);
    for_each_scenario([&](const Scenario& scenario) { explore_if(scenario, &scenario != first); });
    if (!any) {
        std::fprintf(stderr, "explore: no scenario '%s'; see --list\n", options.scenario.c_str());
        return 2;
    }
    std::printf("%llu schedules in %.1f s: %.0f a minute with %u workers\n",
                static_cast<unsigned long long>(total.schedules), total.seconds,
                static_cast<double>(total.schedules) * 60 / total.seconds, options.search.workers);
    return clean ? 0 : 1;
}

/// Searches one scenario; true iff it finds the mutant that is switched on.
bool finds(const Options& options, const Scenario& scenario, Report& total) {
    const Report report = search_in_workers(scenario, options.search);
    const std::uint64_t before = total.schedules;
    if (report.violated) total = report;
    total.schedules = before + report.schedules;
    return report.violated;
}

/// Tries the scenario that is about it, and then all others.
bool find_mutant_in_scenarios(const Options& options, const MutantInfo& mutant) {
    platform::g_mutant = mutant.mutant;
    Report total;
    std::string found_by;
    const Scenario* first = find_scenario(mutant.scenario);
    if (first != nullptr && finds(options, *first, total)) found_by = first->name;
    for_each_scenario([&](const Scenario& scenario) {
        if (!found_by.empty() || &scenario == first) return;
        if (finds(options, scenario, total)) found_by = scenario.name;
    });
    platform::g_mutant = platform::Mutant::none;
    const auto schedules = static_cast<unsigned long long>(total.schedules);
    if (found_by.empty()) {
        std::printf("%-28s MISSED after %llu schedules\n", mutant.name, schedules);
    } else {
        std::printf("%-28s %8llu  %-20s %s\n", mutant.name, schedules, found_by.c_str(),
                    total.violation.c_str());
    }
    std::fflush(stdout);
    return !found_by.empty();
}

int try_mutants(const Options& options) {
    std::printf("seed %llu\n", static_cast<unsigned long long>(options.search.seed));
    std::printf("%-28s %8s  %-20s %s\n", "mutant", "after", "found by", "as");
    unsigned missed = 0;
    unsigned count = 0;
    for (const MutantInfo& mutant : mutants()) {
        if (!options.mutant.empty() && options.mutant != mutant.name) continue;
        ++count;
        if (!find_mutant_in_scenarios(options, mutant)) ++missed;
    }
    std::printf("%u mutants, %u missed\n", count, missed);
    return missed == 0 ? 0 : 1;
}

int replay(const Options& options, const Scenario& scenario) {
    std::string text = options.replay;
    if (std::FILE* file = std::fopen(options.replay.c_str(), "r"); file != nullptr) {
        char buffer[65536];
        const std::size_t n = std::fread(buffer, 1, sizeof buffer, file);
        std::fclose(file);
        text.assign(buffer, n);
        while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.pop_back();
    }
    const auto schedule = port::sim::from_text(text);
    if (!schedule) {
        std::fprintf(stderr, "explore: '%s' is no schedule\n", text.c_str());
        return 2;
    }
    Explorer explorer(scenario);
    explorer.set_hostility(options.search.hostility);
    if (options.trap) {
        explorer.trap();
    } else {
        catch_crashes();
    }
    std::printf("%s", explorer.trace(*schedule).c_str());
    return explorer.replay(*schedule).violation == nullptr ? 0 : 1;
}

int run(int count, char** arguments) {
    Options options;
    if (!parse(count, arguments, options)) {
        print_usage();
        return 2;
    }
    if (options.list) {
        print_list();
        return 0;
    }
    if (options.all_mutants) {
        if (!options.schedules_given) options.search.schedules = 100'000;
        return try_mutants(options);
    }
    if (!options.mutant.empty()) {
        const MutantInfo* mutant = find_mutant(options.mutant.c_str());
        if (mutant == nullptr) {
            std::fprintf(stderr, "explore: no mutant '%s'; see --list\n", options.mutant.c_str());
            return 2;
        }
        platform::g_mutant = mutant->mutant;
    }
    if (options.replay.empty()) return explore(options);
    const Scenario* scenario = find_scenario(options.scenario.c_str());
    if (scenario == nullptr) {
        std::fputs("explore: --replay needs --scenario\n", stderr);
        return 2;
    }
    return replay(options, *scenario);
}

}  // namespace
}  // namespace ouro::explore

int main(int count, char** arguments) { return ouro::explore::run(count, arguments); }
