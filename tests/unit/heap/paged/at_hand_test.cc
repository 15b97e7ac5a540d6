// Goal: what a thread has just freed is what it makes its next object of, cleared, whatever the
// object's size and type; heaps that follow each other have nothing at hand of each other
// (heap/paged/cell_cache.h, K5). Method: one thread with a cache, addresses and contents.
#include <algorithm>
#include <cstring>
#include <latch>
#include <thread>
#include <utility>
#include <vector>

#include "tests/support/cache_test.h"

namespace ouro {
namespace {

using platform::memory_order_relaxed;
using testing::kMiB;
using testing::Payload;

struct Bytes : Variable {
    using ouro_leaf = void;
};

template <int kNumber>
struct Tag {
    using ouro_leaf = void;
    std::byte bytes[40];
};

class AtHand : public testing::HeapTest {
protected:
    AtHand() : HeapTest(4 * kMiB, testing::with_caches()) {}

    Ref<Bytes> make_bytes(std::uint32_t count) {
        return try_make_variable<Bytes>(heap(), Trailing{0, count}).value();
    }
    template <class T>
    bool next_one_is_where_the_last_was() {
        make<T>().reset();
        Ref<T> one = make<T>();
        const void* at = one.get();
        one.reset();
        return make<T>().get() == at;
    }
    bool has_cache() { return testing::cache_of_caller(heap()) != nullptr; }
};

TEST_F(AtHand, memory_that_comes_again_is_zero) {
    for (std::uint32_t count = 0; count <= 300; ++count) {
        Ref<Bytes> first = make_bytes(count);
        const void* at = first.get();
        std::memset(trailing_bytes(first.get()), 0xff, count);
        first.reset();
        const Ref<Bytes> again = make_bytes(count);
        ASSERT_EQ(again.get(), at) << count;
        const std::byte* bytes = trailing_bytes(again.get());
        EXPECT_TRUE(std::all_of(bytes, bytes + count, [](std::byte b) { return b == std::byte{}; }))
            << count;
        EXPECT_EQ(trailing_of(again.get()).byte_count, count);
        EXPECT_EQ(trailing_of(again.get()).field_count, 0u);
    }
    EXPECT_EQ(heap().blocks().verify(), nullptr);
}

TEST_F(AtHand, a_thread_has_it_too_where_all_memory_waits_in_empty_spans) {
    {
        std::vector<Ref<Payload<48>>> all;
        while (auto made = try_make<Payload<48>>(heap())) all.push_back(std::move(*made));
    }
    std::thread([this] {
        for (int i = 0; i < 3; ++i) make<Payload<48>>();
        EXPECT_TRUE(has_cache());
    }).join();
}

TEST_F(AtHand, fields_that_come_again_are_null) {
    using testing::Plain;
    const Ref<Plain> other = make<Plain>(1);
    Ref<Plain> first = make<Plain>(2);
    const void* at = first.get();
    first->left = other;
    first->right = other;
    first.reset();
    const Ref<Plain> again = make<Plain>(3);
    ASSERT_EQ(again.get(), at);
    EXPECT_FALSE(again->left || again->right || again->any);
    EXPECT_EQ(refcount(other), 1u);
}

// So many types in so small a table that some are not where the search begins.
TEST_F(AtHand, types_that_are_found_by_a_search_have_it_too) {
    restart(testing::changed(testing::with_caches(),
                             [](ManagedHeapConfig& c) { c.heap.types_max = 26; }));
    const auto all = [this]<int... kNumbers>(std::integer_sequence<int, kNumbers...>) {
        return (next_one_is_where_the_last_was<Tag<kNumbers>>() && ...);
    };
    EXPECT_TRUE(all(std::make_integer_sequence<int, 24>()));
    EXPECT_EQ(heap().blocks().verify(), nullptr);
}

TEST_F(AtHand, many_threads_have_something_in_a_small_region) {
    restart(testing::with_caches(6));
    constexpr int kThreads = 32;
    platform::atomic<std::uint32_t> have{0};
    std::latch ready(kThreads);
    std::vector<std::thread> threads;
    for (int i = 0; i < kThreads; ++i) {
        threads.emplace_back([&] {
            for (int n = 0; n < 100; ++n) make<Payload<48>>();
            if (has_cache()) have.fetch_add(1, memory_order_relaxed);
            ready.arrive_and_wait();
        });
    }
    for (std::thread& thread : threads) thread.join();
    // 6 % of 4 MiB, less the page records, for two pages of the cache, what it may keep, a span and
    // a stack: 18 KiB each.
    EXPECT_GE(have.load(memory_order_relaxed), 11u);
}

TEST_F(AtHand, a_handle_that_outlives_its_heap_takes_nothing_from_the_next_one) {
    Ref<Payload<48>> late = make<Payload<48>>();
    ASSERT_TRUE(has_cache());
    const void* at = late.get();
    heap().shut_down();
    ASSERT_FALSE(has_cache());
    testing::Region region(kMiB);
    {
        ManagedHeap next(region.span(), testing::with_caches());
        next.make<Payload<48>>().reset();
        const Statistics before = next.heap().statistics();
        EXPECT_NE(before.parked_bytes, 0u) << "it has the place that the first one gave up";
        late.reset();
        EXPECT_EQ(Heap::of(at), nullptr) << "the first heap has ended with its last object";
        EXPECT_EQ(next.heap().statistics().used_bytes, before.used_bytes);
        EXPECT_EQ(next.heap().blocks().verify(), nullptr);
    }
}

}  // namespace
}  // namespace ouro
