// Goal: the simulation port meets the contract that every port has to meet (tests/conformance).
// Method: each case as an execution, again and again under random schedules; interrupts at steps
// that the engine chooses.
#include <gtest/gtest.h>

#include "ports/sim/engine.h"
#include "ports/sim/strategy.h"
#include "tests/conformance/rig.h"
#include "tests/conformance/suite.h"

namespace ouro::conformance {

namespace {

using port::sim::engine;
using port::sim::Outcome;
using port::sim::RandomWalk;
using port::sim::Tuning;

unsigned g_executions_with_losses = 0;
constexpr unsigned kSchedules = 40;

void run_case(void* one) { static_cast<const Case*>(one)->run(); }

class SimConformance : public ::testing::TestWithParam<Case> {};

std::vector<Case> all_cases() {
    static std::vector<Case> cases;
    cases.clear();
    for_each_case([](const Case& one) { cases.push_back(one); });
    return cases;
}

TEST_P(SimConformance, holds_under_random_schedules) {
    g_executions_with_losses = 0;
    for (unsigned seed = 1; seed <= kSchedules; ++seed) {
        Case one = GetParam();
        RandomWalk strategy(seed, 64, Tuning{.old = 32, .obey_yields = 200});
        const Outcome outcome = engine().run(strategy, &run_case, &one, 50'000);
        ASSERT_STREQ(outcome.violation, nullptr) << "seed " << seed;
    }
    if (std::string(GetParam().name) == "atomic: updates in two steps are lost") {
        EXPECT_GT(g_executions_with_losses, 0u);
    }
}

std::string name_of(const ::testing::TestParamInfo<Case>& info) {
    std::string name = info.param.name;
    for (char& c : name) {
        if (std::isalnum(static_cast<unsigned char>(c)) == 0) c = '_';
    }
    return name;
}

INSTANTIATE_TEST_SUITE_P(Cases, SimConformance, ::testing::ValuesIn(all_cases()), name_of);

}  // namespace

namespace rig {

platform::ThreadSettings settings(unsigned /*n*/) { return {}; }

// An execution has some thousand steps, another schedule comes with the next.
unsigned repeats(unsigned usual) { return usual < 100 ? 2 : usual / 100 + 1; }

// The engine's interrupts come when it likes, or never.
bool interrupt(unsigned, void (*)(void*), void*) { return false; }

void interrupt_anywhere(void (*handler)(void*), void* argument) {
    if (handler != nullptr) engine().set_interrupt(handler, argument);
}

void between_two_steps(unsigned /*i*/) {}

bool wants_lost_updates(unsigned lost) {
    if (lost != 0) ++g_executions_with_losses;
    return false;
}

}  // namespace rig
}  // namespace ouro::conformance
