// Goal: the holder of the pass's lock knows whether anybody waits for it.
#include "gc/pass_lock.h"

#include <gtest/gtest.h>

#include <thread>

#include "tests/support/threads.h"

namespace ouro {
namespace {

TEST(PassLockTest, is_wanted_while_another_thread_waits_for_it) {
    PassLock lock;
    lock.lock();
    EXPECT_FALSE(lock.is_wanted());
    std::thread other([&] {
        const platform::LockGuard guard(lock);
        EXPECT_FALSE(lock.is_wanted());
    });
    EXPECT_TRUE(testing::wait_until([&] { return lock.is_wanted(); }));
    lock.unlock();
    other.join();
    EXPECT_FALSE(lock.is_wanted());
}

TEST(PassLockTest, who_only_tries_does_not_wait) {
    PassLock lock;
    lock.lock();
    std::thread([&] { EXPECT_FALSE(lock.try_lock()); }).join();
    EXPECT_FALSE(lock.is_wanted());
    lock.unlock();
    EXPECT_TRUE(lock.try_lock());
    lock.unlock();
}

}  // namespace
}  // namespace ouro
