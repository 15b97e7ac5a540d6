// Goal: threads start and end, events wake and time out, the clock never goes back. Part of port
// conformance. Method: each alone; no expectation on how long anything takes.
#include "platform/thread.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <vector>

#include "platform/context.h"
#include "tests/support/threads.h"

namespace ouro::platform {
namespace {

TEST(Thread, runs_its_function_with_the_argument_and_join_waits_for_it) {
    int value = 0;
    Thread thread;
    ASSERT_TRUE(thread.start([](void* argument) { *static_cast<int*>(argument) = 7; }, &value));
    thread.join();
    EXPECT_EQ(value, 7);
}

TEST(Thread, join_of_one_that_never_started_returns) {
    Thread thread;
    thread.join();
    thread.join();
}

TEST(Thread, may_be_started_again_after_its_end) {
    int runs = 0;
    Thread thread;
    for (int i = 0; i < 3; ++i) {
        ASSERT_TRUE(thread.start([](void* argument) { ++*static_cast<int*>(argument); }, &runs));
        thread.join();
    }
    EXPECT_EQ(runs, 3);
}

TEST(Event, a_wait_after_set_returns_true_once) {
    Event event;
    event.set();
    EXPECT_TRUE(event.wait(0));
    EXPECT_FALSE(event.wait(0)) << "the wait has reset it";
}

TEST(Event, sets_before_the_wait_are_one) {
    Event event;
    event.set();
    event.set();
    EXPECT_TRUE(event.wait(kForever));
    EXPECT_FALSE(event.wait(0));
}

TEST(Event, a_wait_without_set_ends_after_its_time) {
    Event event;
    EXPECT_FALSE(event.wait(1'000'000));
}

TEST(Event, wakes_a_waiting_thread_and_what_was_written_is_seen) {
    Event go;
    Event back;
    int value = 0;
    testing::run_threads(2, [&](std::size_t thread) {
        for (int i = 1; i <= 1000; ++i) {
            if (thread == 0) {
                value = i;
                go.set();
                ASSERT_TRUE(back.wait(kForever));
            } else {
                ASSERT_TRUE(go.wait(kForever));
                ASSERT_EQ(value, i);
                back.set();
            }
        }
    });
}

TEST(Clock, never_goes_back_and_moves_on) {
    const std::uint64_t start = clock_ns();
    std::uint64_t before = start;
    while (before == start) {
        const std::uint64_t now = clock_ns();
        ASSERT_GE(now, before);
        before = now;
    }
}

TEST(Clock, is_the_same_for_all_threads) {
    Event go;
    Event back;
    std::uint64_t sent = 0;
    testing::run_threads(2, [&](std::size_t thread) {
        for (int i = 0; i < 200; ++i) {
            if (thread == 0) {
                sent = clock_ns();
                go.set();
                ASSERT_TRUE(back.wait(kForever));
            } else {
                ASSERT_TRUE(go.wait(kForever));
                ASSERT_GE(clock_ns(), sent);
                back.set();
            }
        }
    });
}

TEST(Yield, returns) { yield_thread(); }

}  // namespace
}  // namespace ouro::platform
