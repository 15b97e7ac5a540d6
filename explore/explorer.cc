#include "explore/explorer.h"

#include <algorithm>

#include "explore/shadow.h"
#include "explore/states.h"
#include "explore/trace.h"
#include "faults/allocation.h"

namespace ouro::explore {

namespace {

using port::sim::Decision;
using port::sim::engine;
using port::sim::Schedule;

/// What thread 0 is given.
struct Task {
    const Scenario& scenario;
    const Hostility& hostility;
};

void interrupt_scenario(void* task) {
    run_program([=] { static_cast<const Task*>(task)->scenario.interrupt(&world()); });
}

/// What thread 0 does: the scenario, and then the collector's chance to finish.
void run_scenario(void* task_pointer) {
    const auto& task = *static_cast<const Task*>(task_pointer);
    if (task.scenario.interrupt != nullptr)
        engine().set_interrupt(&interrupt_scenario, task_pointer);
    world().operations = 0;
    world().end_at = task.hostility.end_at;
    faults::arm(task.hostility.fault);
    run_program(task.scenario.run);
    faults::disarm();
    world().end_at = 0;
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

Explorer::Explorer(const Scenario& scenario, bool prepares_later) : scenario_(scenario) {
    ManagedHeapConfig config;
    config.heap.types_max = 16;
    config.heap.field_offsets_max = 32;
    config.heap.intern_buckets = 1;
    config.collector.background = false;
    config.heap.cache_percent = 0;
    if (scenario_.configure != nullptr) scenario_.configure(config);
    make_world(config);
    save_world();
    if (!prepares_later) prepare();
    observe(nullptr, nullptr);
}

/// From here on executions begin behind the preparation.
void Explorer::prepare() {
    scenario_.prepare(world());
    world().heap->heap().blocks().empty_caches();  // threads begin without
    save_world();
}

void Explorer::observe(void* self, void (*traced)(void*, const port::sim::Operation&)) {
    engine().observe({self, traced, &step_seen, &memory_freed});
}

Verdict Explorer::run(port::sim::Strategy& strategy) {
    restore_world();
    Task task{scenario_, hostility_};
    const port::sim::Outcome outcome = engine().run(strategy, &run_scenario, &task);
    faults::disarm();
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
template <class F>
Verdict Explorer::with_random_strategy(const Search& search, std::uint64_t number, F&& run_with) {
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
        const Verdict verdict = run_with(strategy);
        if (verdict.violation == nullptr) turns_seen_ = std::max(turns_seen_, strategy.turns());
        return verdict;
    }
    static constexpr unsigned kLeave[] = {64, 24, 8, 3};
    port::sim::RandomWalk strategy(seed, kLeave[kind - 4], tuning);
    return run_with(strategy);
}

Verdict Explorer::run_random(const Search& search, std::uint64_t number) {
    return with_random_strategy(search, number,
                                [this](port::sim::Strategy& base) { return run(base); });
}

void Explorer::set_hostility(const Hostility& hostility) {
    hostility_ = hostility;
    engine().distort_clock(hostility.clock);
}

/// Counts an execution; true iff it is a finding, which is then shrunk.
bool Explorer::note(Found& found, const Verdict& verdict) {
    ++found.schedules;
    found.steps += verdict.steps;
    if (verdict.violation == nullptr) return false;
    found.verdict = verdict;
    found.hostility = hostility_;
    found.schedule = shrink(engine().schedule());
    return true;
}

Found Explorer::search(const Search& search) {
    set_hostility(search.hostility);
    if (search.exhaustive) return search_all(search);
    if (search.mode == Mode::exhaustion) return search_exhaustion(search);
    if (search.mode == Mode::endings) return search_endings(search);
    if (search.mode == Mode::steps) return search_steps(search);
    Found found;
    for (std::uint64_t i = search.worker; i < search.schedules; i += search.workers) {
        if (note(found, run_random(search, i))) break;
    }
    return found;
}

// ---- hostile searches: the first point, the second ... until nothing comes of it any more

namespace {
constexpr unsigned kPointsMax = 2000;  // a scenario that makes as many objects has an endless loop
constexpr unsigned kMissesMax = 12;
}  // namespace

/// The schedules of one point. True iff the next point is to be tried.
bool Explorer::try_hostility(const Search& search, Found& found, unsigned point) {
    const std::uint64_t hits = found.hits;
    for (std::uint64_t i = search.worker; i < search.schedules; i += search.workers) {
        const Verdict verdict = run_random(search, point * search.schedules + i);
        const bool ended = hostility_.end_at != 0 && world().operations >= hostility_.end_at;
        if (faults::was_hit() || ended) ++found.hits;
        if (note(found, verdict)) return false;
    }
    if (found.hits == hits) return false;
    ++found.points;
    return point < kPointsMax;
}

/// Each allocation before the threads start, refused in a world of its own. There is no schedule
/// yet: what is left must be sound and nothing leaked. False: it is not.
bool Explorer::exhaust_preparation(Found& found, faults::Refuse what) {
    bool hit = true;
    for (unsigned number = 1; hit; ++number) {
        restore_world();
        hostility_.fault = {what, number};
        faults::arm(hostility_.fault);
        run_program([this] { scenario_.prepare(world()); });
        hit = faults::was_hit();
        faults::disarm();
        world().heap->collector().set_save_all(false);
        world().heap->collector().clear_garbage();
        world().heap->collector().unfreeze();
        for (int round = 0; round < 4; ++round) world().collect();
        const Finding finding = scenario_.prepares_soundly ? check_end(false) : check_sound();
        ++found.schedules;
        if (hit) ++found.points, ++found.hits;
        if (finding.what == nullptr) continue;
        found.verdict = {finding.what, finding.object};
        found.hostility = hostility_;
        return false;
    }
    return true;
}

Found Explorer::search_exhaustion(const Search& search) {
    Found found;
    for (const auto what : {faults::Refuse::block, faults::Refuse::request, faults::Refuse::rest}) {
        if (!exhaust_preparation(found, what)) return found;
    }
    restore_world();
    prepare();
    Hostility hostility = search.hostility;
    for (const auto what : {faults::Refuse::block, faults::Refuse::request, faults::Refuse::rest}) {
        hostility.fault = {what, 1};
        do {
            set_hostility(hostility);
        } while (try_hostility(search, found, hostility.fault.number++));
        if (found.verdict.violation != nullptr) break;
    }
    return found;
}

Found Explorer::search_endings(const Search& search) {
    Found found;
    Hostility hostility = search.hostility;
    do {
        ++hostility.end_at;
        set_hostility(hostility);
    } while (try_hostility(search, found, hostility.end_at));
    return found;
}

/// One kind of event at each step of one thread. False: a violation was found.
template <class S>
bool Explorer::try_steps(const Search& search, Found& found, unsigned thread) {
    port::sim::Random random(search.seed + thread);
    std::uint64_t number = 0;
    unsigned misses = 0;  // in a row: the thread has no step as late as that
    for (std::uint32_t step = 1; misses < kMissesMax; ++step) {
        if (search.every > 1) step += random.below(2 * search.every - 1);
        const std::uint64_t hits = found.hits;
        for (std::uint64_t i = search.worker; i < search.schedules; i += search.workers) {
            const Verdict verdict =
                with_random_strategy(search, ++number, [&](port::sim::Strategy& base) {
                    S strategy(base, thread, step);
                    const Verdict judged = run(strategy);
                    if (strategy.happened()) ++found.hits;
                    if constexpr (requires { strategy.woken(); }) {
                        if (strategy.woken()) ++found.waits;
                    }
                    return judged;
                });
            if (note(found, verdict)) return false;
        }
        misses = found.hits == hits ? misses + 1 : 0;
        if (misses == 0) ++found.points;
    }
    return true;
}

Found Explorer::search_steps(const Search& search) {
    Found found;
    for (unsigned thread = 0; thread < port::sim::kThreadsMax; ++thread) {
        if (!try_steps<Suspension>(search, found, thread)) break;
        if (scenario_.interrupt == nullptr) continue;
        if (!try_steps<Interruption>(search, found, thread)) break;
    }
    return found;
}

Found Explorer::search_all(const Search& search) {
    port::sim::Exhaustive strategy(search.preemptions, search.old_stores);
    States states;
    Found found;
    for (bool goes_on = true; goes_on;) {
        states.begin();
        observe(&states, &States::note);
        const Verdict verdict = run(strategy);
        observe(nullptr, nullptr);  // what note() replays is no part of the search
        goes_on =
            !note(found, verdict) && strategy.schedules() < search.schedules && strategy.next();
    }
    found.states = states.count();
    found.more_states = states.is_full();
    found.schedules = strategy.schedules();
    found.steps = strategy.steps();
    found.complete = found.verdict.violation == nullptr && strategy.schedules() < search.schedules;
    return found;
}

// An execution that does not come to an end is shrunk no longer than this, about ten seconds.
constexpr std::uint64_t kShrinkStepsMax = 20'000'000;

Schedule Explorer::shrink(Schedule schedule) {
    std::uint64_t steps = 0;
    const auto fails = [&](const Schedule& attempt) {
        const Verdict verdict = replay(attempt);
        steps += verdict.steps;
        return verdict.violation != nullptr;
    };
    if (!fails(schedule)) return schedule;  // replay() by the caller will say so
    for (std::size_t chunk = schedule.size(); chunk > 0; chunk /= 2) {
        for (std::size_t at = 0; at < schedule.size() && steps < kShrinkStepsMax;) {
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
