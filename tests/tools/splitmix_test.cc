// Goal: splitmix64 is the published function. Method: known outputs, and a fingerprint that a
// real graph file states.
#include "tools/splitmix.h"

#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <set>

namespace ouro::tools {
namespace {

TEST(Splitmix, is_the_first_output_of_the_published_generator) {
    EXPECT_EQ(splitmix64(0), 0xE220A8397B1DCDAFu);
}

TEST(Splitmix, yields_the_published_sequence_when_the_state_advances) {
    constexpr std::uint64_t kIncrement = 0x9E3779B97F4A7C15u;
    const std::array<std::uint64_t, 5> expected = {6457827717110365317u, 3203168211198807973u,
                                                   9817491932198370423u, 4593380528125082431u,
                                                   16408922859458223821u};
    std::uint64_t state = 1234567;
    for (const std::uint64_t output : expected) {
        EXPECT_EQ(splitmix64(state), output);
        state += kIncrement;
    }
}

TEST(Splitmix, works_at_compile_time) { static_assert(splitmix64(1) != splitmix64(2)); }

TEST(Splitmix, maps_small_ids_to_distinct_values) {
    std::set<std::uint64_t> values;
    for (std::uint64_t id = 0; id < 100'000; ++id) {
        values.insert(splitmix64(id));
    }
    EXPECT_EQ(values.size(), 100'000u);
}

TEST(Splitmix, wraps_at_the_greatest_argument) {
    EXPECT_EQ(splitmix64(~std::uint64_t{0}), 0xE4D971771B652C20u);
}

}  // namespace
}  // namespace ouro::tools
