// Goal: every thread has one context of its own, windows are seen by others, and the records of
// ended threads are used again. Part of port conformance. Method: windows held at known moments.
#include "platform/context.h"

#include <gtest/gtest.h>

#include <barrier>
#include <set>
#include <thread>
#include <vector>

#include "tests/support/sanitizer.h"
#include "tests/support/threads.h"

namespace ouro::platform {
namespace {

TEST(Context, is_the_same_for_a_thread_and_different_for_others) {
    std::vector<Context*> first(4);
    std::vector<Context*> second(4);
    std::barrier<> barrier(4);
    testing::run_threads(4, [&](std::size_t thread) {
        first[thread] = &current_context();
        barrier.arrive_and_wait();
        second[thread] = &current_context();
        barrier.arrive_and_wait();
    });
    EXPECT_EQ(first, second);
    EXPECT_EQ(std::set<Context*>(first.begin(), first.end()).size(), 4u);
}

TEST(Context, of_a_new_thread_is_at_rest) {
    for (int i = 0; i < 20; ++i) {
        std::thread([] { EXPECT_TRUE(current_context().is_at_rest()); }).join();
    }
}

TEST(Context, whatever_is_in_it_is_no_rest) {
    Context context;
    EXPECT_TRUE(context.is_at_rest());
    const auto disturb = [&](auto change) {
        change();
        EXPECT_FALSE(context.is_at_rest());
        context.reset();
        EXPECT_TRUE(context.is_at_rest());
    };
    disturb([&] { context.window.store(1, memory_order_relaxed); });
    disturb([&] { context.cascade_depth = 1; });
    disturb([&] { context.put_off = 1; });
    disturb([&] { context.put_off_in[kHeapsMax - 1] = 1; });
#if OURO_CENSUS
    disturb([&] { context.census = &context; });
#endif
}

TEST(Context, more_threads_than_records_may_come_and_go) {
    for (std::uint32_t i = 0; i < port::kMaxContexts + 100; ++i) {
        std::thread([] { (void)current_context(); }).join();
    }
}

TEST(LoadWindow, is_open_for_its_scope_and_nests) {
    EXPECT_TRUE(all_windows_closed());
    {
        LoadWindow outer;
        EXPECT_FALSE(all_windows_closed());
        {
            LoadWindow inner;
            EXPECT_FALSE(all_windows_closed());
        }
        EXPECT_FALSE(all_windows_closed()) << "the outer one is still open";
    }
    EXPECT_TRUE(all_windows_closed());
}

TEST(LoadWindow, of_another_thread_is_seen) {
    std::barrier<> barrier(2);
    testing::run_threads(2, [&](std::size_t thread) {
        for (int i = 0; i < 100; ++i) {
            if (thread == 0) {
                LoadWindow window;
                barrier.arrive_and_wait();
                barrier.arrive_and_wait();
            } else {
                barrier.arrive_and_wait();
                EXPECT_FALSE(all_windows_closed());
                barrier.arrive_and_wait();
            }
            barrier.arrive_and_wait();
            EXPECT_TRUE(all_windows_closed());
            barrier.arrive_and_wait();
        }
    });
}

// What the heap does with windows: a reader looks at a shared page only inside a window, the owner
// withdraws the page first and changes it only after all windows were seen closed.
TEST(LoadWindow, no_reader_sees_the_change_that_waited_for_closed_windows) {
    const std::size_t rounds = testing::repeats(3000);
    atomic<std::uint32_t> published{1};
    atomic<std::uint32_t> content{1};
    atomic<std::uint32_t> done{0};
    atomic<std::uint32_t> violations{0};
    testing::run_threads(3, [&](std::size_t thread) {
        if (thread != 0) {
            while (done.load(memory_order_acquire) == 0) {
                LoadWindow window;
                const std::uint32_t version = published.load(memory_order_acquire);
                if (version == 0) continue;
                for (int i = 0; i < 5; ++i) {
                    if (content.load(memory_order_relaxed) != version)
                        violations.fetch_add(1, memory_order_relaxed);
                }
            }
            return;
        }
        for (std::uint32_t version = 2; version < rounds; ++version) {
            published.store(0, memory_order_release);
            while (!all_windows_closed()) {
            }
            content.store(version, memory_order_relaxed);
            published.store(version, memory_order_release);
        }
        done.store(1, memory_order_release);
    });
    EXPECT_EQ(violations.load(memory_order_relaxed), 0u);
}

}  // namespace
}  // namespace ouro::platform
