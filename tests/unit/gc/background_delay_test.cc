// Goal: the background thread begins when there is reason to, whatever its delay: enough bytes of
// large objects, ends that were put off. Method: garbage, then waiting for its end without a limit
// on time that a working collector could reach.
#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <thread>
#include <utility>

#include "tests/support/heap_test.h"
#include "tests/support/threads.h"

namespace ouro {
namespace {

using testing::drop_self_loop;
using testing::HeapTest;
using testing::Hub;
using testing::Plain;
using testing::wait_until;

class BackgroundByBytes : public HeapTest {
protected:
    BackgroundByBytes()
        : HeapTest(kBytes, testing::changed(testing::with_background(), [](auto& c) {
                       c.collector.threshold_pages = 1000;
                       c.collector.delay_ns = 3'600'000'000'000;
                   })) {}
    /// A ring of one, of a hundredth of the region.
    void drop_large_ring() {
        const Ref<Hub> hub = try_make_variable<Hub>(heap(), Trailing{1, kBytes / 100}).value();
        hub->at(0) = hub;
    }
};

TEST_F(BackgroundByBytes, starts_when_large_objects_have_taken_their_share) {
    for (int i = 0; i < 60; ++i) drop_large_ring();
    EXPECT_TRUE(wait_until([this] { return live_objects() <= 13; })) << "less than 12 % and two";
    collect();
}

class BoundedInBackground : public HeapTest {
protected:
    BoundedInBackground()
        : HeapTest(kBytes,
                   testing::bounded(testing::changed(
                       testing::with_background(), [](auto& c) { c.collector.enabled = false; }))) {
    }
};

TEST_F(BoundedInBackground, what_was_put_off_is_settled_also_beside_candidates_that_wait) {
    for (int round = 0; round < 5; ++round) {
        drop_self_loop<Plain>(managed(), 1);  // wakes the collector, which may not ask it
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
        Ref<Plain> list;
        for (int i = 0; i < 100; ++i) list = make<Plain>(i, std::move(list));
        list.reset();
        const std::size_t loops = static_cast<std::size_t>(round) + 1;
        EXPECT_TRUE(wait_until([&] { return live_objects() == loops; })) << round;
    }
}

class PatientInBackground : public HeapTest {
protected:
    PatientInBackground()
        : HeapTest(kBytes,
                   testing::bounded(testing::changed(testing::with_background(), [](auto& c) {
                       c.collector.delay_ns = 3'600'000'000'000;
                   }))) {}
    void drop_list() {
        Ref<Plain> list;
        for (int i = 0; i < 1000; ++i) list = make<Plain>(i, std::move(list));
    }
};

// The first time is while nothing else is to be done, the second while the thread lets candidates
// come together.
TEST_F(PatientInBackground, what_is_put_off_cuts_the_delay_short) {
    drop_list();
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    while (live_objects() != 0) collect();
    drop_list();
    EXPECT_TRUE(wait_until([this] { return live_objects() == 0; }));
}

}  // namespace
}  // namespace ouro
