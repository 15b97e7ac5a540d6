// Goal: three lines of the table in README.md, taken literally: a forgotten field leaks and never
// frees early, a release needs no stack, a count that runs full makes the object immortal.
// Method: a type that lies about its fields; a million nodes on a thread with 64 KiB of stack; 2^24
// references.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <utility>

#include "heap/query.h"
#include "tests/support/heap_test.h"
#include "tests/support/sanitizer.h"
#include "tests/support/threads.h"

namespace ouro {
namespace {

using testing::Destroyed;
using testing::HeapTest;
using testing::kKiB;
using testing::kMiB;
using testing::Leaf;
using testing::Plain;
using testing::Probe;
namespace events = testing::events;

// ---- a forgotten field

/// Says nothing of `forgotten`.
struct Forgetful {
    Field<Forgetful> listed;
    Field<Probe> forgotten;
    static constexpr auto ouro_fields = fields<&Forgetful::listed>;
};

/// Forgets the very field that closes the ring.
struct ForgetfulRing {
    Field<ForgetfulRing> next;
    Field<Leaf> leaf;
    static constexpr auto ouro_fields = fields<&ForgetfulRing::leaf>;
};

class ForgottenField : public HeapTest {
protected:
    void SetUp() override {
        set_census_report([](const CensusFinding&) {});  // it would name the types, rightly
    }
    void TearDown() override {
        set_census_report(nullptr);
        HeapTest::TearDown();
    }
};

TEST_F(ForgottenField, holds_its_object_through_every_collection) {
    const Ref<Forgetful> holder = make<Forgetful>();
    holder->listed = holder;
    {
        Ref<Probe> target = make<Probe>(1);
        target->left = target;
        holder->forgotten = std::move(target);
    }
    for (int i = 0; i < 5; ++i) EXPECT_EQ(collect(), 0u);
    EXPECT_EQ(events::all(), "");
    EXPECT_EQ(holder->forgotten->id, 1);
    const Id target = id(holder->forgotten.load());
    EXPECT_EQ(refcount(target).value(), 2u) << "two fields, as ever";
    holder->forgotten->left = nullptr;
    holder->forgotten = nullptr;
    EXPECT_EQ(events::all(), "F1 D1") << "written by hand it is a field like any other";
    holder->listed = nullptr;
}

TEST_F(ForgottenField, leaks_its_object_when_the_holder_ends_by_count) {
    Ref<Forgetful> holder = make<Forgetful>();
    holder->forgotten = make<Probe>(1);
    const Id leaked = id(holder->forgotten.load());
    holder.reset();
    EXPECT_EQ(collect(), 0u);
    EXPECT_EQ(refcount(leaked).value(), 1u) << "counted by nobody, and never ended";
    EXPECT_EQ(events::all(), "");
    expect_leaks(1);
}

TEST_F(ForgottenField, leaks_its_object_when_the_holder_is_collected) {
    {
        const Ref<Forgetful> holder = make<Forgetful>();
        holder->listed = holder;
        holder->forgotten = make<Probe>(1);
    }
    EXPECT_EQ(collect(), 1u);
    EXPECT_EQ(live_objects(), 1u);
    EXPECT_EQ(events::all(), "");
    expect_leaks(1);
}

TEST_F(ForgottenField, that_closes_a_ring_keeps_the_ring) {
    {
        const Ref<ForgetfulRing> a = make<ForgetfulRing>();
        a->next = make<ForgetfulRing>();
        a->next->next = a;
        a->leaf = make<Leaf>();
    }
    EXPECT_EQ(collect(), 0u);
    EXPECT_EQ(live_objects(), 3u);
    expect_leaks(3);
}

// ---- no stack

class NoStack : public HeapTest {
protected:
    static constexpr std::size_t kStack = 64 * kKiB;
    NoStack() : HeapTest(160 * kMiB) {}

    static std::size_t length() { return testing::repeats(1'000'000); }
};

struct Link {
    Field<Link> next;
};
struct TreeNode {
    Field<TreeNode> left;
    Field<TreeNode> right;
};

TEST_F(NoStack, a_list_of_a_million_nodes_is_dropped_with_64_KiB) {
    Ref<Link> list;
    for (std::size_t i = 0; i < length(); ++i) {
        Ref<Link> node = make<Link>();
        node->next = std::move(list);
        list = std::move(node);
    }
    testing::run_with_stack(kStack, [&] { list.reset(); });
    EXPECT_EQ(live_objects(), 0u);
    EXPECT_EQ(heap().statistics().reclaimed_by_count, length());
}

TEST_F(NoStack, nor_is_more_needed_where_the_last_field_is_not_the_one_that_goes_on) {
    Ref<TreeNode> list;
    for (std::size_t i = 0; i < length(); ++i) {
        Ref<TreeNode> node = make<TreeNode>();
        node->left = std::move(list);
        node->right = make<TreeNode>();
        list = std::move(node);
    }
    testing::run_with_stack(kStack, [&] { list.reset(); });
    EXPECT_EQ(live_objects(), 0u);
}

TEST_F(NoStack, a_ring_of_a_million_nodes_is_collected_with_64_KiB) {
    {
        Ref<Link> first = make<Link>();
        Ref<Link> last = first;
        for (std::size_t i = 1; i < length(); ++i) {
            Ref<Link> node = make<Link>();
            last->next = node;
            last = std::move(node);
        }
        last->next = std::move(first);
    }
    std::size_t found = 0;
    testing::run_with_stack(kStack, [&] { found = collect(); });
    EXPECT_EQ(found, length());
    EXPECT_EQ(live_objects(), 0u);
}

TEST_F(NoStack, destructors_that_release_the_rest_of_a_list_nest_no_deeper_than_64) {
    constexpr int kLength = 2000;
    int depth = 0;
    int deepest = 0;
    Ref<Destroyed> list;
    for (int i = kLength; i > 0; --i) {
        list = make<Destroyed>(i, std::move(list));
        Destroyed::on_destroy[i] = [&](Destroyed& node) {
            ++depth;
            deepest = std::max(deepest, depth);
            node.left = nullptr;
            --depth;
        };
    }
    list.reset();
    EXPECT_LE(deepest, 64);
    EXPECT_GE(deepest, 2) << "the destructors have not nested at all: nothing was tried";
    collect();
    EXPECT_EQ(events::count('D'), kLength);
    EXPECT_EQ(live_objects(), 0u);
}

// ---- saturation

TEST(Saturation, as_many_references_as_a_count_holds_make_an_object_immortal_and_lose_nothing) {
    const testing::Region region(kMiB);
    ManagedHeap managed(region.span(), testing::manual());
    Ref<Plain> object = managed.make<Plain>(1);
    object->left = object;  // garbage, if its count were believed
    const std::uint32_t full = WordValue::kImmortalFrom;
    const bool slow = (testing::kAsan || testing::kTsan) && full > 200'000;
    const std::uint32_t start = slow ? full - 100'000 : 2;
    if (start != 2) {  // as after so many copies
        change_word(testing::header_of(object),
                    [](WordValue now) { return now.with_count(start); });
    }
    for (std::uint32_t count = start; count < full - 1; ++count) (void)Ref<Plain>(object).detach();
    ASSERT_EQ(refcount(object), full - 1);
    (void)Ref<Plain>(object).detach();
    EXPECT_EQ(refcount(object), kImmortal);
    const std::uintptr_t bits = object.bits();
    // Far more releases than references: an immortal object cannot be ended.
    for (std::size_t i = 0; i < testing::repeats(20'000'000); ++i) (void)Ref<Plain>::adopt(bits);
    EXPECT_EQ(refcount(object), kImmortal);
    EXPECT_EQ(managed.collect().unreachable, 0u);
    EXPECT_EQ(object->left->id, 1);
    EXPECT_TRUE(testing::is_sound(managed.collector()));
}

}  // namespace
}  // namespace ouro
