// How many different states a search has seen.
#include "explore/states.h"

#include <gtest/gtest.h>

namespace ouro::explore {
namespace {

class StatesTest : public ::testing::Test {
protected:
    void step(unsigned thread, const char* what, const int& at, std::uint64_t before,
              std::uint64_t after) {
        States::note(&states_, {thread, what, &at, 4, before, after, std::memory_order_relaxed, 0});
    }
    void store(unsigned thread, const int& at, std::uint64_t value) {
        step(thread, kStore, at, 0, value);
    }
    void load(unsigned thread, const int& at, std::uint64_t value) {
        step(thread, kLoad, at, value, value);
    }

    static constexpr const char* kStore = "store";
    static constexpr const char* kLoad = "load";
    int x_ = 0, y_ = 0;
    States states_;
};

TEST_F(StatesTest, orders_that_nobody_can_tell_apart_lead_to_one_state) {
    states_.begin();
    store(0, x_, 1);
    store(1, y_, 1);
    EXPECT_EQ(states_.count(), 2u);
    states_.begin();
    store(1, y_, 1);
    store(0, x_, 1);
    EXPECT_EQ(states_.count(), 3u);
    states_.begin();
    store(1, y_, 1);
    store(0, x_, 1);
    EXPECT_EQ(states_.count(), 3u) << "the same again";
}

TEST_F(StatesTest, the_order_of_stores_to_one_location_counts) {
    states_.begin();
    store(0, x_, 1);
    store(1, x_, 1);
    states_.begin();
    store(1, x_, 1);
    store(0, x_, 1);
    EXPECT_EQ(states_.count(), 4u);
}

TEST_F(StatesTest, what_a_load_has_returned_counts) {
    states_.begin();
    store(0, x_, 1);
    load(1, x_, 1);
    states_.begin();
    store(0, x_, 1);
    load(1, x_, 0);
    EXPECT_EQ(states_.count(), 3u);
    states_.begin();
    load(1, x_, 0);
    store(0, x_, 1);
    EXPECT_EQ(states_.count(), 4u) << "whether before the store or an old one, 0 was seen";
}

TEST_F(StatesTest, who_has_done_it_counts) {
    states_.begin();
    load(0, x_, 0);
    states_.begin();
    load(1, x_, 0);
    EXPECT_EQ(states_.count(), 2u);
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
        for (std::uint64_t value = 1; value <= kMany; ++value) store(0, x_, value);
        EXPECT_EQ(states_.count(), kMany);
    }
    EXPECT_FALSE(states_.is_full());
}

}  // namespace
}  // namespace ouro::explore
