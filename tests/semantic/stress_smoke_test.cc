// Goal: the stress runs clean on fixed seeds, and it reports every kind of fault that it is there
// to find. Method: short runs in this process; faults are planted into the stress's own
// bookkeeping.
#include <gtest/gtest.h>

#include <sstream>
#include <string>
#include <vector>

#include "stress/stress.h"

namespace ouro::stress {
namespace {

struct Outcome {
    int status;
    std::string out;
    std::string err;
};

Outcome run(const StressOptions& options) {
    std::ostringstream out;
    std::ostringstream err;
    const int status = run_stress(options, out, err);
    return {status, out.str(), err.str()};
}

struct Case {
    unsigned threads;
    std::size_t region_bytes;
    std::uint64_t seed;
};

/// GoogleTest would print the bytes, padding and all.
void PrintTo(const Case& run, std::ostream* stream) { *stream << run.threads << " threads"; }

class StressSmokeTest : public testing::TestWithParam<Case> {};

TEST_P(StressSmokeTest, a_short_run_finds_nothing) {
    StressOptions options;
    options.threads = GetParam().threads;
    options.region_bytes = GetParam().region_bytes;
    options.seed = GetParam().seed;
    options.seconds = 1;
    const Outcome outcome = run(options);
    EXPECT_EQ(outcome.status, kOk) << outcome.out << outcome.err;
    EXPECT_TRUE(outcome.out.starts_with("seed " + std::to_string(options.seed) + "\n"));
}

INSTANTIATE_TEST_SUITE_P(
    Seeds, StressSmokeTest,
    testing::Values(Case{1, std::size_t{1} << 20, 1}, Case{2, std::size_t{256} << 10, 2},
                    Case{4, std::size_t{1} << 20, 3}, Case{4, std::size_t{16} << 20, 13},
                    Case{8, std::size_t{16} << 20, 14}, Case{8, std::size_t{256} << 10, 10}));

class StressFaultTest : public testing::TestWithParam<PlantedFault> {};

TEST_P(StressFaultTest, a_planted_fault_is_a_violation) {
    StressOptions options;
    options.threads = 3;
    options.seed = 10;  // its plan has destructors, finalizers and resurrection
    // The run ends with the first violation; a lost handle is looked for at its end.
    options.seconds = GetParam() == PlantedFault::extra_handle ? 2 : 60;
    options.planted = GetParam();
    const Outcome outcome = run(options);
    EXPECT_EQ(outcome.status, kViolation) << outcome.out << outcome.err;
    EXPECT_NE(outcome.err.find("violation: "), std::string::npos) << outcome.err;
}

INSTANTIATE_TEST_SUITE_P(
    Faults, StressFaultTest,
    testing::Values(PlantedFault::destroyed_twice, PlantedFault::destroyed_never,
                    PlantedFault::finalized_twice, PlantedFault::finalized_never,
                    PlantedFault::count_off, PlantedFault::object_lost, PlantedFault::extra_handle,
                    PlantedFault::weak_dead, PlantedFault::weak_alive, PlantedFault::canary));

TEST(StressOptionsTest, arguments_are_read_in_both_forms) {
    std::vector<std::string> texts{"--threads", "3", "--seed=7", "--region=2M", "--json"};
    std::vector<char*> arguments;
    for (std::string& text : texts) arguments.push_back(text.data());
    StressOptions options;
    bool help = false;
    EXPECT_EQ(parse_options(arguments, options, help), "");
    EXPECT_EQ(options.threads, 3u);
    EXPECT_EQ(options.seed, 7u);
    EXPECT_EQ(options.region_bytes, std::size_t{2} << 20);
    EXPECT_TRUE(options.json);
}

TEST(StressOptionsTest, json_may_be_refused_as_with_the_other_commands) {
    for (const auto& [text, wanted] : {std::pair{"--json=false", false}, {"--json=true", true}}) {
        std::string copy = text;
        char* argument = copy.data();
        StressOptions options;
        bool help = false;
        EXPECT_EQ(parse_options({&argument, 1}, options, help), "");
        EXPECT_EQ(options.json, wanted) << text;
    }
    std::string wrong = "--json=perhaps";
    char* argument = wrong.data();
    StressOptions options;
    bool help = false;
    EXPECT_EQ(parse_options({&argument, 1}, options, help), "--json cannot be 'perhaps'");
}

TEST(StressOptionsTest, a_region_too_small_is_a_usage_error) {
    StressOptions options;
    options.region_bytes = 8 << 10;
    EXPECT_EQ(run(options).status, kUsage);
}

}  // namespace
}  // namespace ouro::stress
