// Goal: the port's atomic does what platform/port_concept.h asks of it, for all three widths that
// the core uses. Part of port conformance. Method: each operation alone, then sums of many threads.
#include "platform/atomic.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <type_traits>
#include <vector>

#include "tests/support/sanitizer.h"
#include "tests/support/threads.h"

namespace ouro::platform {
namespace {

template <class T>
class Atomic : public ::testing::Test {};
using Widths = ::testing::Types<std::uint32_t, std::uint64_t, std::uintptr_t>;
TYPED_TEST_SUITE(Atomic, Widths);

TYPED_TEST(Atomic, starts_with_zero_or_the_given_value) {
    const atomic<TypeParam> zero;
    const atomic<TypeParam> seven(TypeParam{7});
    EXPECT_EQ(zero.load(memory_order_relaxed), TypeParam{0});
    EXPECT_EQ(seven.load(memory_order_relaxed), TypeParam{7});
}

TYPED_TEST(Atomic, has_the_size_of_its_value_and_cannot_be_copied) {
    EXPECT_EQ(sizeof(atomic<TypeParam>), sizeof(TypeParam));
    EXPECT_FALSE(std::is_copy_constructible_v<atomic<TypeParam>>);
    EXPECT_FALSE(std::is_copy_assignable_v<atomic<TypeParam>>);
}

TYPED_TEST(Atomic, every_read_modify_write_returns_the_value_before) {
    atomic<TypeParam> value;
    value.store(12, memory_order_release);
    EXPECT_EQ(value.exchange(10, memory_order_acq_rel), TypeParam{12});
    EXPECT_EQ(value.fetch_add(5, memory_order_acq_rel), TypeParam{10});
    EXPECT_EQ(value.fetch_sub(3, memory_order_acq_rel), TypeParam{15});
    EXPECT_EQ(value.fetch_or(0x30, memory_order_acq_rel), TypeParam{12});
    EXPECT_EQ(value.fetch_and(0x2c, memory_order_acq_rel), TypeParam{0x3c});
    EXPECT_EQ(value.load(memory_order_acquire), TypeParam{0x2c});
}

TYPED_TEST(Atomic, arithmetic_wraps) {
    atomic<TypeParam> value;
    EXPECT_EQ(value.fetch_sub(1, memory_order_relaxed), TypeParam{0});
    EXPECT_EQ(value.load(memory_order_relaxed), static_cast<TypeParam>(~TypeParam{0}));
    value.fetch_add(2, memory_order_relaxed);
    EXPECT_EQ(value.load(memory_order_relaxed), TypeParam{1});
}

TYPED_TEST(Atomic, compare_exchange_succeeds_from_the_expected_value_only) {
    atomic<TypeParam> value(TypeParam{5});
    TypeParam expected = 4;
    EXPECT_FALSE(value.compare_exchange(expected, 9, memory_order_acq_rel, memory_order_acquire));
    EXPECT_EQ(expected, TypeParam{5}) << "the value found";
    EXPECT_TRUE(value.compare_exchange(expected, 9, memory_order_acq_rel, memory_order_acquire));
    EXPECT_EQ(value.load(memory_order_relaxed), TypeParam{9});
}

// Strong: alone it never fails for no reason, which loops in the core would not survive as errors.
TYPED_TEST(Atomic, compare_exchange_never_fails_without_a_reason) {
    atomic<TypeParam> value;
    for (TypeParam i = 0; i < 10'000; ++i) {
        TypeParam expected = i;
        ASSERT_TRUE(
            value.compare_exchange(expected, i + 1, memory_order_acq_rel, memory_order_acquire));
    }
}

TYPED_TEST(Atomic, no_update_of_many_threads_is_lost) {
    atomic<TypeParam> added;
    atomic<TypeParam> swapped;
    const auto each = static_cast<TypeParam>(testing::repeats(20'000));
    testing::run_threads(4, [&](std::size_t) {
        for (TypeParam i = 0; i < each; ++i) {
            added.fetch_add(3, memory_order_relaxed);
            added.fetch_sub(1, memory_order_relaxed);
            TypeParam now = swapped.load(memory_order_relaxed);
            while (!swapped.compare_exchange(now, now + 1, memory_order_acq_rel,
                                             memory_order_relaxed)) {
            }
        }
    });
    EXPECT_EQ(added.load(memory_order_relaxed), static_cast<TypeParam>(8 * each));
    EXPECT_EQ(swapped.load(memory_order_relaxed), static_cast<TypeParam>(4 * each));
}

TYPED_TEST(Atomic, a_release_store_publishes_what_was_written_before) {
    const std::size_t last = testing::repeats(100'000);
    std::vector<std::size_t> data(last + 1, 0);
    atomic<TypeParam> published;
    std::size_t violations = 0;
    testing::run_threads(2, [&](std::size_t thread) {
        if (thread == 0) {
            for (std::size_t i = 1; i <= last; ++i) {
                data[i] = i;
                published.store(static_cast<TypeParam>(i), memory_order_release);
            }
            return;
        }
        for (std::size_t seen = 0; seen < last;) {
            seen = published.load(memory_order_acquire);
            if (data[seen] != seen) ++violations;
        }
    });
    EXPECT_EQ(violations, 0u);
}

}  // namespace
}  // namespace ouro::platform
