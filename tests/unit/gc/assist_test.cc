// Goal: threads whose allocations make memory grow do a part of the collector's work, as much as is
// due and no more.
// Method: one thread makes garbage while the collector's own thread stays in a finalizer.
#include <gtest/gtest.h>

#include <cstddef>
#include <utility>

#include "tests/support/heap_test.h"

namespace ouro {
namespace {

using testing::Plain;
using testing::Probe;
namespace events = testing::events;

constexpr std::size_t kAssistBytes = 256 * 1024;

ManagedHeapConfig assisted(std::size_t bytes = kAssistBytes) {
    return testing::changed(testing::with_background(), [bytes](auto& c) {
        c.collector.assist_bytes = bytes;
        c.collector.assist_percent = 0;
    });
}

class AssistTest : public testing::HeapTest {
protected:
    /// The collector's thread runs the finalizer of a ring until let_go().
    void occupy() {
        Probe::on_finalize[99] = [this](Probe&) {
            // order: acquire, release; pairs with each other, here and in let_go().
            occupied_.store(1, platform::memory_order_release);
            EXPECT_TRUE(testing::wait_until(
                [this] { return occupied_.load(platform::memory_order_acquire) == 2; }));
        };
        testing::drop_self_loop<Probe>(managed(), 99);
        ASSERT_TRUE(testing::wait_until(
            [this] { return occupied_.load(platform::memory_order_acquire) == 1; }));
    }
    void let_go() {
        occupied_.store(2, platform::memory_order_release);
        collector().stop();
    }
    std::size_t emergencies() { return heap().statistics().emergency_collections; }
    std::size_t used_at_most() { return heap().statistics().used_bytes_max; }
    template <class T = Plain>
    void drop_rings(int many) {
        for (int i = 0; i < many; ++i) testing::drop_ring_of_two<T>(managed(), 1, 2);
    }

private:
    platform::atomic<int> occupied_{0};
};

TEST_F(AssistTest, garbage_keeps_within_its_allowance_while_the_collector_is_kept_from_work) {
    restart(assisted());
    occupy();
    drop_rings(200'000);
    EXPECT_EQ(emergencies(), 0u);
    EXPECT_LE(used_at_most(), 4 * kAssistBytes);
    let_go();
}

TEST_F(AssistTest, the_allowance_is_on_top_of_what_lives) {
    restart(assisted());
    Ref<Plain> list;
    for (int i = 0; i < 50'000; ++i) {
        Ref<Plain> node = make<Plain>(i);
        node->left = std::move(list);
        list = std::move(node);
    }
    const std::size_t live = heap().statistics().used_bytes;
    occupy();
    drop_rings(200'000);
    EXPECT_EQ(emergencies(), 0u);
    EXPECT_LE(used_at_most(), live + 4 * kAssistBytes);
    let_go();
    list.reset();
}

TEST_F(AssistTest, where_all_lives_no_pass_is_begun) {
    restart(assisted());
    occupy();
    const auto before = collector().statistics();
    Ref<Plain> list;
    for (int i = 0; i < 50'000; ++i) {
        Ref<Plain> node = make<Plain>(i);
        node->left = std::move(list);
        list = std::move(node);
    }
    EXPECT_EQ(collector().statistics().passes, before.passes);
    let_go();
    list.reset();
}

TEST_F(AssistTest, what_has_user_code_is_left_to_the_collectors_thread) {
    restart(assisted());
    occupy();
    drop_rings<Probe>(10'000);
    EXPECT_EQ(events::count('F', 1), 0);
    let_go();
    collect();
    EXPECT_EQ(events::count('F', 1), 10'000);
    EXPECT_EQ(events::count('D', 1), 10'000);
}

TEST_F(AssistTest, a_disabled_collector_is_not_helped) {
    restart(assisted());
    collector().disable();
    drop_rings(10'000);
    EXPECT_EQ(live_objects(), 20'000u);
    collector().stop();
    collect();
}

TEST_F(AssistTest, nor_is_one_without_a_thread) {
    restart(testing::changed(assisted(), [](auto& c) { c.collector.background = false; }));
    drop_rings(10'000);
    EXPECT_EQ(live_objects(), 20'000u);
    collect();
}

TEST_F(AssistTest, with_0_bytes_nobody_helps) {
    restart(assisted(0));
    occupy();
    drop_rings(10'000);
    EXPECT_EQ(live_objects(), 20'001u);
    let_go();
    collect();
}

}  // namespace
}  // namespace ouro
