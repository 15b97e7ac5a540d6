// Goal: what a stress run does follows from its seed, by the shares that are wanted; its figures
// are sums and maxima, and what is printed of them is JSON. Method: each by itself.
#include <gtest/gtest.h>

#include <array>
#include <string>

#include "stress/figures.h"
#include "stress/plan.h"

namespace ouro::stress {
namespace {

TEST(StressLottery, draws_by_shares_and_never_what_has_none) {
    Lottery lottery;
    for (const std::uint32_t weight : {0u, 1u, 0u, 3u, 0u}) lottery.add(weight);
    Random random(1);
    std::array<int, 5> drawn{};
    for (int i = 0; i < 4000; ++i) ++drawn[lottery.draw(random)];
    EXPECT_EQ(drawn[0] + drawn[2] + drawn[4], 0);
    EXPECT_NEAR(drawn[3], 3000, 200);
}

TEST(StressRandom, streams_of_one_seed_differ_and_repeat) {
    const Random random(7);
    Random first = random.stream(0), again = random.stream(0), second = random.stream(1);
    const std::uint64_t number = first.next();
    EXPECT_EQ(again.next(), number);
    EXPECT_NE(second.next(), number);
    for (int i = 0; i < 1000; ++i) {
        const std::uint32_t drawn = first.between(3, 5);
        EXPECT_TRUE(drawn >= 3 && drawn <= 5) << drawn;
    }
}

TEST(StressPlan, is_the_seeds_and_every_choice_comes) {
    std::array<bool, 4> user_code{};
    bool background = false, foreground = false, quarantine = false, portions = false;
    for (std::uint64_t seed = 0; seed < 100; ++seed) {
        StressOptions options;
        options.seed = seed;
        const Plan plan(options, Random(seed)), again(options, Random(seed));
        EXPECT_EQ(plan.describe(), again.describe());
        EXPECT_GT(plan.live_max, 0u);
        EXPECT_GT(plan.pocket, 0u);
        user_code[static_cast<std::size_t>(plan.user_code)] = true;
        (plan.config.collector.background ? background : foreground) = true;
        portions = portions || plan.config.collector.objects_per_pass == 1;
        quarantine = quarantine || plan.config.heap.quarantine_bytes != 0;
    }
    EXPECT_EQ(user_code, (std::array<bool, 4>{true, true, true, true}));
    EXPECT_TRUE(background && foreground && quarantine && portions);
}

TEST(StressTally, adds_sums_and_keeps_the_longest) {
    Tally one, other;
    one.operations = 2;
    one.longest_ns = 10;
    one.longest_name = "short";
    other.operations = 3;
    other.longest_ns = 20;
    other.longest_name = "long";
    other.made[1] = 4;
    one.add(other);
    one.add(Tally{});
    EXPECT_EQ(one.operations, 5u);
    EXPECT_EQ(one.longest_ns, 20u);
    EXPECT_STREQ(one.longest_name, "long");
    EXPECT_EQ(one.made[1], 4u);
}

TEST(StressFigures, are_told_to_people_and_as_one_json_object) {
    Figures figures;
    figures.seed = 0xabc;
    figures.tally.operations = 1234;
    figures.violations = 1;
    EXPECT_NE(to_text(figures).find("1234"), std::string::npos);
    const std::string json = to_json(figures);
    EXPECT_NE(json.find("1234"), std::string::npos);
    EXPECT_EQ(json.front(), '{');
    EXPECT_EQ(json.substr(json.find_last_not_of('\n')), json.ends_with('\n') ? "}\n" : "}");
}

}  // namespace
}  // namespace ouro::stress
