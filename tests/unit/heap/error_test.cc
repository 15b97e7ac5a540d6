// Goal: a Result holds a value or an error, owns its value, and stops the program with the reason
// when the wrong one is asked for; every error has a text of its own. Method: a type that counts.
#include "heap/error.h"

#include <gtest/gtest.h>

#include <cstring>
#include <memory>
#include <set>
#include <string>
#include <utility>

namespace ouro {
namespace {

constexpr Error kLast = Error::not_supported;

std::unique_ptr<int> new_int(int value) { return std::make_unique<int>(value); }

TEST(Error, every_error_has_a_text_of_its_own) {
    std::set<std::string> texts;
    for (int i = 0; i <= static_cast<int>(kLast); ++i) {
        const char* text = to_string(static_cast<Error>(i));
        ASSERT_NE(text, nullptr);
        EXPECT_GT(std::strlen(text), 3u);
        EXPECT_STRNE(text, "unknown error") << i;
        texts.insert(text);
    }
    EXPECT_EQ(texts.size(), static_cast<std::size_t>(kLast) + 1);
}

TEST(Error, a_number_that_is_none_is_called_unknown) {
    EXPECT_STREQ(to_string(static_cast<Error>(200)), "unknown error");
}

TEST(Result, with_a_value_is_ok_and_gives_it) {
    Result<int> result = 42;
    EXPECT_TRUE(result.ok());
    EXPECT_TRUE(static_cast<bool>(result));
    EXPECT_EQ(result.error(), Error::none);
    EXPECT_EQ(*result, 42);
    EXPECT_EQ(result.value(), 42);
}

TEST(Result, of_a_call_gives_its_value_at_once) {
    const auto call = [](int value) { return Result<std::unique_ptr<int>>(new_int(value)); };
    EXPECT_EQ(**call(42), 42);
    const std::unique_ptr<int> taken = *call(43);
    EXPECT_EQ(*taken, 43);
}

TEST(Result, that_is_const_can_be_read) {
    const Result<std::string> result = std::string("text");
    EXPECT_EQ(*result, "text");
    EXPECT_EQ(result.value(), "text");
    EXPECT_EQ(result->size(), 4u);
}

TEST(Result, with_an_error_is_not_ok_and_names_it) {
    Result<int> result = Error::busy;
    EXPECT_FALSE(result.ok());
    EXPECT_EQ(result.error(), Error::busy);
}

TEST(Result, owns_its_value) {
    const auto counted = std::make_shared<int>(7);
    {
        Result<std::shared_ptr<int>> result = counted;
        EXPECT_EQ(counted.use_count(), 2);
        EXPECT_EQ(**result, 7);
    }
    EXPECT_EQ(counted.use_count(), 1);
}

TEST(Result, moving_moves_the_value_and_the_error) {
    Result<std::unique_ptr<int>> first = std::make_unique<int>(3);
    Result<std::unique_ptr<int>> second = std::move(first);
    EXPECT_EQ(**second, 3);
    Result<std::unique_ptr<int>> bad = Error::dead;
    Result<std::unique_ptr<int>> also_bad = std::move(bad);
    EXPECT_EQ(also_bad.error(), Error::dead);
}

TEST(Result, value_of_a_temporary_is_moved_out) {
    const auto make = []() -> Result<std::unique_ptr<int>> { return std::make_unique<int>(5); };
    const std::unique_ptr<int> value = make().value();
    EXPECT_EQ(*value, 5);
}

TEST(ResultDeathTest, value_of_an_error_stops_with_its_text) {
    Result<int> result = Error::out_of_memory;
    EXPECT_DEATH((void)result.value(), "out of memory");
    EXPECT_DEATH((void)*result, "out of memory");
}

TEST(ResultDeathTest, cannot_be_made_from_no_error) {
    EXPECT_DEATH((void)Result<int>(Error::none), "Error::none");
}

}  // namespace
}  // namespace ouro
