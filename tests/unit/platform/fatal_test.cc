// Goal: fatal() prints the reason and the object and ends the program; OURO_ASSERT is on in every
// build and evaluates its condition once. Part of port conformance. Method: death tests.
#include "platform/fatal.h"

#include <gtest/gtest.h>

#include <string>

namespace ouro::platform {
namespace {

TEST(FatalDeathTest, names_the_reason) {
    EXPECT_DEATH(fatal("the rule that was broken"), "the rule that was broken");
}

TEST(FatalDeathTest, names_the_object) {
    EXPECT_DEATH(fatal("a rule", reinterpret_cast<void*>(0x1234)), "a rule.*0x1234");
}

TEST(FatalDeathTest, a_false_assertion_ends_the_program_in_every_build) {
    const int two = 2;
    EXPECT_DEATH(OURO_ASSERT(two == 3, "two is not three"), "two is not three");
}

TEST(Assert, a_true_one_evaluates_its_condition_once) {
    int evaluations = 0;
    OURO_ASSERT(++evaluations == 1, "not reached");
    EXPECT_EQ(evaluations, 1);
}

TEST(Note, prints_the_sentence_and_goes_on) {
    ::testing::internal::CaptureStderr();
    note("a sentence", "Name", 3, 4);
    const std::string text = ::testing::internal::GetCapturedStderr();
    if (text.empty()) return;  // a port may stay silent
    EXPECT_NE(text.find("a sentence"), std::string::npos);
    EXPECT_NE(text.find("Name"), std::string::npos);
}

}  // namespace
}  // namespace ouro::platform
