// Goal: the collector is woken by the first page and at the threshold, by nothing else.
#include "heap/candidate_signal.h"

#include <gtest/gtest.h>

namespace ouro {
namespace {

TEST(CandidateSignal, wakes_for_the_first_page_and_at_the_threshold) {
    CandidateSignal signal;
    signal.set_threshold(3);
    EXPECT_FALSE(signal.wake().wait(0));
    signal.report();
    EXPECT_TRUE(signal.wake().wait(0));
    signal.report();
    EXPECT_FALSE(signal.wake().wait(0));
    signal.report();
    EXPECT_TRUE(signal.wake().wait(0));
    signal.report();
    EXPECT_FALSE(signal.wake().wait(0));
    EXPECT_EQ(signal.pages(), 4u);
}

TEST(CandidateSignal, counts_anew_after_a_reset) {
    CandidateSignal signal;
    signal.report();
    EXPECT_TRUE(signal.wake().wait(0));
    signal.reset();
    EXPECT_EQ(signal.pages(), 0u);
    signal.report();
    EXPECT_TRUE(signal.wake().wait(0));
}

}  // namespace
}  // namespace ouro
