// Goal: steps summed up in one state are compared as far as the file tells, and no further.
#include "tools/expectation_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ouro::tools {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

Step step(Step::Kind kind, std::size_t line, std::optional<Expectation> expectation) {
    Step made;
    made.kind = kind;
    made.line = line;
    made.expectation = expectation;
    return made;
}

constexpr auto kDrop = Step::Kind::kDrop;
constexpr auto kCollect = Step::Kind::kCollect;

// freed, tracked, bytes, live, garbage, rcsum, mix
constexpr Expectation kFirst = {1, 1, 10, 9, 0, 20, ~std::uint64_t{0}};
constexpr Expectation kSecond = {2, 1, 30, 7, 4, 15, 5};

TEST(ExpectationCheck, sums_what_was_freed_and_takes_the_last_of_what_is_left) {
    ExpectationCheck check;
    check.add(step(kDrop, 3, kFirst));
    check.add(step(kDrop, 5, kSecond));
    EXPECT_THAT(check.compare({3, 2, 40, 7, 15, 4}), IsEmpty());
}

TEST(ExpectationCheck, begins_anew_after_every_comparison) {
    ExpectationCheck check;
    check.add(step(kDrop, 3, kFirst));
    EXPECT_THAT(check.compare({1, 1, 10, 9, 20, ~std::uint64_t{0}}), IsEmpty());
    check.add(step(kDrop, 5, kSecond));
    EXPECT_THAT(check.compare({2, 1, 30, 8, 15, 5}),
                ElementsAre("step in line 5: live is 8, expected 7"));
}

TEST(ExpectationCheck, compares_no_sums_when_a_part_of_them_is_unknown) {
    ExpectationCheck check;
    check.add(step(kDrop, 3, std::nullopt));
    check.add(step(kDrop, 5, kSecond));
    EXPECT_THAT(check.compare({99, 99, 99, 7, 15, 99}), IsEmpty());
    check.add(step(kDrop, 7, kFirst));
    check.add(step(kDrop, 9, std::nullopt));
    EXPECT_THAT(check.compare({99, 99, 99, 99, 99, 99}), IsEmpty());
}

TEST(ExpectationCheck, no_step_frees_nothing) {
    ExpectationCheck check;
    EXPECT_THAT(check.compare({0, 0, 0, 7, 15, 0}), IsEmpty());
    EXPECT_THAT(check.compare({1, 0, 0, 7, 15, 0}), ElementsAre("no step: freed is 1, expected 0"));
}

TEST(ExpectationCheck, garbage_is_compared_where_it_is_known) {
    ExpectationCheck check;
    EXPECT_FALSE(check.expects_garbage());
    check.add(step(kDrop, 5, kSecond));
    EXPECT_TRUE(check.expects_garbage());
    EXPECT_THAT(check.compare({2, 1, 30, 7, 15, 5, std::nullopt}), IsEmpty());
    check.add(step(kDrop, 5, kSecond));
    EXPECT_THAT(check.compare({2, 1, 30, 7, 15, 5, 4}), IsEmpty());
    check.add(step(kDrop, 5, kSecond));
    EXPECT_THAT(check.compare({2, 1, 30, 7, 15, 5, 3}),
                ElementsAre("step in line 5: garbage is 3, expected 4"));
    check.add(step(kCollect, 7, std::nullopt));
    EXPECT_FALSE(check.expects_garbage());
}

}  // namespace
}  // namespace ouro::tools
