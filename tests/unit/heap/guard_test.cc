// Goal: what is borrowed stays whole as long as its guard, whatever else happens; what guards delay
// ends when heap/guard.h says; nobody waits or leaks. Method: one thread for the order of things,
// several for the rest; the exploration has every order of steps (explore/scenarios_guard.cc).
#include "heap/guard.h"

#include <gtest/gtest.h>

#include <atomic>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "heap/verify.h"
#include "tests/support/heap_test.h"
#include "tests/support/threads.h"

namespace ouro {
namespace {

using testing::Destroyed;
using testing::Finalized;
using testing::HeapTest;
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

class GuardTest : public HeapTest {
protected:
    std::size_t withheld() { return heap().statistics().withheld_objects; }
    /// A container whose `left` holds an object with the number.
    template <class T>
    Ref<T> holder(int number) {
        const Ref<T> container = make<T>(testing::kSilent);
        container->left = make<T>(number);
        return container;
    }
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

// ---- a guard that sleeps withholds no more than it may

TEST_F(GuardTest, beside_a_guard_that_sleeps_objects_end) {
    const Ref<Destroyed> container = holder<Destroyed>(1);
    Guard guard(heap());
    const auto borrowed = container->left.borrow(guard);
    container->left = nullptr;
    for (int i = 0; i < 1000; ++i) {
        make<Destroyed>(2).reset();
        EXPECT_LE(withheld(), 128u);
    }
    EXPECT_GE(events::count('D', 2), 1000 - 128);
    EXPECT_EQ(events::count('D', 1), 0);
    EXPECT_EQ(borrowed->id, 1);
}

TEST_F(GuardTest, large_objects_end_beside_it_sooner) {
    Guard guard(heap());
    const std::size_t share = kBytes / 64;
    const std::uint32_t bytes = 64 * 1024;
    std::size_t most = 0;
    for (int i = 0; i < 100; ++i) {
        const Ref<testing::Hub> large =
            try_make_variable<testing::Hub>(heap(), Trailing{0, bytes}).value();
        most = std::max(most, heap().statistics().live_bytes);
    }
    EXPECT_LE(most, 2 * share + 2 * bytes);
}

TEST_F(GuardTest, a_cascade_goes_on_beside_it) {
    Ref<Destroyed> list;
    for (int i = 0; i < 1000; ++i) list = make<Destroyed>(1, std::move(list));
    const Guard guard(heap());
    list.reset();
    EXPECT_EQ(events::count('D'), 0);
    // Each collection finds out that nobody has borrowed what is withheld.
    collect();
    EXPECT_EQ(events::count('D'), 1000);
    EXPECT_EQ(withheld(), 0u);
}

TEST_F(GuardTest, an_object_with_many_children_ends_beside_it) {
    Ref<testing::Hub> hub = make_hub(1000);
    for (std::size_t i = 0; i < 1000; ++i) hub->at(i) = make<Destroyed>(1);
    const Guard guard(heap());
    hub.reset();
    collect();
    EXPECT_EQ(events::count('D'), 1000);
}

TEST_F(GuardTest, collect_ends_all_but_what_is_borrowed) {
    const Ref<Destroyed> container = holder<Destroyed>(1);
    Guard guard(heap());
    auto borrowed = std::optional(container->left.borrow(guard));
    container->left = nullptr;
    make<Destroyed>(2).reset();
    collect();
    EXPECT_EQ(events::all(), "D2");
    EXPECT_EQ(withheld(), 1u);
    borrowed.reset();
    collect();
    EXPECT_EQ(events::all(), "D2 D1");
}

TEST_F(GuardTest, an_allocation_that_finds_no_memory_ends_what_needs_no_user_code) {
    restart(testing::manual());
    Guard guard(heap());
    std::vector<Ref<testing::Hub>> all;
    const auto fill = [&] {
        for (;;) {
            auto made = try_make_variable<testing::Hub>(heap(), Trailing{0, 200'000});
            if (!made) break;
            all.push_back(std::move(made).value());
        }
        return all.size();
    };
    const std::size_t many = fill();
    all.pop_back();
    EXPECT_EQ(withheld(), 1u);
    EXPECT_EQ(fill(), many);
    EXPECT_EQ(withheld(), 0u);
    all.clear();
}

TEST_F(GuardTest, a_full_table_of_objects_with_user_code_leaves_the_rest_to_the_collector) {
    std::optional<Guard> guard;
    guard.emplace(heap());
    std::vector<Ref<Destroyed>> dropped;
    for (int i = 0; i < 200; ++i) dropped.push_back(make<Destroyed>(1));
    // In a destructor, releases do not end what the outermost release will.
    Probe::on_destroy[9] = [&](Probe&) { dropped.clear(); };
    Ref<Probe> trigger = make<Probe>(9);
    guard.reset();
    trigger.reset();
    EXPECT_EQ(events::count('D', 1), 200);
}

// ---- cycles

TEST_F(GuardTest, a_ring_with_a_borrowed_member_waits_and_others_do_not) {
    const Ref<Destroyed> container = holder<Destroyed>(1);
    container->left->left = make<Destroyed>(2, container->left.load());
    testing::drop_ring_of_two<Destroyed>(managed(), 3, 4);
    Guard guard(heap());
    {
        const auto borrowed = container->left.borrow(guard);
        const auto hop = borrowed->left.borrow(guard);
        container->left = nullptr;
        collector().collect();
        EXPECT_EQ(events::count('D', 1) + events::count('D', 2), 0);
        EXPECT_EQ(hop->left.load()->id, 1) << "counted again, for a moment";
    }
    collector().collect();
    EXPECT_EQ(events::count('D'), 4);
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

TEST_F(GuardTest, broken_lists_of_withheld_objects_are_named) {
    const Guard guard(heap());
    make<Plain>(1).reset();
    ASSERT_EQ(withheld(), 1u);
    ASSERT_TRUE(testing::is_sound(collector()));
    auto& guards = heap().guards();
    auto* words = reinterpret_cast<std::uintptr_t*>(&guards);
    int found = 0;
    for (std::size_t i = 0; i < sizeof guards / sizeof *words; ++i) {
        if (!heap().is_object(reinterpret_cast<void*>(words[i]))) continue;
        ++found;
        words[i] += 8;
        EXPECT_STREQ(collector().verify().invariant, "an object in use has count 0");
        words[i] -= 8;
    }
    EXPECT_EQ(found, 1);
    // The one word that is 1 now and counts what is withheld: it was 0 before.
    found = 0;
    auto* halves = reinterpret_cast<std::uint32_t*>(&guards);
    for (std::size_t i = 0; i < 4; ++i) {
        if (halves[i] != 1) continue;
        halves[i] = 1000;
        const char* broken = collector().verify().invariant;
        found += broken != nullptr && std::string(broken).find("withheld") != std::string::npos;
        halves[i] = 1;
    }
    EXPECT_EQ(found, 1);
}

TEST_F(GuardTest, readers_beside_writers_and_collections) {
    constexpr std::size_t kReaders = 2;
    const Ref<Destroyed> container = holder<Destroyed>(1);
    std::atomic<bool> stop{false};
    std::atomic<int> wrong{0};
    testing::run_threads(kReaders + 2, [&](std::size_t index) {
        if (index == kReaders) {
            for (int i = 0; i < 3000; ++i) {
                Ref<Destroyed> next = make<Destroyed>(2);
                next->left = make<Destroyed>(3, i % 2 == 0 ? next : Ref<Destroyed>());
                container->left = std::move(next);
            }
            stop = true;
            return;
        }
        while (!stop) {
            if (index == kReaders + 1) {
                collector().collect();
                continue;
            }
            Guard guard(heap());
            for (int i = 0; i < 100; ++i) {
                auto at = container->left.borrow(guard);
                for (int hop = 0; at && hop < 5; ++hop) {
                    if (at->id < 1 || at->id > 3) ++wrong;
                    at = at->left.borrow(guard);
                }
                if (at && i % 10 == 0) (void)at.counted();
            }
        }
    });
    EXPECT_EQ(wrong, 0);
    EXPECT_EQ(withheld(), 0u);
    container->left = nullptr;
    collect();
    EXPECT_EQ(events::count('D', 2), 3000);
    EXPECT_EQ(events::count('D', 3), 3000);
}

}  // namespace
}  // namespace ouro
