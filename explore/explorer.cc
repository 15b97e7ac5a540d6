#include "explore/explorer.h"

#include <algorithm>

#include "explore/shadow.h"
#include "explore/trace.h"

namespace ouro::explore {

namespace {

using port::sim::Decision;
using port::sim::engine;
using port::sim::Schedule;

/// What thread 0 does: the scenario, and then the collector's chance to finish.
void run_scenario(void* scenario_pointer) {
    const auto& scenario = *static_cast<const Scenario*>(scenario_pointer);
    if (scenario.interrupt != nullptr) engine().set_interrupt(scenario.interrupt, &world());
    scenario.run();
    engine().set_interrupt(nullptr, nullptr);
    if (world().keeps_garbage) return;
    for (int round = 0; round < 8; ++round) {
        const std::size_t before = world().heap->statistics().live_objects;
        const CollectResult result = world().collect();
        if (result.unreachable == 0 && before == world().heap->statistics().live_objects) break;
    }
}

void step_seen(void*) {
    if (const Finding finding = check_handles(); finding.what != nullptr)
        violated(finding.what, finding.object);
}

void memory_freed(void*, const void* at, std::size_t) {
    if (!in_region(at)) return;
    if (const Finding finding = check_freed(at); finding.what != nullptr)
        violated(finding.what, finding.object);
}

}  // namespace

Explorer::Explorer(const Scenario& scenario) : scenario_(scenario) {
    ManagedHeapConfig config;
    config.heap.types_max = 16;
    config.heap.field_offsets_max = 32;
    config.heap.intern_buckets = 1;
    config.collector.background = false;
    if (scenario.configure != nullptr) scenario.configure(config);
    make_world(config);
    scenario.prepare(world());
    save_world();
    observe(nullptr, nullptr);
}

void Explorer::observe(void* self, void (*traced)(void*, const port::sim::Operation&)) {
    engine().observe({self, traced, &step_seen, &memory_freed});
}

Verdict Explorer::run(port::sim::Strategy& strategy) {
    restore_world();
    const port::sim::Outcome outcome =
        engine().run(strategy, &run_scenario, const_cast<Scenario*>(&scenario_));
    if (outcome.violation != nullptr)
        return {outcome.violation, outcome.object, outcome.thread, outcome.steps};
    const Finding finding = check_end();
    return {finding.what, finding.object, 0, outcome.steps};
}

Verdict Explorer::replay(const Schedule& schedule) {
    port::sim::Replay strategy(schedule);
    return run(strategy);
}

/// Of eight schedules four follow PCT with depths 2 to 5, half of them with changes close together;
/// the others walk at random with as many paces. Every second one reads old stores, and every
/// second one passes over most yields.
Verdict Explorer::run_random(const Search& search, std::uint64_t number) {
    port::sim::Random random(search.seed * 0x1'0000'0001u + number);
    const std::uint64_t seed = random.next();
    port::sim::Tuning tuning;
    tuning.old = number / 8 % 2 == 0 ? 0 : (number / 16 % 2 == 0 ? 32 : 128);
    tuning.obey_yields = number / 32 % 2 == 0 ? 256 : 32;
    const auto kind = static_cast<unsigned>(number % 8);
    if (kind < 4) {
        const std::uint32_t turns = std::max(turns_seen_ >> random.below(3), 16u);
        const std::uint32_t spread = number / 64 % 2 == 0 ? 0 : 32;
        port::sim::PriorityChange strategy(seed, kind + 2, turns, spread, tuning);
        const Verdict verdict = run(strategy);
        if (verdict.violation == nullptr) turns_seen_ = std::max(turns_seen_, strategy.turns());
        return verdict;
    }
    static constexpr unsigned kLeave[] = {64, 24, 8, 3};
    port::sim::RandomWalk strategy(seed, kLeave[kind - 4], tuning);
    return run(strategy);
}

Found Explorer::search(const Search& search) {
    if (search.exhaustive) return search_all(search);
    Found found;
    for (std::uint64_t i = search.worker; i < search.schedules; i += search.workers) {
        const Verdict verdict = run_random(search, i);
        ++found.schedules;
        found.steps += verdict.steps;
        if (verdict.violation == nullptr) continue;
        found.verdict = verdict;
        found.schedule = shrink(engine().schedule());
        break;
    }
    return found;
}

Found Explorer::search_all(const Search& search) {
    port::sim::Exhaustive strategy(search.preemptions, search.old_stores);
    Found found;
    do {
        const Verdict verdict = run(strategy);
        if (verdict.violation == nullptr) continue;
        found.verdict = verdict;
        found.schedule = shrink(engine().schedule());
        break;
    } while (strategy.schedules() < search.schedules && strategy.next());
    found.schedules = strategy.schedules();
    found.steps = strategy.steps();
    found.complete = found.verdict.violation == nullptr && strategy.schedules() < search.schedules;
    return found;
}

Schedule Explorer::shrink(Schedule schedule) {
    const auto fails = [this](const Schedule& attempt) {
        return replay(attempt).violation != nullptr;
    };
    if (!fails(schedule)) return schedule;  // replay() by the caller will say so
    for (std::size_t chunk = schedule.size(); chunk > 0; chunk /= 2) {
        for (std::size_t at = 0; at < schedule.size();) {
            Schedule attempt = schedule;
            const std::size_t count = std::min(chunk, attempt.size() - at);
            const auto first = attempt.begin() + static_cast<std::ptrdiff_t>(at);
            attempt.erase(first, first + static_cast<std::ptrdiff_t>(count));
            if (fails(attempt)) {
                schedule = std::move(attempt);
            } else {
                at += chunk;
            }
        }
    }
    return schedule;
}

std::string Explorer::trace(const Schedule& schedule) {
    Trace trace;
    observe(&trace, &Trace::note);
    const Verdict verdict = replay(schedule);
    observe(nullptr, nullptr);
    if (verdict.violation != nullptr) trace.finish(verdict.violation, verdict.object);
    return trace.text();
}

}  // namespace ouro::explore
