// Goal: a ManagedHeap binds heap and collector for its lifetime, moves, reports why it cannot be
// made, and its end collects. Method: create, move, end; events and errors.
#include "gc/managed_heap.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <optional>
#include <utility>
#include <vector>

#include "heap/query.h"
#include "platform/thread.h"
#include "tests/support/heap_test.h"
#include "tests/support/region.h"
#include "tests/support/sanitizer.h"

namespace ouro {
namespace {

using testing::drop_ring_of_two;
using testing::Finalized;
using testing::kKiB;
using testing::kMiB;
using testing::Leaf;
using testing::Plain;
using testing::Probe;
using testing::Region;
namespace events = testing::events;

class ManagedHeapTest : public ::testing::Test {
protected:
    ManagedHeapTest() : region_(4 * kMiB) { events::clear(); }
    Region region_;
};

TEST_F(ManagedHeapTest, create_gives_a_working_heap_or_the_reason) {
    auto made = ManagedHeap::create(region_.span(), testing::manual());
    ASSERT_TRUE(made.ok());
    EXPECT_TRUE(made->try_make<Leaf>().ok());
    EXPECT_EQ(ManagedHeap::create(region_.span(), testing::manual()).error(), Error::region_in_use);
    Region tiny(4 * kKiB);
    EXPECT_EQ(ManagedHeap::create(tiny.span(), testing::manual()).error(), Error::region_too_small);
}

TEST_F(ManagedHeapTest, the_constructor_stops_with_the_reason) {
    Region tiny(4 * kKiB);
    EXPECT_DEATH(ManagedHeap heap(tiny.span(), testing::manual()), "the region is too small");
}

TEST_F(ManagedHeapTest, a_failed_create_leaves_the_region_free) {
    EXPECT_FALSE(ManagedHeap::create(region_.span().first(4 * kKiB), testing::manual()).ok());
    EXPECT_TRUE(ManagedHeap::create(region_.span(), testing::manual()).ok());
}

TEST_F(ManagedHeapTest, can_be_moved_with_its_background_thread) {
    ManagedHeap first(region_.span());
    Ref<Plain> a = first.make<Plain>(1);
    ManagedHeap second = std::move(first);
    EXPECT_EQ(Heap::of(a.get()), &second.heap());
    drop_ring_of_two<Plain>(second, 1, 2);
    second.collector().collect();
    EXPECT_EQ(second.heap().statistics().live_objects, 1u);
}

TEST_F(ManagedHeapTest, its_end_collects_and_runs_finalizers) {
    {
        ManagedHeap heap(region_.span(), testing::manual());
        drop_ring_of_two<Probe>(heap, 1, 2);
    }
    EXPECT_EQ(events::count('F'), 2);
    EXPECT_EQ(events::count('D'), 2);
}

TEST_F(ManagedHeapTest, shut_down_runs_the_finalizers_of_what_still_lives_and_reports) {
    Ref<Probe> kept;
    Ref<Finalized> leaf;
    {
        ManagedHeap heap(region_.span(), testing::manual());
        drop_ring_of_two<Probe>(heap, 1, 2);
        kept = heap.make<Probe>(3);
        kept->left = heap.make<Probe>(4);
        leaf = heap.make<Finalized>(5);
        Probe::on_finalize[3] = [](Probe& object) { object.left = nullptr; };
        const ShutdownReport report = heap.shut_down();
        Probe::forget_scripts();
        EXPECT_TRUE(report.complete);
        EXPECT_EQ(report.collected, 2u);
        EXPECT_GE(report.finalized, 2u);
        EXPECT_EQ(report.live_objects, 2u);
        EXPECT_EQ(report.live_bytes, sizeof(Probe) + sizeof(Finalized));
        EXPECT_EQ(events::count('F'), 5);
        EXPECT_EQ(events::count('D', 4), 1);
        EXPECT_EQ(heap.try_make<Plain>().error(), Error::shut_down);
        EXPECT_EQ(heap.shut_down().live_objects, 2u);
    }
    kept.reset();
    leaf.reset();
    EXPECT_EQ(events::count('F'), 5) << "at most once";
    EXPECT_EQ(events::count('D', 3), 1);
}

TEST_F(ManagedHeapTest, shut_down_ends_and_says_so_when_finalizers_go_on_making_objects) {
    ManagedHeap heap(region_.span(), testing::manual());
    Ref<Probe> current = heap.make<Probe>(1);
    Ref<Probe> previous;  // its place is free for the next one, behind the back of the search
    Probe::on_finalize[1] = [&](Probe&) {
        previous = std::move(current);
        current = heap.make<Probe>(1);
    };
    const ShutdownReport report = heap.shut_down();
    Probe::forget_scripts();
    EXPECT_FALSE(report.complete);
    EXPECT_GE(report.finalized, 16u);
    EXPECT_EQ(report.live_objects, 2u);
}

TEST_F(ManagedHeapTest, its_end_with_a_background_thread_at_work_is_complete_too) {
    for (int round = 0; round < 20; ++round) {
        events::clear();
        {
            ManagedHeap heap(region_.span());
            for (int i = 0; i < 50; ++i) drop_ring_of_two<Probe>(heap, 1, 2);
        }
        ASSERT_EQ(events::count('F'), 100);
        ASSERT_EQ(events::count('D'), 100);
    }
}

TEST_F(ManagedHeapTest, what_finalizers_of_the_last_collection_drop_goes_too) {
    {
        ManagedHeap heap(region_.span(), testing::manual());
        Probe::on_finalize[1] = [&](Probe&) { drop_ring_of_two<Probe>(heap, 3, 4); };
        drop_ring_of_two<Probe>(heap, 1, 2);
    }
    Probe::forget_scripts();
    EXPECT_EQ(events::count('F', 1), 1);
    EXPECT_EQ(events::count('F', 3) + events::count('F', 4), 2);
}

TEST_F(ManagedHeapTest, handles_may_outlive_it_and_release_later) {
    Ref<Probe> kept;
    Weak<Probe> weak;
    {
        ManagedHeap heap(region_.span(), testing::manual());
        kept = heap.make<Probe>(1);
        kept->left = heap.make<Probe>(2);
        weak = kept;
    }
    EXPECT_EQ(events::all(), "F1 F2") << "finalizers at the end, destructors with the last handle";
    EXPECT_EQ(refcount(kept), 1u);
    EXPECT_EQ(weak.lock(), kept);
    EXPECT_EQ(ManagedHeap::create(region_.span(), testing::manual()).error(), Error::region_in_use);
    kept.reset();
    EXPECT_EQ(events::all(), "F1 F2 D1 D2");
    EXPECT_TRUE(weak.expired());
    EXPECT_TRUE(ManagedHeap::create(region_.span(), testing::manual()).ok());
}

TEST_F(ManagedHeapTest, nothing_can_be_made_in_a_heap_that_ended) {
    Heap* heap = nullptr;
    Ref<Leaf> kept;
    {
        ManagedHeap managed(region_.span(), testing::manual());
        heap = &managed.heap();
        kept = managed.make<Leaf>();
    }
    EXPECT_EQ(try_make<Leaf>(*heap).error(), Error::shut_down);
}

TEST_F(ManagedHeapTest, several_keep_their_objects_apart) {
    Region second_region(2 * kMiB);
    ManagedHeap first(region_.span(), testing::manual());
    std::optional<ManagedHeap> second(std::in_place, second_region.span(), testing::manual());
    drop_ring_of_two<Plain>(first, 1, 2);
    drop_ring_of_two<Plain>(*second, 1, 2);
    EXPECT_EQ(first.collector().collect().unreachable, 2u);
    EXPECT_EQ(second->heap().statistics().live_objects, 2u);
    Ref<Plain> across = first.make<Plain>(3);
    across->left = second->make<Plain>(4);
    across->left->left = across;  // a ring across heaps is held from outside for both
    EXPECT_EQ(first.collector().collect().unreachable, 0u);
    EXPECT_EQ(second->collector().collect().unreachable, 2u);
    EXPECT_EQ(across->left->id, 4);
    across->left = nullptr;
    EXPECT_EQ(second->heap().statistics().live_objects, 0u);
    second.reset();
}

TEST_F(ManagedHeapTest, a_background_thread_that_the_machine_refuses_is_an_error) {
    if (testing::kAsan || testing::kTsan) GTEST_SKIP() << "a sanitizer needs address space itself";
    testing::Region region(testing::kMiB);
    // Stacks of threads that have ended are used again: those first.
    std::vector<platform::Thread> idle(64);
    platform::atomic<std::uint32_t> go_home{0};
    const auto wait = [](void* until) {
        auto& word = *static_cast<platform::atomic<std::uint32_t>*>(until);
        while (word.load(platform::memory_order_acquire) == 0) platform::yield_thread();
    };
    rlimit before{};
    ASSERT_EQ(getrlimit(RLIMIT_AS, &before), 0);
    const rlimit none{1, before.rlim_max};  // nothing can be mapped from now on, as for a stack
    ASSERT_EQ(setrlimit(RLIMIT_AS, &none), 0);
    for (auto& thread : idle) {
        if (!thread.start(wait, &go_home)) break;
    }
    const Error error = ManagedHeap::create(region.span()).error();
    ASSERT_EQ(setrlimit(RLIMIT_AS, &before), 0);
    go_home.store(1, platform::memory_order_release);
    for (auto& thread : idle) thread.join();
    EXPECT_EQ(error, Error::busy);
    EXPECT_TRUE(ManagedHeap::create(region.span()).ok()) << "the region is free again";
}

}  // namespace
}  // namespace ouro
