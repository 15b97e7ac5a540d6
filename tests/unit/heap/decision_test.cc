// Goal: commit and abort exclude each other, and a late one on an earlier decision has no effect.
// Method: all orders by hand; a race of many threads, each round with one winner.
#include "heap/decision.h"

#include <gtest/gtest.h>

#include <barrier>
#include <cstddef>
#include <vector>

#include "tests/support/sanitizer.h"
#include "tests/support/threads.h"

namespace ouro {
namespace {

TEST(Decision, is_idle_until_it_is_opened) {
    Decision decision;
    EXPECT_EQ(decision.state(), Decision::idle);
    decision.open();
    EXPECT_EQ(decision.state(), Decision::undecided);
}

TEST(Decision, commits_when_nobody_aborted) {
    Decision decision;
    decision.open();
    EXPECT_TRUE(decision.commit());
    EXPECT_EQ(decision.state(), Decision::committed);
}

TEST(Decision, an_abort_before_the_commit_wins) {
    Decision decision;
    decision.open();
    decision.abort();
    EXPECT_EQ(decision.state(), Decision::aborted);
    EXPECT_FALSE(decision.commit());
    EXPECT_EQ(decision.state(), Decision::aborted);
}

TEST(Decision, an_abort_after_the_commit_has_no_effect) {
    Decision decision;
    decision.open();
    ASSERT_TRUE(decision.commit());
    decision.abort();
    EXPECT_EQ(decision.state(), Decision::committed);
}

TEST(Decision, can_be_opened_again_after_either_end) {
    Decision decision;
    for (int round = 0; round < 5; ++round) {
        decision.open();
        EXPECT_EQ(decision.state(), Decision::undecided);
        EXPECT_TRUE(decision.commit());
        decision.open();
        decision.abort();
        EXPECT_FALSE(decision.commit());
    }
}

TEST(Decision, neither_commit_nor_abort_changes_an_idle_one) {
    Decision decision;
    decision.abort();
    EXPECT_FALSE(decision.commit());
    EXPECT_EQ(decision.state(), Decision::idle);
}

TEST(Decision, of_a_racing_commit_and_aborts_exactly_one_side_wins) {
    constexpr std::size_t kThreads = 4;
    const std::size_t rounds = testing::repeats(20'000);
    Decision decision;
    std::barrier barrier(kThreads);
    std::vector<char> committed(rounds, 0);
    std::size_t disagreements = 0;
    testing::run_threads(kThreads, [&](std::size_t thread) {
        for (std::size_t round = 0; round < rounds; ++round) {
            if (thread == 0) decision.open();
            barrier.arrive_and_wait();
            if (thread == 0) {
                committed[round] = decision.commit() ? 1 : 0;
            } else {
                decision.abort();
            }
            barrier.arrive_and_wait();
            const bool is_committed = decision.state() == Decision::committed;
            if (thread == 0 && is_committed != (committed[round] != 0)) ++disagreements;
            barrier.arrive_and_wait();
        }
    });
    EXPECT_EQ(disagreements, 0u);
}

TEST(Decision, looks_at_different_decisions_differ) {
    Decision decision;
    decision.open();
    const Decision::Snapshot undecided = decision.load();
    EXPECT_TRUE(undecided == decision.load());
    decision.commit();
    EXPECT_FALSE(undecided == decision.load());
}

}  // namespace
}  // namespace ouro
