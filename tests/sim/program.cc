#include "tests/sim/program.h"

namespace ouro::testing {

namespace {

void run_body(void* body) { (*static_cast<void (**)()>(body))(); }

void run_all(void* program_pointer) {
    auto& program = *static_cast<Program*>(program_pointer);
    platform::Thread threads[port::sim::kThreadsMax];
    for (std::size_t i = 1; i < program.threads.size(); ++i)
        threads[i].start(&run_body, &program.threads[i]);
    program.threads[0]();
    for (platform::Thread& thread : threads) thread.join();
}

}  // namespace

Outcome run(const Program& program, port::sim::Strategy& strategy) {
    program.reset();
    g_registers = {};
    const Outcome outcome =
        engine().run(strategy, &run_all, const_cast<Program*>(&program), 10'000);
    if (outcome.violation == nullptr) program.finish();
    return outcome;
}

Exploration explore(const Program& program, unsigned preemptions, unsigned old_stores) {
    port::sim::Exhaustive strategy(preemptions, old_stores);
    Exploration exploration;
    do {
        const Outcome outcome = run(program, strategy);
        if (outcome.violation == nullptr) continue;
        exploration.violation = outcome.violation;
        exploration.schedule = engine().schedule();
        break;
    } while (strategy.next());
    exploration.schedules = strategy.schedules();
    return exploration;
}

std::set<std::array<std::uint32_t, 4>> results_of(Program program, unsigned preemptions,
                                                  unsigned old_stores) {
    g_results.clear();
    program.finish = [] { g_results.insert(g_registers); };
    explore(program, preemptions, old_stores);
    return g_results;
}

}  // namespace ouro::testing
