// Goal: what a legacy collection lets go does not race with what passes do on the same pages.
// Method: a thread that runs nothing but passes, beside collections of rings that stay; a race is
// ThreadSanitizer's to find.
#include <gtest/gtest.h>

#include <thread>

#include "tests/support/heap_test.h"

namespace ouro {
namespace {

using testing::drop_ring_of_two;
using testing::Finalized;

class LegacyBesidePasses : public testing::HeapTest {
protected:
    LegacyBesidePasses()
        : HeapTest(kBytes, testing::changed(testing::manual(),
                                            [](auto& c) { c.heap.legacy_finalizers = true; })) {}
};

TEST_F(LegacyBesidePasses, drops_its_claims_under_the_pass_lock) {
    constexpr std::size_t kRounds = 25, kRings = 10;
    std::size_t uncollectable = 0;
    {
        const std::jthread rehearsals([this](const std::stop_token& stop) {
            while (!stop.stop_requested()) collector().rehearse();
        });
        for (std::size_t round = 0; round < kRounds; ++round) {
            for (std::size_t i = 0; i < kRings; ++i) drop_ring_of_two<Finalized>(managed(), 0, 0);
            uncollectable += collector().collect().uncollectable;
            collector().clear_garbage();
        }
    }
    EXPECT_GE(uncollectable, 2 * kRounds * kRings) << "what is let go is found again";
    EXPECT_EQ(live_objects(), 2 * kRounds * kRings);
    expect_leaks(2 * kRounds * kRings);
}

}  // namespace
}  // namespace ouro
