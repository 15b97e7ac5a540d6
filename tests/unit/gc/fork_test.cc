// Goal: around fork() nothing is lost on either side: the child has the heap as it was, without a
// collector thread, and can make, release, collect and start a thread of its own; the parent goes
// on. Method: a child that reports by its exit status, and that a hang would end by its alarm.
#include <dirent.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

#include "heap/query.h"
#include "tests/support/fork.h"
#include "tests/support/heap_test.h"
#include "tests/support/sanitizer.h"
#include "tests/support/threads.h"

namespace ouro {
namespace {

using testing::drop_ring_of_two;
using testing::HeapTest;
using testing::Plain;
using testing::Probe;
using testing::status_in_child;
using testing::wait_until;
namespace events = testing::events;

/// Threads of this process, as the system counts them.
int threads_here() {
    DIR* tasks = opendir("/proc/self/task");
    if (tasks == nullptr) return -1;
    int count = 0;
    while (const dirent* entry = readdir(tasks)) count += entry->d_name[0] != '.' ? 1 : 0;
    closedir(tasks);
    return count;
}

class Fork : public HeapTest {
protected:
    Fork() : HeapTest(kBytes, testing::with_background()) {}
    void TearDown() override {
        collector().stop();
        HeapTest::TearDown();
    }
    /// Does the heap do here what a heap does?
    bool is_usable() {
        const std::size_t before = live_objects();
        Ref<Plain> one = make<Plain>(1);
        one->left = make<Plain>(2);
        if (refcount(one) != 1 || live_objects() != before + 2) return false;
        one.reset();
        if (live_objects() != before) return false;
        drop_ring_of_two<Probe>(managed(), 3, 4);
        const std::size_t found = collector().collect().unreachable;
        return found >= 2 && live_objects() <= before;
    }
};

TEST_F(Fork, the_child_has_one_thread_and_a_usable_heap) {
    const Ref<Plain> kept = make<Plain>(7);
    kept->left = make<Plain>(8);
    const int status = status_in_child([&] {
        return threads_here() == 1 && kept->left->id == 8 && refcount(kept) == 1 && is_usable();
    });
    EXPECT_EQ(status, 0);
    EXPECT_EQ(kept->left->id, 8);
    EXPECT_TRUE(is_usable());
}

TEST_F(Fork, garbage_of_the_parent_is_found_in_both) {
    collector().disable();
    ASSERT_TRUE(wait_until([this] { return !collector().collecting(); }));
    drop_ring_of_two<Probe>(managed(), 1, 2);
    EXPECT_EQ(status_in_child([this] {
                  return collector().collect().unreachable == 2 && events::count('F') == 2 &&
                         events::count('D') == 2 && live_objects() == 0;
              }),
              0);
    EXPECT_EQ(events::all(), "") << "what the child ended still lives here";
    EXPECT_EQ(collect(), 2u);
    EXPECT_EQ(events::count('D'), 2);
    collector().enable();
}

#if !OURO_TEST_TSAN  // ThreadSanitizer refuses new threads after a fork with threads
TEST_F(Fork, the_child_may_start_a_collector_thread_of_its_own) {
    EXPECT_EQ(status_in_child([this] {
                  if (!collector().start() || threads_here() != 2) return false;
                  drop_ring_of_two<Plain>(managed(), 1, 2);
                  if (!wait_until([this] { return live_objects() == 0; })) return false;
                  collector().stop();
                  return threads_here() == 1;
              }),
              0);
}
#endif

TEST_F(Fork, the_child_may_end_the_heap) {
    EXPECT_EQ(status_in_child([this] {
                  make<Plain>(1).reset();
                  end_heap();
                  return true;
              }),
              0);
}

TEST_F(Fork, the_parents_collector_goes_on) {
    EXPECT_EQ(status_in_child([] { return true; }), 0);
    drop_ring_of_two<Plain>(managed(), 1, 2);
    EXPECT_TRUE(wait_until([this] { return live_objects() == 0; }));
}

TEST_F(Fork, inside_a_finalizer_of_a_collection_does_not_wait_for_itself) {
    collector().stop();
    int status = -1;
    Probe::on_finalize[1] = [&](Probe&) {
        status = status_in_child([this] { return make<Plain>(1)->id == 1; });
    };
    drop_ring_of_two<Probe>(managed(), 1, 2);
    EXPECT_EQ(collect(), 2u);
    EXPECT_EQ(status, 0);
}

// The child's only thread is the one that forked; what the others had in hand is lost there, at
// worst, and no lock stays taken.
TEST_F(Fork, while_other_threads_are_at_work_leaves_a_usable_heap) {
    platform::atomic<std::uint32_t> stop{0};
    std::vector<std::thread> threads;
    for (int i = 0; i < 3; ++i) {
        threads.emplace_back([&] {
            std::uint32_t rounds = 0;
            while (stop.load(platform::memory_order_relaxed) == 0) {
                const Ref<Plain> list = make<Plain>(1);
                const Ref<Plain> ring = make<Plain>(2);
                if (++rounds % 256 == 0) ring->left = ring;  // seldom: memory is never short
                const Weak<Plain> weak(list);
                list->left = ring;
                list->right = weak.lock();
                list->right = nullptr;
            }
        });
    }
    for (std::size_t i = 0; i < testing::repeats(30) && !HasFailure(); ++i) {
        EXPECT_EQ(status_in_child([this] {
                      collector().collect();
                      if (collector().verify()) return false;
                      const Ref<Plain> one = make<Plain>(1);
                      const Weak<Plain> weak(one);
                      collector().collect();
                      return refcount(one) == 1 && weak.lock() == one;
                  }),
                  0)
            << "fork number " << i;
    }
    stop.store(1, platform::memory_order_relaxed);
    for (std::thread& thread : threads) thread.join();
    collect();
    EXPECT_EQ(live_objects(), 0u);
}

// Whatever instruction of an end at hand is the last one of a thread in the child: the cell is free
// there, in use, or in no list, but not two of these.
TEST_F(Fork, while_other_threads_make_and_end_objects_without_fields_leaves_a_sound_heap) {
    platform::atomic<std::uint32_t> stop{0};
    std::vector<std::thread> threads;
    for (int i = 0; i < 2; ++i) {
        threads.emplace_back([&] {
            while (stop.load(platform::memory_order_relaxed) == 0) make<testing::Leaf>().reset();
        });
    }
    for (std::size_t i = 0; i < testing::repeats(300) && !HasFailure(); ++i)
        EXPECT_EQ(status_in_child([this] { return !collector().verify(); }), 0) << i;
    stop.store(1, platform::memory_order_relaxed);
    for (std::thread& thread : threads) thread.join();
}

class ForkWithDrain : public HeapTest {
protected:
    ForkWithDrain()
        : HeapTest(kBytes, testing::changed(testing::with_background(), [](auto& c) {
                       c.collector.user_code_by_drain = true;
                   })) {}
    void TearDown() override {
        collector().stop();
        HeapTest::TearDown();
    }
    /// Runs the user code of the ring of Probes that waits for it, and finds a second ring.
    bool drains() {
        while (collector().drain(1)) {
        }
        if (events::count('F') != 2 || events::count('D') != 2) return false;
        drop_ring_of_two<Probe>(managed(), 3, 4);
        return collector().collect().unreachable == 2 && events::count('D') == 4;
    }
};

TEST_F(ForkWithDrain, a_batch_that_waits_for_drain_waits_on_both_sides) {
    drop_ring_of_two<Probe>(managed(), 1, 2);
    ASSERT_TRUE(wait_until([this] { return collector().statistics().automatic > 0; }));
    ASSERT_TRUE(wait_until([this] { return collector().collecting(); }));
    EXPECT_EQ(events::all(), "");
    EXPECT_EQ(status_in_child([this] { return drains(); }), 0);
    EXPECT_EQ(events::all(), "");
    EXPECT_TRUE(drains());
}

TEST(ForkOfSeveralHeaps, all_of_them_are_usable_in_the_child) {
    const testing::Region first_region(testing::kMiB);
    const testing::Region second_region(testing::kMiB);
    ManagedHeap first(first_region.span());
    ManagedHeap second(second_region.span());
    EXPECT_EQ(status_in_child([&] {
                  drop_ring_of_two<Plain>(first, 1, 2);
                  drop_ring_of_two<Plain>(second, 1, 2);
                  return first.collect().unreachable == 2 && second.collect().unreachable == 2;
              }),
              0);
}

// The other heap's collection is not this context's: it is waited for.
TEST(ForkOfSeveralHeaps, inside_a_finalizer_of_one_waits_for_the_collection_of_the_other) {
    const testing::Region first_region(testing::kMiB);
    const testing::Region second_region(testing::kMiB);
    ManagedHeap first(first_region.span(), testing::manual());
    ManagedHeap second(second_region.span(), testing::manual());
    platform::atomic<bool> forking{false};
    int status = -1;
    Probe::on_finalize[1] = [&](Probe&) {
        forking.store(true, platform::memory_order_release);
        status = status_in_child([&] {
            drop_ring_of_two<Plain>(second, 5, 6);
            return second.collect().unreachable == 2;
        });
    };
    Probe::on_finalize[3] = [&](Probe&) {
        ASSERT_TRUE(wait_until([&] { return forking.load(platform::memory_order_acquire); }));
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
    };
    drop_ring_of_two<Probe>(first, 1, 2);
    drop_ring_of_two<Probe>(second, 3, 4);
    std::thread collects([&] { second.collect(); });
    ASSERT_TRUE(wait_until([&] { return second.collector().collecting(); }));
    first.collect();
    collects.join();
    EXPECT_EQ(status, 0);
    Probe::forget_scripts();
}

}  // namespace
}  // namespace ouro
