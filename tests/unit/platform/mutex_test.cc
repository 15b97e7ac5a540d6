// Goal: one holder at a time, and what it wrote is seen by the next. Part of port conformance.
// Method: a plain counter under the lock; try_lock against a holder.
#include "platform/mutex.h"

#include <gtest/gtest.h>

#include <barrier>
#include <cstddef>

#include "tests/support/sanitizer.h"
#include "tests/support/threads.h"

namespace ouro::platform {
namespace {

TEST(Mutex, protects_a_plain_counter) {
    Mutex mutex;
    std::size_t counter = 0;
    const std::size_t each = testing::repeats(50'000);
    testing::run_threads(4, [&](std::size_t) {
        for (std::size_t i = 0; i < each; ++i) {
            const LockGuard guard(mutex);
            ++counter;
        }
    });
    EXPECT_EQ(counter, 4 * each);
}

TEST(Mutex, try_lock_fails_while_another_thread_holds_it) {
    Mutex mutex;
    std::barrier<> barrier(2);
    testing::run_threads(2, [&](std::size_t thread) {
        if (thread == 0) mutex.lock();
        barrier.arrive_and_wait();
        if (thread == 1) {
            EXPECT_FALSE(mutex.try_lock());
        }
        barrier.arrive_and_wait();
        if (thread == 0) mutex.unlock();
        barrier.arrive_and_wait();
        if (thread == 1) {
            EXPECT_TRUE(mutex.try_lock());
            mutex.unlock();
        }
    });
}

TEST(Mutex, a_guard_gives_the_lock_back_at_the_end_of_its_scope) {
    Mutex mutex;
    {
        const LockGuard guard(mutex);
    }
    EXPECT_TRUE(mutex.try_lock());
    mutex.unlock();
}

}  // namespace
}  // namespace ouro::platform
