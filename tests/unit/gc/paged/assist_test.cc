// Goal: threads whose allocations need memory do a part of the collector's work, as much as is due
// and no more, and nothing of it is left to nobody.
// Method: one thread makes garbage as fast as it can, beside the collector's own.
#include <gtest/gtest.h>

#include <cstddef>
#include <utility>

#include "tests/support/heap_test.h"

namespace ouro {
namespace {

using testing::Plain;
using testing::Probe;
namespace events = testing::events;

constexpr std::size_t kAssistBytes = 128 * 1024;

ManagedHeapConfig assisted(std::size_t bytes = kAssistBytes) {
    return testing::changed(testing::with_background(), [bytes](auto& c) {
        c.collector.assist_bytes = bytes;
        c.collector.assist_percent = 0;
        c.collector.collect_patience_ns = 20'000'000;
    });
}

class AssistTest : public testing::HeapTest {
protected:
    void drop_rings(int many) {
        for (int i = 0; i < many; ++i) testing::drop_ring_of_two<Plain>(managed(), 1, 2);
    }
    /// A list of so many objects.
    Ref<Plain> list_of(int many) {
        Ref<Plain> list;
        for (int i = 0; i < many; ++i) {
            Ref<Plain> node = make<Plain>(i);
            node->left = std::move(list);
            list = std::move(node);
        }
        return list;
    }
    /// Garbage until somebody has helped. False: nobody does.
    bool somebody_helps() {
        for (int round = 0; round < 1000 && helped() == 0; ++round) drop_rings(2000);
        return helped() != 0;
    }
    std::size_t helped() { return collector().statistics().assisted; }
    std::size_t limit() { return heap().blocks().use_limit().get(); }
};

TEST_F(AssistTest, who_makes_more_garbage_than_is_to_wait_does_steps_of_passes) {
    restart(assisted());
    EXPECT_TRUE(somebody_helps());
    drop_rings(100'000);
    EXPECT_EQ(heap().statistics().emergency_collections, 0u);
    EXPECT_LE(heap().statistics().used_bytes_max, kBytes / 2);
    collector().stop();
    collect();
}

TEST_F(AssistTest, what_is_made_and_dropped_beside_much_that_lives_needs_no_help) {
    restart(assisted());
    Ref<Plain> list = list_of(50'000);
    const std::size_t live = heap().statistics().used_bytes;
    for (int i = 0; i < 1000; ++i) {
        for (int k = 0; k < 500; ++k) make<Plain>(k);
        drop_rings(1);  // rounds of passes come and go
    }
    ASSERT_TRUE(collector().settle());
    EXPECT_GE(limit(), live) << "what lives is not taken for garbage";
    const std::size_t before = helped();
    for (int k = 0; k < 100'000; ++k) make<Plain>(k);
    EXPECT_EQ(helped(), before);
    list.reset();
    collector().stop();
}

TEST_F(AssistTest, where_all_lives_the_limit_follows) {
    restart(assisted());
    Ref<Plain> list = list_of(100'000);
    EXPECT_GE(limit() + 4 * kAssistBytes, heap().statistics().used_bytes);
    list.reset();
    collector().stop();
}

TEST_F(AssistTest, large_garbage_that_one_candidate_leads_to_is_found_in_time) {
    restart(assisted());
    std::size_t ring_bytes = 0;
    for (int round = 0; round < 80; ++round) {
        Ref<Plain> last = make<Plain>(0);
        Ref<Plain> ring = last;
        for (int i = 1; i < 10'000; ++i) {
            Ref<Plain> node = make<Plain>(i);
            node->left = std::move(ring);
            ring = std::move(node);
        }
        last->left = ring;
        if (round == 0) ring_bytes = heap().statistics().used_bytes;
    }
    EXPECT_LT(heap().statistics().used_bytes_max, 15 * ring_bytes);
    collector().stop();
    collect();
}

TEST_F(AssistTest, while_a_collection_waits_for_a_thread_that_thread_helps_itself) {
    restart(assisted());
    platform::atomic<int> stage{0};
    Probe::on_finalize[1] = [&](Probe&) {
        // order: release and acquire; pair with each other.
        stage.store(1, platform::memory_order_release);
        EXPECT_TRUE(
            testing::wait_until([&] { return stage.load(platform::memory_order_acquire) == 2; }));
    };
    testing::drop_self_loop<Probe>(managed(), 1);
    ASSERT_TRUE(
        testing::wait_until([&] { return stage.load(platform::memory_order_acquire) == 1; }));
    drop_rings(100'000);
    EXPECT_LT(live_objects(), 50'000u);
    EXPECT_EQ(heap().statistics().emergency_collections, 0u);
    EXPECT_EQ(collector().collect().error, Error::busy);
    stage.store(2, platform::memory_order_release);
    EXPECT_TRUE(testing::wait_until([&] { return live_objects() == 0; })) << "none is left behind";
    collector().stop();
}

TEST_F(AssistTest, what_has_user_code_ends_on_the_collectors_thread) {
    restart(assisted());
    for (int i = 0; i < 20'000; ++i) {
        testing::drop_self_loop<Probe>(managed(), 1);
        testing::drop_self_loop<Plain>(managed(), 2);
    }
    EXPECT_TRUE(testing::wait_until([&] { return live_objects() == 0; }));
    EXPECT_EQ(events::count('F', 1), 20'000);
    EXPECT_EQ(events::count('D', 1), 20'000);
    collector().stop();
}

TEST_F(AssistTest, nobody_helps_a_disabled_collector) {
    restart(assisted());
    collector().disable();
    drop_rings(10'000);
    EXPECT_EQ(helped(), 0u);
    EXPECT_EQ(live_objects(), 20'000u);
    collector().stop();
    collect();
}

TEST_F(AssistTest, nor_one_without_a_thread) {
    restart(testing::changed(assisted(), [](auto& c) { c.collector.background = false; }));
    drop_rings(10'000);
    EXPECT_EQ(helped(), 0u);
    EXPECT_EQ(live_objects(), 20'000u);
    collect();
}

TEST_F(AssistTest, nor_with_0_bytes_and_with_all_there_are) {
    for (const std::size_t bytes : {std::size_t{0}, ~std::size_t{0}}) {
        restart(assisted(bytes));
        drop_rings(50'000);
        EXPECT_EQ(helped(), 0u);
        collector().stop();
        collect();
    }
}

}  // namespace
}  // namespace ouro
