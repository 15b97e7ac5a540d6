// Goal: threads make and end small objects without the lock, and what they keep at hand for that
// is bounded, counted, and anybody's when memory is short or they have ended
// (heap/paged/cell_cache.h).
#include <cstdlib>
#include <latch>
#include <memory>
#include <thread>
#include <vector>

#include "tests/support/cache_test.h"

namespace ouro {
namespace {

using testing::changed;
using testing::kKiB;
using testing::kMiB;
using testing::manual;
using testing::Payload;

using Small = Payload<48>;
using PageSized = Payload<4000>;

/// Caches from the first object on.
class CachesTest : public testing::HeapTest {
protected:
    explicit CachesTest(std::size_t bytes = 4 * kMiB, std::uint32_t percent = 20)
        : HeapTest(bytes, testing::with_caches(percent)) {}

    Statistics now() { return heap().statistics(); }
    bool is_parked() { return now().parked_bytes != 0; }
    /// Objects of all sizes that are cached, made and ended by the caller.
    void use_all_sizes() {
        make<Payload<8>>();
        make<Payload<48>>();
        make<Payload<112>>();
        make<Payload<240>>();
        make<Payload<496>>();
        make<Payload<900>>();
    }
    /// Runs `thread_work` on another thread, then `work` while that thread lives.
    template <class ThreadWork, class Work>
    void beside(ThreadWork thread_work, Work work) {
        std::latch ready(1);
        std::latch done(1);
        std::thread thread([&] {
            thread_work();
            ready.count_down();
            done.wait();
        });
        ready.wait();
        work();
        done.count_down();
        thread.join();
    }
    /// On a thread of its own: `before`, then, while this one has the lock, `work`.
    template <class Before, class Work>
    void expect_no_lock(Before before, Work work) {
        std::latch prepared(1);
        std::latch locked(1);
        platform::atomic<std::uint32_t> went_on{0};
        std::thread thread([&] {
            before();
            prepared.count_down();
            locked.wait();
            work();
            went_on.store(1, platform::memory_order_release);
        });
        prepared.wait();
        heap().blocks().lock().lock();
        locked.count_down();
        EXPECT_TRUE(
            testing::wait_until([&] { return went_on.load(platform::memory_order_acquire) != 0; }));
        heap().blocks().lock().unlock();
        thread.join();
    }
    std::size_t fill() {
        std::size_t made = 0;
        while (auto object = try_make<PageSized>(heap())) {
            kept_.push_back(std::move(*object));
            ++made;
        }
        return made;
    }
    void TearDown() override {
        kept_.clear();
        HeapTest::TearDown();
    }

private:
    std::vector<Ref<PageSized>> kept_;
};

TEST_F(CachesTest, a_small_object_is_made_and_ended_while_another_thread_has_the_lock) {
    expect_no_lock([&] { make<Small>(); },
                   [&] {
                       const Ref<Small> first = make<Small>();
                       Ref<Small> second = make<Small>();
                       second.reset();
                   });
    EXPECT_EQ(now().objects_made, 3u);
    EXPECT_EQ(now().reclaimed_by_count, 3u);
}

TEST_F(CachesTest, a_thread_makes_and_ends_in_all_its_spans_without_the_lock) {
    std::vector<Ref<Small>> objects(700);
    const auto make_all = [&] {
        for (Ref<Small>& object : objects) object = make<Small>();
    };
    expect_no_lock(make_all, [&] {
        for (Ref<Small>& object : objects) object.reset();
        make_all();
        for (std::size_t i = 0; i < objects.size(); i += 3) objects[i].reset();
        for (std::size_t i = 0; i < objects.size(); i += 3) objects[i] = make<Small>();
    });
    EXPECT_TRUE(testing::is_sound(collector()));
    objects.clear();
}

TEST_F(CachesTest, a_thread_that_has_spans_of_one_size_everywhere_gets_one_of_another) {
    std::vector<Ref<Small>> objects(70 * 64);  // more spans than a cache has slots
    Ref<Payload<240>> other;
    expect_no_lock(
        [&] {
            for (Ref<Small>& object : objects) object = make<Small>();
            other = make<Payload<240>>();
        },
        [&] {
            other.reset();
            other = make<Payload<240>>();
        });
    EXPECT_TRUE(testing::is_sound(collector()));
    for (std::size_t i = 0; i < objects.size(); i += 2) objects[i].reset();
    EXPECT_TRUE(testing::is_sound(collector()));
    objects.clear();
}

TEST_F(CachesTest, what_a_thread_has_at_hand_is_told_and_not_called_free) {
    EXPECT_FALSE(is_parked());
    const Ref<Small> one = make<Small>();
    const Statistics s = now();
    EXPECT_GT(s.parked_bytes, 0u);
    EXPECT_EQ(s.used_bytes + s.parked_bytes + s.free_bytes, s.capacity_bytes);
}

TEST_F(CachesTest, threads_together_keep_no_more_than_their_share) {
    constexpr std::size_t kThreads = 40;
    std::latch ready(kThreads);
    std::latch done(1);
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i < kThreads; ++i) {
        threads.emplace_back([&] {
            for (int round = 0; round < 3; ++round) use_all_sizes();
            ready.count_down();
            done.wait();
        });
    }
    ready.wait();
    const Statistics s = now();
    EXPECT_GT(s.parked_bytes, s.capacity_bytes / 10);
    EXPECT_LE(s.parked_bytes, s.capacity_bytes / 5);
    done.count_down();
    for (std::thread& thread : threads) thread.join();
}

TEST_F(CachesTest, a_thread_that_ends_keeps_nothing) {
    std::thread([&] {
        use_all_sizes();
        EXPECT_TRUE(is_parked());
    }).join();
    EXPECT_FALSE(is_parked());
    EXPECT_EQ(now().free_bytes, now().capacity_bytes);
}

TEST_F(CachesTest, what_a_sleeping_thread_has_at_hand_is_taken_before_memory_is_exhausted) {
    const std::size_t pages = now().capacity_bytes / 4096;
    beside([&] { use_all_sizes(); },
           [&] {
               EXPECT_TRUE(is_parked());
               EXPECT_EQ(fill(), pages);
               EXPECT_FALSE(is_parked());
           });
}

TEST_F(CachesTest, a_thread_whose_cache_was_taken_goes_on) {
    std::latch has_cache(1);
    std::latch taken(1);
    std::thread thread([&] {
        const Ref<Small> before = make<Small>();
        has_cache.count_down();
        taken.wait();
        Ref<Small> after = make<Small>();
        after.reset();
    });
    has_cache.wait();
    heap().blocks().empty_caches();
    taken.count_down();
    thread.join();
    EXPECT_EQ(now().objects_made, 2u);
    EXPECT_EQ(now().reclaimed_by_count, 2u);
}

TEST_F(CachesTest, cells_that_another_thread_ends_come_back_to_the_maker) {
    make<Small>();
    const std::size_t parked = now().parked_bytes;
    for (int round = 0; round < 50; ++round) {
        std::vector<Ref<Small>> made;
        for (int i = 0; i < 40; ++i) made.push_back(make<Small>());
        std::thread([&] { made.clear(); }).join();
    }
    EXPECT_EQ(now().parked_bytes, parked);
    EXPECT_EQ(now().reclaimed_by_count, 2001u);
}

TEST_F(CachesTest, a_generation_never_repeats_in_a_cell_that_goes_through_a_cache) {
    Ref<Small> first = make<Small>();
    const Id id = ouro::id(first);
    first.reset();
    for (int i = 0; i < 200; ++i) {
        const Ref<Small> other = make<Small>();
        EXPECT_FALSE(ouro::id(other) == id);
        EXPECT_FALSE(refcount(id));
    }
}

TEST_F(CachesTest, a_heap_that_follows_in_the_region_has_no_part_in_old_caches) {
    beside([&] { use_all_sizes(); },
           [&] {
               restart(manual());
               const Ref<Small> one = make<Small>();
               EXPECT_EQ(now().live_objects, 1u);
           });
}

TEST_F(CachesTest, objects_end_after_their_heap_was_shut_down) {
    Ref<Small> last = make<Small>();
    make<Small>();
    heap().shut_down();
    EXPECT_FALSE(is_parked());
    last.reset();
    EXPECT_EQ(now().live_objects, 0u);
}

// In a process of its own. Heaps that handles outlive have no caches any more, but keep their
// number: so what is refused for want of a number has got a place for caches.
[[noreturn]] void unmap_the_region_of_a_refused_heap() {
    std::vector<std::unique_ptr<testing::Region>> regions;
    std::vector<Ref<testing::Leaf>> kept;
    for (int i = 0; i < 17; ++i) regions.push_back(std::make_unique<testing::Region>(kMiB));
    for (int i = 0; i < 16; ++i) {
        Heap* heap = Heap::create(regions[i]->span()).value();
        kept.push_back(make<testing::Leaf>(*heap));
        if (i != 0) heap->destroy();
    }
    Heap* first = Heap::of(kept[0].get());
    std::thread([&] {
        for (int i = 0; i < 200; ++i) make<testing::Leaf>(*first).reset();
        if (first->statistics().parked_bytes == 0) std::_Exit(2);  // no cache to be given back
        if (Heap::create(regions[16]->span()).error() != Error::too_many_heaps) std::_Exit(1);
        regions[16]->unmap();
    }).join();
    std::_Exit(0);
}

TEST(RefusedHeap, is_remembered_by_no_thread) {
    EXPECT_EXIT(unmap_the_region_of_a_refused_heap(), ::testing::ExitedWithCode(0), "");
}

class NoCaches : public CachesTest {
protected:
    NoCaches() : CachesTest(4 * kMiB, 0) {}
};

TEST_F(NoCaches, a_share_of_nothing_parks_nothing) {
    use_all_sizes();
    EXPECT_FALSE(is_parked());
}

class SmallShare : public CachesTest {
protected:
    SmallShare() : CachesTest(256 * kKiB, 2) {}
};

TEST_F(SmallShare, a_share_too_small_for_a_cache_parks_nothing) {
    use_all_sizes();
    EXPECT_FALSE(is_parked());
}

}  // namespace
}  // namespace ouro
