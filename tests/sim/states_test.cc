// How many different states a search has seen.
#include "explore/states.h"

#include <gtest/gtest.h>

#include <initializer_list>

namespace ouro::explore {
namespace {

struct Step {
    unsigned thread;
    const char* what;
    const int* at;
    std::uint64_t value;
};

class StatesTest : public ::testing::Test {
protected:
    /// One execution; how many states there are behind it.
    std::uint64_t after(std::initializer_list<Step> steps) {
        states_.begin();
        for (const Step& step : steps)
            States::note(&states_, {step.thread, step.what, step.at, 4, 0, step.value,
                                    std::memory_order_relaxed, 0});
        return states_.count();
    }

    static constexpr const char* kStore = "store";
    static constexpr const char* kLoad = "load";
    int x_ = 0, y_ = 0;
    States states_;
};

TEST_F(StatesTest, orders_that_nobody_can_tell_apart_lead_to_one_state) {
    EXPECT_EQ(after({{0, kStore, &x_, 1}, {1, kStore, &y_, 1}}), 2u);
    EXPECT_EQ(after({{1, kStore, &y_, 1}, {0, kStore, &x_, 1}}), 3u);
    EXPECT_EQ(after({{1, kStore, &y_, 1}, {0, kStore, &x_, 1}}), 3u) << "the same again";
}

TEST_F(StatesTest, the_order_of_stores_to_one_location_counts) {
    EXPECT_EQ(after({{0, kStore, &x_, 1}, {1, kStore, &x_, 1}}), 2u);
    EXPECT_EQ(after({{1, kStore, &x_, 1}, {0, kStore, &x_, 1}}), 4u);
}

TEST_F(StatesTest, what_a_load_has_returned_counts) {
    EXPECT_EQ(after({{0, kStore, &x_, 1}, {1, kLoad, &x_, 1}}), 2u);
    EXPECT_EQ(after({{0, kStore, &x_, 1}, {1, kLoad, &x_, 0}}), 3u);
    EXPECT_EQ(after({{1, kLoad, &x_, 0}, {0, kStore, &x_, 1}}), 4u)
        << "whether before the store or an old one, 0 was seen";
}

TEST_F(StatesTest, who_has_done_it_counts) {
    EXPECT_EQ(after({{0, kLoad, &x_, 0}}), 1u);
    EXPECT_EQ(after({{1, kLoad, &x_, 0}}), 2u);
}

TEST_F(StatesTest, more_than_it_can_keep_are_said_to_be_more) {
    States few(2);
    few.begin();
    for (std::uint64_t value = 1; value <= 3; ++value) {
        EXPECT_EQ(few.is_full(), value == 3);
        States::note(&few, {0, kStore, &x_, 4, 0, value, std::memory_order_relaxed, 0});
    }
    EXPECT_EQ(few.count(), 2u);
}

TEST_F(StatesTest, many_are_told_apart) {
    constexpr std::uint64_t kMany = 200'000;
    for (int round = 0; round < 2; ++round) {
        states_.begin();
        for (std::uint64_t value = 1; value <= kMany; ++value)
            States::note(&states_, {0, kStore, &x_, 4, 0, value, std::memory_order_relaxed, 0});
        EXPECT_EQ(states_.count(), kMany);
    }
    EXPECT_FALSE(states_.is_full());
}

}  // namespace
}  // namespace ouro::explore
