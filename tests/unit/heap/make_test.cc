// Goal: making gives a complete object or an error and nothing else; a constructor that throws
// leaves no trace. Method: counts and figures before and after.
#include "heap/make.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <stdexcept>
#include <utility>
#include <vector>

#include "heap/query.h"
#include "heap/weak.h"
#include "tests/support/heap_test.h"

namespace ouro {
namespace {

using testing::HeapTest;
using testing::Hub;
using testing::Leaf;
using testing::Plain;
using testing::Probe;
namespace events = testing::events;

class MakeTest : public HeapTest {};

struct TakesArguments {
    using ouro_leaf = void;
    TakesArguments(int& by_reference, std::vector<int>&& by_move, const char* text)
        : seen(by_reference), taken(std::move(by_move)), first(text[0]) {
        ++by_reference;
    }
    int seen;
    std::vector<int> taken;
    char first;
};

TEST_F(MakeTest, arguments_reach_the_constructor_as_they_are) {
    int number = 5;
    std::vector<int> list = {1, 2, 3};
    const Ref<TakesArguments> a = make<TakesArguments>(number, std::move(list), "xyz");
    EXPECT_EQ(a->seen, 5);
    EXPECT_EQ(number, 6);
    EXPECT_EQ(a->taken.size(), 3u);
    EXPECT_TRUE(list.empty());  // NOLINT: a moved-from vector is empty
    EXPECT_EQ(a->first, 'x');
}

struct alignas(16) Aligned {
    using ouro_leaf = void;
    std::byte bytes[48];
};

TEST_F(MakeTest, objects_are_aligned_to_sixteen_bytes) {
    for (int i = 0; i < 100; ++i) {
        const Ref<Aligned> a = make<Aligned>();
        ASSERT_EQ(reinterpret_cast<std::uintptr_t>(a.get()) % 16, 0u);
    }
}

struct Uninitialized {
    using ouro_leaf = void;
    Uninitialized() {}  // NOLINT: leaves its members alone
    std::uint64_t words[8];
};

TEST_F(MakeTest, memory_is_zero_before_the_constructor_also_when_reused) {
    for (int round = 0; round < 3; ++round) {
        const Ref<Uninitialized> a = make<Uninitialized>();
        for (const std::uint64_t word : a->words) ASSERT_EQ(word, 0u);
        std::memset(a->words, 0xff, sizeof(a->words));
    }
}

TEST_F(MakeTest, a_new_object_is_counted_in_the_figures_and_leaves_them) {
    Ref<Leaf> a = make<Leaf>();
    Statistics now = heap().statistics();
    EXPECT_EQ(now.live_objects, 1u);
    EXPECT_EQ(now.live_bytes, sizeof(Leaf));
    EXPECT_EQ(now.objects_made, 1u);
    a.reset();
    now = heap().statistics();
    EXPECT_EQ(now.live_objects, 0u);
    EXPECT_EQ(now.live_bytes, 0u);
    EXPECT_EQ(now.objects_made, 1u);
    EXPECT_EQ(now.reclaimed_by_count, 1u);
}

TEST_F(MakeTest, an_object_larger_than_the_region_is_an_error) {
    auto made = try_make_variable<Hub>(heap(), Trailing{1u << 24, 0});
    EXPECT_EQ(made.error(), Error::object_too_large);
    EXPECT_EQ(live_objects(), 0u);
}

TEST_F(MakeTest, no_memory_is_an_error_that_counts_and_changes_nothing) {
    std::vector<Ref<Hub>> kept;
    for (;;) {
        auto made = try_make_variable<Hub>(heap(), Trailing{100'000, 0});
        if (!made) {
            EXPECT_EQ(made.error(), Error::out_of_memory);
            break;
        }
        kept.push_back(std::move(*made));
    }
    EXPECT_GE(kept.size(), 10u);
    EXPECT_EQ(live_objects(), kept.size());
    EXPECT_EQ(heap().statistics().out_of_memory, 1u);
    kept.pop_back();
    EXPECT_TRUE(try_make_variable<Hub>(heap(), Trailing{100'000, 0}).ok());
}

struct Large {
    using ouro_leaf = void;
    std::byte bytes[1 << 20];
};

TEST_F(MakeTest, make_without_memory_calls_the_hook_and_stops_with_the_reason) {
    ManagedHeapConfig config = testing::manual();
    config.heap.out_of_memory = [](Heap&, std::size_t bytes) {
        std::fprintf(stderr, "the hook saw %zu bytes\n", bytes);
    };
    restart(config);
    EXPECT_DEATH(
        {
            std::vector<Ref<Large>> kept;
            for (;;) kept.push_back(make<Large>());
        },
        "the hook saw 1048576 bytes(.|\n)*out of memory");
}

TEST_F(MakeTest, a_variable_object_has_null_fields_and_zero_bytes_behind_its_fixed_part) {
    const Ref<Hub> hub = try_make_variable<Hub>(heap(), Trailing{7, 13}).value();
    EXPECT_EQ(trailing_of(hub.get()).field_count, 7u);
    EXPECT_EQ(trailing_of(hub.get()).byte_count, 13u);
    std::byte* bytes = trailing_bytes(hub.get());
    EXPECT_EQ(bytes, reinterpret_cast<std::byte*>(&hub->at(7)));
    for (int i = 0; i < 13; ++i) EXPECT_EQ(bytes[i], std::byte{0});
    EXPECT_EQ(heap().statistics().live_bytes, sizeof(Hub) + sizeof(Trailing) + 7 * 8 + 13);
}

struct CountsInConstructor : Variable {
    std::uint32_t fields = trailing_of(this).field_count;
    std::uint32_t bytes = trailing_of(this).byte_count;
    static constexpr auto ouro_fields = ouro::fields<>;
};
struct EmptyVariable : Variable {
    static constexpr auto ouro_fields = ouro::fields<>;
};

TEST_F(MakeTest, a_constructor_finds_the_variable_part_and_leaves_its_lengths_alone) {
    const Ref<CountsInConstructor> made =
        try_make_variable<CountsInConstructor>(heap(), Trailing{3, 5}).value();
    EXPECT_EQ(made->fields, 3u);
    EXPECT_EQ(made->bytes, 5u);
    EXPECT_EQ(trailing_of(made.get()).field_count, 3u);

    const Ref<EmptyVariable> empty =
        try_make_variable<EmptyVariable>(heap(), Trailing{0xffff, 0x0101}).value();
    EXPECT_EQ(trailing_of(empty.get()).field_count, 0xffffu);
    EXPECT_EQ(trailing_of(empty.get()).byte_count, 0x0101u);
    EXPECT_EQ(static_cast<void*>(trailing_fields<Object>(empty.get())),
              static_cast<void*>(reinterpret_cast<std::byte*>(empty.get()) + sizeof(Trailing)));
}

TEST_F(MakeTest, a_heap_that_was_shut_down_makes_nothing) {
    heap().shut_down();
    EXPECT_EQ(try_make<Leaf>(heap()).error(), Error::shut_down);
}

// ---- constructors that throw

struct Throws {
    explicit Throws(bool now) {
        if (now) throw std::runtime_error("no");
    }
    using ouro_leaf = void;
};

struct ThrowsLate : WeaklyReferable {
    ThrowsLate(Ref<Probe> child, Weak<ThrowsLate>* observer) : part(std::move(child)) {
        if (observer != nullptr) *observer = self(this);
        throw std::runtime_error("no");
    }
    Field<Probe> part;
    static constexpr auto ouro_fields = fields<&ThrowsLate::part>;
};

struct ThrowsVariable : Variable {
    ThrowsVariable() { throw std::runtime_error("no"); }
    static constexpr const char* ouro_name = "ThrowsVariable";
    using ouro_leaf = void;
};

TEST_F(MakeTest, a_constructor_that_throws_leaves_no_object) {
    EXPECT_THROW((void)try_make<Throws>(heap(), true), std::runtime_error);
    EXPECT_EQ(live_objects(), 0u);
    EXPECT_EQ(heap().statistics().objects_made, 0u);
    EXPECT_TRUE(try_make<Throws>(heap(), false).ok());
}

TEST_F(MakeTest, a_constructor_that_throws_releases_what_its_fields_held) {
    EXPECT_THROW((void)try_make<ThrowsLate>(heap(), make<Probe>(1), nullptr), std::runtime_error);
    EXPECT_EQ(events::all(), "F1 D1");
    EXPECT_EQ(live_objects(), 0u);
}

struct SameSize : WeaklyReferable {
    Field<Probe> part;
    static constexpr auto ouro_fields = fields<&SameSize::part>;
};
static_assert(sizeof(SameSize) == sizeof(ThrowsLate));

TEST_F(MakeTest, a_weak_reference_to_an_object_whose_constructor_threw_is_dead) {
    Weak<ThrowsLate> observer;
    EXPECT_THROW((void)try_make<ThrowsLate>(heap(), nullptr, &observer), std::runtime_error);
    EXPECT_TRUE(observer.expired());
    // The cell is reused: the weak reference must not take the next object for its own.
    const Ref<SameSize> next = make<SameSize>();
    EXPECT_TRUE(observer.expired());
    EXPECT_EQ(refcount(next), 1u);
}

TEST_F(MakeTest, a_variable_constructor_that_throws_leaves_the_figures_right) {
    EXPECT_THROW((void)try_make_variable<ThrowsVariable>(heap(), Trailing{0, 1000}),
                 std::runtime_error);
    EXPECT_EQ(heap().statistics().live_bytes, 0u);
}

// ---- objects whose fields lie far from their start

template <std::size_t kDistance>
struct FarField {
    std::byte padding[kDistance];
    Field<Probe> far;
    static constexpr auto ouro_fields = fields<&FarField::far>;
};

TEST_F(MakeTest, a_field_far_from_the_start_is_released_with_its_object) {
    Ref<FarField<60'000>> near = make<FarField<60'000>>();
    near->far = make<Probe>(1);
    near.reset();
    EXPECT_EQ(events::all(), "F1 D1");
}

TEST_F(MakeTest, the_program_stops_with_the_reason_where_no_hook_does) {
    EXPECT_DEATH(detail::stop_out_of_memory(heap(), std::size_t{1} << 40, Error::object_too_large),
                 to_string(Error::object_too_large));
}

}  // namespace
}  // namespace ouro
