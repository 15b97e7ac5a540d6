// Goal: what is borrowed stays whole as long as its guard, and becomes a counted reference unless
// it is dead. Method: one thread, and everything in its order; the exploration has the orders of
// several threads (explore/scenarios_guard.cc).
#include "heap/guard.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

#include "tests/support/guard_test.h"

namespace ouro {
namespace {

using testing::Destroyed;
using testing::Finalized;
using testing::GuardTest;
using testing::Plain;
using testing::Probe;
namespace events = testing::events;

/// Its objects end at once.
struct Prompt {
    static constexpr const char* ouro_name = "Prompt";
    using ouro_not_borrowed = void;
    explicit Prompt(int number) : id(number) {}
    ~Prompt() { events::add('D', id); }
    int id;
    using ouro_leaf = void;
};
struct PromptHolder {
    Field<Prompt> held;
    static constexpr auto ouro_fields = fields<&PromptHolder::held>;
};

// ---- one guard

TEST_F(GuardTest, what_a_field_holds_is_borrowed_and_counts_nothing) {
    const Ref<Plain> container = holder<Plain>(7);
    const Ref<Plain> inside = container->left;
    Guard guard(heap());
    ASSERT_TRUE(guard.lends());
    const auto borrowed = container->left.borrow(guard);
    ASSERT_TRUE(borrowed);
    EXPECT_EQ(borrowed->id, 7);
    EXPECT_EQ(borrowed.get(), inside.get());
    EXPECT_TRUE(borrowed == inside);
    EXPECT_EQ(refcount(inside), 2u);
    EXPECT_FALSE(borrowed->right.borrow(guard));
    EXPECT_TRUE(borrowed->right.borrow(guard) == nullptr);
}

TEST_F(GuardTest, the_whole_end_waits_for_the_guard) {
    const Ref<Probe> container = holder<Probe>(1);
    container->left->left = make<Probe>(2);
    {
        Guard guard(heap());
        const auto borrowed = container->left.borrow(guard);
        const auto child = borrowed->left.borrow(guard);
        container->left = nullptr;
        EXPECT_EQ(events::all(), "");
        EXPECT_EQ(withheld(), 1u) << "the child is held by it";
        EXPECT_EQ(borrowed->id * 10 + child->id, 12);
        EXPECT_TRUE(testing::is_sound(collector()));
    }
    EXPECT_EQ(events::all(), "F1 D1 F2 D2");
    EXPECT_EQ(withheld(), 0u);
}

TEST_F(GuardTest, what_nobody_has_borrowed_waits_too) {
    Ref<Destroyed> one = make<Destroyed>(1);
    {
        const Guard guard(heap());
        one.reset();
        EXPECT_EQ(events::all(), "");
        EXPECT_EQ(live_objects(), 1u);
    }
    EXPECT_EQ(events::all(), "D1");
}

TEST_F(GuardTest, an_object_whose_end_is_its_memory_alone_waits_too) {
    {
        const Guard guard(heap());
        make<testing::Leaf>().reset();
        EXPECT_EQ(withheld(), 1u);
        EXPECT_EQ(live_objects(), 1u);
    }
    EXPECT_EQ(live_objects(), 0u);
}

TEST_F(GuardTest, without_a_guard_or_with_one_over_another_heap_nothing_waits) {
    testing::Region other_region(testing::kMiB);
    ManagedHeap other(other_region.span(), testing::manual());
    const Guard guard(other.heap());
    make<Destroyed>(1).reset();
    EXPECT_EQ(events::all(), "D1");
}

TEST_F(GuardTest, a_type_that_is_not_borrowed_ends_at_once) {
    Guard guard(heap());
    const Ref<PromptHolder> holder = make<PromptHolder>();
    holder->held = make<Prompt>(1);
    {
        const auto counted = holder->held.borrow(guard);
        holder->held = nullptr;
        EXPECT_EQ(counted->id, 1);
        EXPECT_EQ(events::all(), "");
    }
    EXPECT_EQ(events::all(), "D1") << "its last reference was the one in hand";
}

TEST_F(GuardTest, what_may_be_no_object_is_counted) {
    const Ref<Plain> container = make<Plain>(1);
    const Ref<Plain> inside = make<Plain>(2);
    Guard guard(heap());
    container->any = inside;
    {
        const auto object = container->any.borrow(guard);
        EXPECT_EQ(refcount(inside), 3u);
    }
    EXPECT_EQ(refcount(inside), 2u);
    container->any = try_integer(heap(), 5).value();
    const auto five = container->any.borrow(guard);
    EXPECT_TRUE(five);
    EXPECT_EQ(five.counted(), container->any.load());
}

TEST_F(GuardTest, a_fifth_object_is_counted) {
    std::vector<Ref<Plain>> containers;
    for (int i = 0; i < 5; ++i) containers.push_back(holder<Plain>(i));
    Guard guard(heap());
    std::vector<Borrowed<Plain>> borrowed;
    for (const Ref<Plain>& container : containers)
        borrowed.push_back(container->left.borrow(guard));
    const std::uint32_t counts[] = {refcount(containers[3]->left.load()),
                                    refcount(containers[4]->left.load())};
    EXPECT_EQ(counts[0], 2u);
    EXPECT_EQ(counts[1], 3u);
    borrowed.erase(borrowed.begin());
    const auto again = containers[0]->left.borrow(guard);
    EXPECT_EQ(refcount(containers[0]->left.load()), 2u) << "its place is free again";
}

TEST_F(GuardTest, a_borrowed_object_moves_and_is_given_back_once) {
    const Ref<Plain> container = holder<Plain>(7);
    Guard guard(heap());
    auto first = container->left.borrow(guard);
    auto second = std::move(first);
    EXPECT_FALSE(first);
    EXPECT_EQ(second->id, 7);
    first = std::move(second);
    EXPECT_EQ(first->id, 7);
    container->left->left = make<Plain>(8);
    first = first->left.borrow(guard);
    EXPECT_EQ(first->id, 8);
}

TEST_F(GuardTest, a_counted_reference_comes_from_a_borrowed_one) {
    const Ref<Plain> container = holder<Plain>(7);
    Ref<Plain> kept;
    {
        Guard guard(heap());
        const auto borrowed = container->left.borrow(guard);
        kept = borrowed.counted();
        EXPECT_EQ(refcount(kept), 2u);
    }
    container->left = nullptr;
    EXPECT_EQ(kept->id, 7);
}

TEST_F(GuardTest, no_counted_reference_comes_from_what_is_dead) {
    const Ref<Plain> container = holder<Plain>(7);
    Guard guard(heap());
    const auto borrowed = container->left.borrow(guard);
    Weak<Plain> weak(container->left.load());
    container->left = nullptr;
    EXPECT_FALSE(borrowed.counted());
    EXPECT_FALSE(weak.lock());
    EXPECT_EQ(borrowed->id, 7);
}

TEST_F(GuardTest, what_still_has_its_finalizer_before_it_can_be_gained_as_by_a_weak_reference) {
    const Ref<Finalized> container = holder<Finalized>(1);
    Ref<Finalized> gained;
    {
        Guard guard(heap());
        const auto borrowed = container->left.borrow(guard);
        container->left = nullptr;
        gained = borrowed.counted();
        ASSERT_TRUE(gained);
    }
    EXPECT_EQ(events::all(), "F1") << "its last reference had gone";
    EXPECT_EQ(refcount(gained), 1u);
    gained.reset();
    EXPECT_EQ(events::all(), "F1");
}

TEST_F(GuardTest, a_finalizer_that_resurrects_after_the_guard_keeps_the_object) {
    const Ref<Probe> container = holder<Probe>(1);
    Ref<Probe> kept;
    Probe::on_finalize[1] = [&](Probe& object) { kept = self(&object); };
    {
        Guard guard(heap());
        const auto borrowed = container->left.borrow(guard);
        container->left = nullptr;
    }
    EXPECT_EQ(events::all(), "F1");
    EXPECT_EQ(refcount(kept), 1u);
}

// ---- several guards

TEST_F(GuardTest, the_last_guard_ends_what_waits) {
    std::optional<Guard> first, second;
    first.emplace(heap());
    second.emplace(heap());
    make<Destroyed>(1).reset();
    first.reset();
    EXPECT_EQ(events::all(), "");
    second.reset();
    EXPECT_EQ(events::all(), "D1");
}

TEST_F(GuardTest, a_guard_too_many_counts) {
    std::vector<std::optional<Guard>> guards(platform::kGuards + 1);
    for (auto& guard : guards) guard.emplace(heap());
    EXPECT_TRUE(guards[0]->lends());
    EXPECT_FALSE(guards.back()->lends());
    const Ref<Plain> container = holder<Plain>(7);
    {
        const auto counted = container->left.borrow(*guards.back());
        EXPECT_EQ(refcount(container->left.load()), 3u);
    }
    EXPECT_EQ(refcount(container->left.load()), 2u);
    guards[0].reset();
    guards[0].emplace(heap());
    EXPECT_TRUE(guards[0]->lends());
}

// ---- what a guard does not lend

TEST_F(GuardTest, an_object_of_another_heap_is_counted) {
    testing::Region other_region(testing::kMiB);
    ManagedHeap other(other_region.span(), testing::manual());
    const Ref<Destroyed> container = make<Destroyed>(testing::kSilent);
    container->left = other.make<Destroyed>(1);
    {
        Guard guard(heap());
        const auto counted = container->left.borrow(guard);
        container->left = nullptr;
        EXPECT_EQ(counted->id, 1);
        EXPECT_EQ(events::all(), "");
    }
    EXPECT_EQ(events::all(), "D1");
}

TEST_F(GuardTest, a_guard_over_another_heap_counts) {
    testing::Region other_region(testing::kMiB);
    ManagedHeap other(other_region.span(), testing::manual());
    const Ref<Destroyed> container = holder<Destroyed>(1);
    {
        Guard guard(other.heap());
        const auto counted = container->left.borrow(guard);
        container->left = nullptr;
        EXPECT_EQ(counted->id, 1);
        EXPECT_EQ(events::all(), "");
    }
    EXPECT_EQ(events::all(), "D1");
}

/// Known by its base, its objects are lent like those of the base.
struct Base {
    Ref<Base> itself() { return self(this); }
    Field<Base> left;
    int id = 3;
    static constexpr auto ouro_fields = fields<&Base::left>;
};
struct PromptDerived : Base {
    using ouro_not_borrowed = void;
    static constexpr auto ouro_fields = fields<&Base::left>;
    ~PromptDerived() { events::add('D', 6); }
};

TEST_F(GuardTest, what_is_not_to_wait_waits_if_it_is_lent_as_its_base) {
    const Ref<Base> container = make<Base>();
    container->left = make<PromptDerived>()->itself();
    const Ref<Base> other = make<PromptDerived>();
    {
        Guard guard(heap());
        const auto borrowed = container->left.borrow(guard);
        container->left = nullptr;
        EXPECT_EQ(borrowed->id, 3);
        EXPECT_EQ(events::all(), "");
        make<PromptDerived>().reset();
        EXPECT_EQ(events::all(), "D6") << "nobody has borrowed this one";
    }
    EXPECT_EQ(events::all(), "D6 D6");
}

// ---- finalizers, shut-down

TEST_F(GuardTest, what_a_finalizer_has_lent_waits_again) {
    Ref<Probe> one = make<Probe>(1);
    const Ref<Probe> container = make<Probe>(testing::kSilent);
    std::optional<Guard> guard;
    Borrowed<Probe> borrowed;
    lends_itself(1, container, guard, borrowed);
    one.reset();
    EXPECT_EQ(events::all(), "F1");
    EXPECT_EQ(borrowed->id, 1);
    borrowed = {};
    guard.reset();
    EXPECT_EQ(events::all(), "F1 D1");
}

TEST_F(GuardTest, a_guard_outlives_the_end_of_its_heap) {
    {
        const Ref<Destroyed> container = holder<Destroyed>(1);
        Guard guard(heap());
        const auto borrowed = container->left.borrow(guard);
        container->left = nullptr;
        end_heap();
        EXPECT_EQ(borrowed->id, 1);
        EXPECT_EQ(events::all(), "");
    }
    EXPECT_EQ(events::all(), "D1");
    restart(testing::manual());
}

TEST_F(GuardTest, the_parts_of_a_variable_object_can_be_read) {
    struct Holder {
        Field<testing::Hub> held;
    };
    const Ref<Holder> container = make<Holder>();
    container->held = try_make_variable<testing::Hub>(heap(), Trailing{2, 3}).value();
    container->held->at(1) = make<Plain>(7);
    Guard guard(heap());
    const auto borrowed = container->held.borrow(guard);
    EXPECT_EQ(trailing_of(borrowed.get()).field_count, 2u);
    EXPECT_TRUE(trailing_fields<Object>(borrowed.get())[1]);
    EXPECT_EQ(trailing_bytes(borrowed.get())[2], std::byte{0});
}

// ---- edges

TEST_F(GuardTest, a_guard_may_not_end_before_what_it_has_lent) {
    const Ref<Plain> container = holder<Plain>(7);
    EXPECT_DEATH(
        {
            auto guard = std::make_optional<Guard>(heap());
            const auto borrowed = container->left.borrow(*guard);
            guard.reset();
        },
        "a guard ends before what it has lent");
}

}  // namespace
}  // namespace ouro
