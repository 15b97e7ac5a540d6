// Goal: threads may end at any point and leave nothing behind that the heap misses: what their
// thread-locals hold is released when they end, cycles that they leave are found, and handles in
// thread-locals may outlive the heap. Method: many short threads; one that ends after the heap.
#include <gtest/gtest.h>

#include <barrier>
#include <cstdlib>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "heap/query.h"
#include "tests/support/heap_test.h"
#include "tests/support/random.h"
#include "tests/support/sanitizer.h"
#include "tests/support/threads.h"

namespace ouro {
namespace {

using testing::HeapTest;
using testing::Plain;
using testing::Probe;
namespace events = testing::events;

thread_local Ref<Probe> t_handle;
thread_local Weak<Probe> t_weak;
thread_local std::optional<std::vector<Ref<Plain>>> t_many;

class ThreadEnd : public HeapTest {};

TEST_F(ThreadEnd, releases_what_its_thread_locals_hold) {
    std::thread([this] {
        t_handle = make<Probe>(1);
        t_handle->left = make<Probe>(2);
        t_weak = t_handle;
    }).join();
    EXPECT_EQ(events::all(), "F1 D1 F2 D2");
    EXPECT_EQ(live_objects(), 0u);
}

TEST_F(ThreadEnd, user_code_in_thread_local_destructors_may_use_the_heap) {
    Ref<Probe> saved;
    Probe::on_finalize[1] = [&](Probe& object) {
        make<Plain>(3);
        saved = self(&object);
    };
    std::thread([this] { t_handle = make<Probe>(1); }).join();
    EXPECT_EQ(events::all(), "F1");
    EXPECT_EQ(refcount(saved), 1u);
}

TEST_F(ThreadEnd, cycles_that_a_thread_leaves_are_collected) {
    std::thread([this] {
        t_handle = make<Probe>(1);
        t_handle->left = t_handle;
    }).join();
    EXPECT_EQ(live_objects(), 1u);
    EXPECT_EQ(collect(), 1u);
}

TEST_F(ThreadEnd, at_any_operation_leaves_a_sound_heap) {
    testing::SeededRandom random = testing::seeded_random();
    SCOPED_TRACE(random.seed_text());
    const Ref<Plain> shared = make<Plain>(0);
    for (std::size_t round = 0; round < testing::repeats(60); ++round) {
        const std::uint32_t seed = random.below(1u << 30);
        testing::run_threads(3, [&](std::size_t thread) {
            std::uint32_t state = seed + static_cast<std::uint32_t>(thread) * 77;
            const std::uint32_t operations = state % 40;
            t_many.emplace();
            for (std::uint32_t i = 0; i < operations; ++i) {
                state = state * 1664525u + 1013904223u;
                Ref<Plain> object = make<Plain>(static_cast<int>(i));
                if (state >> 31 != 0) object->left = object;
                if ((state >> 30 & 1) != 0) shared->right = object;
                object->right = shared->right.load();
                if ((state >> 29 & 1) != 0) t_many->push_back(std::move(object));
            }
            if ((state >> 28 & 1) != 0) collector().step(state % 10);
        });
        ASSERT_TRUE(testing::is_sound(collector())) << "round " << round;
    }
    shared->right = nullptr;
    collect();
    EXPECT_EQ(live_objects(), 1u);
}

TEST_F(ThreadEnd, handles_of_a_thread_that_outlives_the_heap_are_released_by_it) {
    std::barrier<> barrier(2);
    std::thread other([&] {
        t_handle = make<Probe>(1);
        t_handle->left = make<Probe>(2);
        t_weak = t_handle;
        barrier.arrive_and_wait();
        barrier.arrive_and_wait();  // the heap has ended
        EXPECT_EQ(t_handle->left->id, 2);
        EXPECT_EQ(t_weak.lock(), t_handle);
    });
    barrier.arrive_and_wait();
    end_heap();
    EXPECT_EQ(events::all(), "F1 F2") << "finalizers run at the end of the heap";
    barrier.arrive_and_wait();
    other.join();
    EXPECT_EQ(events::all(), "F1 F2 D1 D2");
    EXPECT_TRUE(ManagedHeap::create(region(), testing::manual()).ok())
        << "the region is free again";
}

TEST_F(ThreadEnd, a_thread_may_end_while_the_collector_runs_its_garbages_finalizers) {
    restart(testing::with_background());
    for (std::size_t round = 0; round < testing::repeats(50); ++round) {
        std::thread([this] {
            t_handle = make<Probe>(1);
            t_handle->left = make<Probe>(2);
            t_handle->left->left = t_handle;
        }).join();
    }
    EXPECT_TRUE(testing::wait_until([this] { return live_objects() == 0; }));
    collector().stop();
}

}  // namespace
}  // namespace ouro
