// Goal: what the desktop port promises beyond platform/: records of contexts survive thread-local
// destructors, and fork leaves the child with one context, one thread and usable events.
// Method: threads that release things late; a child that reports by its exit status.
#include <gtest/gtest.h>

#include <barrier>
#include <chrono>
#include <thread>

#include "platform/context.h"
#include "platform/thread.h"
#include "tests/support/fork.h"
#include "tests/support/sanitizer.h"

namespace ouro::platform {
namespace {

using testing::status_in_child;

struct UsesContextAtItsEnd {
    ~UsesContextAtItsEnd() { *result = &current_context() == expected ? 1 : 2; }
    Context* expected = nullptr;
    int* result = nullptr;
};

TEST(DesktopPort, a_threads_context_is_still_its_own_in_thread_local_destructors) {
    int result = 0;
    std::thread([&] {
        thread_local UsesContextAtItsEnd late;
        late.expected = &current_context();
        late.result = &result;
    }).join();
    EXPECT_EQ(result, 1);
}

TEST(DesktopPort, a_thread_whose_first_use_is_a_thread_local_destructor_gets_a_context) {
    int result = 0;
    std::thread([&] {
        thread_local UsesContextAtItsEnd late;
        late.result = &result;
    }).join();
    EXPECT_EQ(result, 2);
    EXPECT_TRUE(all_windows_closed());
}

TEST(DesktopPort, windows_of_the_parents_threads_do_not_exist_in_the_child) {
    std::barrier<> barrier(2);
    std::thread other([&] {
        LoadWindow window;
        barrier.arrive_and_wait();
        barrier.arrive_and_wait();
    });
    barrier.arrive_and_wait();
    EXPECT_FALSE(all_windows_closed());
    EXPECT_EQ(status_in_child([] { return forget_other_contexts() && all_windows_closed(); }), 0);
    barrier.arrive_and_wait();
    other.join();
}

TEST(DesktopPort, the_childs_own_window_is_kept_when_others_are_forgotten) {
    LoadWindow window;
    EXPECT_EQ(status_in_child([] { return !forget_other_contexts() && !all_windows_closed(); }), 0);
}

TEST(DesktopPort, an_event_whose_waiters_are_forgotten_works_in_the_child) {
    Event event;
    std::thread waiter([&] { event.wait(kForever); });
    event.before_fork();
    EXPECT_EQ(status_in_child([&] {
                  event.after_fork(true);
                  event.set();
                  return event.wait(0) && !event.wait(0);
              }),
              0);
    event.after_fork(false);
    event.set();
    waiter.join();
}

TEST(DesktopPort, a_wait_of_centuries_lasts_until_the_event_is_set) {
    for (const std::uint64_t ns : {kForever - 1, kForever / 2, kForever / 4}) {
        Event event;
        std::thread setter([&] {
            std::this_thread::sleep_for(std::chrono::milliseconds(10));
            event.set();
        });
        EXPECT_TRUE(event.wait(ns)) << ns;
        setter.join();
    }
}

TEST(DesktopPort, a_thread_of_the_parent_can_be_forgotten_in_the_child) {
    Event stop;
    Thread thread;
    ASSERT_TRUE(
        thread.start([](void* event) { static_cast<Event*>(event)->wait(kForever); }, &stop));
    EXPECT_EQ(status_in_child([&] {
                  thread.forget();
                  thread.join();
                  return true;
              }),
              0);
    stop.set();
    thread.join();
}

#if !OURO_TEST_TSAN  // ThreadSanitizer refuses new threads after a fork with threads
TEST(DesktopPort, the_child_may_start_threads) {
    EXPECT_EQ(status_in_child([] {
                  int value = 0;
                  std::thread([&] { value = 7; }).join();
                  return value == 7;
              }),
              0);
}
#endif

TEST(DesktopPort, is_the_port_that_this_build_names) {
    EXPECT_STREQ(port::kPortName, "desktop");
    EXPECT_EQ(port::kWordBits, 64u);
    EXPECT_TRUE(port::kWaitAllowed);
}

}  // namespace
}  // namespace ouro::platform
