// Goal: verify() finds nothing in a sound heap and names every kind of planted damage, with the
// object, its type and the path up from it. Method: one damage at a time, undone afterwards.
#include "heap/verify.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <sstream>
#include <string>

#include "heap/query.h"
#include "heap/reference_count.h"
#include "heap/values.h"
#include "tests/support/candidates.h"
#include "tests/support/heap_test.h"
#include "tests/support/region.h"

namespace ouro {
namespace {

using testing::HeapTest;
using testing::Hub;
using testing::Leaf;
using testing::Plain;
using testing::Probe;

/// More references than a header can count as edges, fewer than make an object immortal.
constexpr std::uint32_t kMany = WordValue::kImmortalFrom > 50'000 ? 40'000 : 10'000;

class VerifyTest : public HeapTest {
protected:
    void SetUp() override {
        top_ = make<Plain>(1);
        top_->right = make<Plain>(2);
        target_ = top_->right;
        ASSERT_FALSE(verify(heap()));
    }
    void TearDown() override {
        top_.reset();
        target_.reset();
        HeapTest::TearDown();
    }

    Header* header() { return testing::header_of(target_); }
    void set_word(WordValue::Bits bits) {
        header()->store_word({bits}, platform::memory_order_relaxed);
    }
    void set_info(decltype(InfoValue::bits) bits) {
        header()->info.store(bits, platform::memory_order_relaxed);
    }
    static FieldSlot& slot_of(Field<Plain>& field) { return reinterpret_cast<FieldSlot&>(field); }

    /// The violation is this one, about the target, and the path leads up to the top.
    void expect_named(const std::string& invariant) {
        const Violation found = verify(heap());
        ASSERT_TRUE(static_cast<bool>(found));
        EXPECT_EQ(found.invariant, invariant);
        EXPECT_EQ(found.object, target_.bits());
        expect_path(found);
    }
    void expect_path(const Violation& found) {
        std::ostringstream path;
        path << std::hex << "@0x" << target_.bits() << " <- [1] Plain@0x" << top_.bits();
        EXPECT_NE(std::string(found.path).find(path.str()), std::string::npos) << found.path;
    }

    Ref<Plain> top_;
    Ref<Plain> target_;
};

TEST_F(VerifyTest, a_heap_of_everything_is_sound) {
    const Ref<Hub> hub = make_hub(kMany);
    for (std::size_t i = 0; i < kMany; ++i) hub->at(i) = hub;
    const Ref<Hub> bytes = try_make_variable<Hub>(heap(), Trailing{2, 5000}).value();
    bytes->at(0) = try_integer(heap(), 5).value();
    bytes->at(1) = try_string(heap(), "text").value();
    const Weak<Plain> weak(target_);
    const Ref<String> interned = try_intern(heap(), "text").value();
    testing::drop_ring_of_two<Probe>(managed(), 0, 0);
    const Violation found = verify(heap());
    EXPECT_FALSE(static_cast<bool>(found)) << found.invariant;
    EXPECT_FALSE(static_cast<bool>(verify(heap()))) << "and again: it leaves no trace";
    for (std::size_t i = 0; i < kMany; ++i) hub->at(i) = nullptr;
}

#if !OURO_COMPACT  // there the type tells the size: compact/block_allocator_test.cc

TEST_F(VerifyTest, an_unknown_type_is_named) {
    const auto good = header()->load_info().bits;
    set_info(InfoValue::kTypeMask);
    const Violation found = verify(heap());
    EXPECT_STREQ(found.invariant, "an object's type or size is impossible");
    EXPECT_EQ(found.object, target_.bits());
    EXPECT_EQ(found.type, nullptr);
    expect_path(found);
    set_info(good);
}

TEST_F(VerifyTest, a_free_cell_on_the_garbage_list_is_named) {
    Ref<Plain> gone = make<Plain>(3);
    const BlockAllocator::Cell cell = heap().blocks().cell_of(testing::header_of(gone));
    gone.reset();
    heap().blocks().set(Mark::kept, cell);
    EXPECT_STREQ(verify(heap()).invariant, "a cell without object is a member of a set");
    heap().blocks().clear(Mark::kept, cell);
}

TEST_F(VerifyTest, a_size_beyond_the_cell_is_named) {
    const Ref<Hub> hub = make_hub(4);
    Trailing& trailing = Trailing::of(hub.get(), detail::type_info_of<Hub>);
    trailing.field_count = 100'000;
    const Violation found = verify(heap());
    EXPECT_STREQ(found.invariant, "an object's type or size is impossible");
    EXPECT_EQ(found.object, hub.bits());
    trailing.field_count = 4;
}

#endif

TEST_F(VerifyTest, an_object_under_construction_is_named) {
    const auto good = header()->load_info().bits;
    set_info(good | InfoValue::kConstructing);
    expect_named("an object is still under construction");
    set_info(good);
}

TEST_F(VerifyTest, a_count_of_zero_is_named) {
    const WordValue good = header()->load_word();
    set_word(good.with_count(0).bits);
    expect_named("an object in use has count 0");
    set_word(good.bits);
}

TEST_F(VerifyTest, a_count_lower_than_the_number_of_fields_is_named) {
    const Ref<Plain> another = make<Plain>(3);
    another->left = target_;
    const WordValue good = header()->load_word();
    ASSERT_EQ(good.count(), 3u);
    set_word(good.with_count(1).bits);
    const Violation found = verify(heap());
    EXPECT_STREQ(found.invariant,
                 "an object's count is lower than the number of fields that refer to it");
    EXPECT_EQ(found.object, target_.bits());
    EXPECT_STREQ(found.type, "Plain");
    set_word(good.bits);
}

TEST_F(VerifyTest, a_count_lower_than_many_thousand_fields_is_named) {
    const Ref<Hub> hub = make_hub(kMany);
    for (std::size_t i = 0; i < kMany; ++i) hub->at(i) = target_;
    const WordValue good = header()->load_word();
    ASSERT_EQ(good.count(), kMany + 2);
    set_word(good.bits - 2 * WordValue::kCountOne);
    const Violation found = verify(heap());
    EXPECT_STREQ(found.invariant,
                 "an object's count is lower than the number of fields that refer to it");
    EXPECT_EQ(found.object, target_.bits());
    set_word(good.bits);
}

TEST_F(VerifyTest, a_condemned_or_held_object_at_rest_is_named) {
    const WordValue good = header()->load_word();
    for (const WordValue::Bits flag : {WordValue::kCondemned, WordValue::kHeld}) {
        set_word(good.bits | flag);
        expect_named("an object is condemned or held while nothing runs");
    }
    set_word(good.bits);
}

TEST_F(VerifyTest, a_claim_without_owner_is_named) {
    const WordValue good = header()->load_word();
    set_word(good.bits | WordValue::kClaimed);
    expect_named("an object is claimed by nobody");
    set_word(good.bits);
}

TEST_F(VerifyTest, the_mark_of_a_finalizer_that_has_run_where_there_is_none_is_named) {
    const WordValue good = header()->load_word();
    set_word(good.bits | WordValue::kFinalized);
    expect_named("an object without finalizer is marked as finalized");
    set_word(good.bits);
}

TEST_F(VerifyTest, an_immediate_that_is_none_is_named) {
    FieldSlot& slot = slot_of(target_->left);
    const std::uintptr_t not_interned = top_.bits() | detail::kInternedTag;
    for (const std::uintptr_t bad :
         {not_interned, detail::kNoneBits | ~(~std::uintptr_t{0} >> 1)}) {
        ASSERT_FALSE(detail::is_immediate(bad));
        slot.store(bad, platform::memory_order_relaxed);
        expect_named("a field holds an immediate that is none");
    }
    slot.store(0, platform::memory_order_relaxed);
}

TEST_F(VerifyTest, a_mark_without_a_list_is_named) {
    ASSERT_EQ(collect(), 0u);  // whatever was reported is settled
    const WordValue good = header()->load_word();
    set_word(good.with_mark().bits);
    const BlockAllocator::Cell cell = heap().blocks().cell_of(header());
    heap().blocks().clear(Mark::deferred, cell);
    ASSERT_FALSE(testing::is_candidate(heap(), header()));
    ASSERT_FALSE(OURO_COMPACT && heap().candidates().is_listed(cell.page));
    expect_named("an object is marked as a candidate but on no list");
    set_word(good.without_mark().bits);
}

TEST_F(VerifyTest, a_field_that_refers_outside_all_heaps_is_named) {
    static std::uint64_t outside[4];
    FieldSlot& slot = slot_of(target_->left);
    slot.store(reinterpret_cast<std::uintptr_t>(&outside[2]), platform::memory_order_relaxed);
    expect_named("a field refers outside all heaps");
    slot.store(0, platform::memory_order_relaxed);
}

TEST_F(VerifyTest, a_field_that_refers_into_the_middle_of_an_object_is_named) {
    FieldSlot& slot = slot_of(target_->left);
    slot.store(top_.bits() + 8, platform::memory_order_relaxed);
    expect_named("a field refers to no object");
    slot.store(0, platform::memory_order_relaxed);
}

TEST_F(VerifyTest, a_field_that_refers_to_freed_memory_is_named) {
    Ref<Plain> gone = make<Plain>(3);
    const std::uintptr_t address = gone.bits();
    gone.reset();
    FieldSlot& slot = slot_of(target_->left);
    slot.store(address, platform::memory_order_relaxed);
    expect_named("a field refers to no object");
    slot.store(0, platform::memory_order_relaxed);
}

TEST_F(VerifyTest, a_broken_list_of_weak_references_is_named) {
    const Weak<Plain> weak(target_);
    const Ref<Plain> other = make<Plain>(3);
    auto& first = reinterpret_cast<platform::atomic<std::uintptr_t>&>(*target_.get());
    auto& of_other = reinterpret_cast<platform::atomic<std::uintptr_t>&>(*other.get());
    const std::uintptr_t node = first.load(platform::memory_order_relaxed);
    of_other.store(node, platform::memory_order_relaxed);
    const Violation found = verify(heap());
    EXPECT_STREQ(found.invariant, "a list of weak references is broken");
    EXPECT_EQ(found.object, other.bits());
    of_other.store(0, platform::memory_order_relaxed);
}

TEST_F(VerifyTest, members_of_a_set_without_a_pass_are_named) {
    const BlockAllocator::Cell cell = heap().blocks().cell_of(header());
    heap().blocks().add_member(header(), cell);
    const Violation found = verify(heap());
    EXPECT_STREQ(found.invariant, "a page has members of a set while no pass is under way");
    EXPECT_EQ(found.object, target_.bits()) << "its header tells as well";
    heap().blocks().remove_member(header(), cell);
    heap().blocks().set(Mark::member, cell);
    EXPECT_STREQ(verify(heap()).invariant,
                 "a page has members of a set while no pass is under way");
    heap().blocks().clear(Mark::member, cell);
    heap().blocks().set(Mark::todo, cell);
    EXPECT_STREQ(verify(heap()).invariant,
                 "a page has members of a set while no pass is under way");
    heap().blocks().clear(Mark::todo, cell);
}

TEST_F(VerifyTest, wrong_sums_are_named) {
    Counters::add(heap().counters().live_objects);
    EXPECT_STREQ(verify(heap()).invariant, "live objects: the sum is wrong");
    Counters::sub(heap().counters().live_objects, 1);
    Counters::add(heap().counters().live_bytes, 8);
    EXPECT_STREQ(verify(heap()).invariant, "live bytes: the sum is wrong");
    Counters::sub(heap().counters().live_bytes, 8);
}

TEST_F(VerifyTest, the_path_of_a_ring_ends_and_a_long_path_fits) {
    Ref<Plain> first = make<Plain>(0);
    Ref<Plain> last = first;
    for (int i = 0; i < 50; ++i) {
        last->left = make<Plain>(i);
        last = last->left;
    }
    const WordValue good = testing::header_of(last)->load_word();
    change_word(testing::header_of(last), [](WordValue now) { return now.with(WordValue::kHeld); });
    const Violation found = verify(heap());
    EXPECT_EQ(found.object, last.bits());
    EXPECT_LT(std::string(found.path).size(), sizeof(found.path));
    EXPECT_NE(std::string(found.path).find(" <- [0] Plain@0x"), std::string::npos);
    last->left = last;
    EXPECT_EQ(verify(heap()).object, last.bits());
    last->left = nullptr;
    testing::header_of(last)->store_word(good, platform::memory_order_relaxed);
}

TEST_F(VerifyTest, the_first_of_two_broken_fields_is_named) {
    alignas(16) static int nowhere[8];
    const auto bad = reinterpret_cast<std::uintptr_t>(&nowhere[4]);
    slot_of(target_->left).store(bad, platform::memory_order_relaxed);
    slot_of(target_->right).store(bad, platform::memory_order_relaxed);
    expect_named("a field refers outside all heaps");
    slot_of(target_->left).store(0, platform::memory_order_relaxed);
    slot_of(target_->right).store(0, platform::memory_order_relaxed);
}

TEST_F(VerifyTest, a_field_may_refer_into_another_heap) {
    testing::Region region(testing::kMiB);
    ManagedHeap other(region.span(), testing::manual());
    top_->any = other.make<Plain>(9);
    const Violation found = verify(heap());
    EXPECT_FALSE(static_cast<bool>(found)) << found.invariant;
    top_->any = nullptr;
}

TEST_F(VerifyTest, an_immortal_object_may_have_fewer_counts_than_references) {
    const Ref<Hub> hub = make_hub(300);  // more edges than a header counts
    for (std::size_t i = 0; i < 300; ++i) hub->at(i) = target_;
    const WordValue good = header()->load_word();
    detail::make_immortal(target_.get());
    const Violation found = verify(heap());
    EXPECT_FALSE(static_cast<bool>(found)) << found.invariant;
    set_word(good.bits);
    for (std::size_t i = 0; i < 300; ++i) hub->at(i) = nullptr;
}

TEST_F(VerifyTest, marks_and_lists_of_a_pass_are_named_while_none_is_under_way) {
    const char* const kNamed = "a page has members of a set while no pass is under way";
    BlockAllocator& blocks = heap().blocks();
    const BlockAllocator::Cell cell = blocks.cell_of(header());
    for (const Mark mark : {Mark::member, Mark::todo}) {
        blocks.set(mark, cell);
        EXPECT_STREQ(verify(heap()).invariant, kNamed);
        blocks.clear(mark, cell);
    }
    SetPages set;
    set.add(blocks, cell.page);
    EXPECT_STREQ(verify(heap()).invariant, kNamed);
    set.take(blocks);
    TodoPages todo;
    todo.add(blocks, cell.page);
    EXPECT_STREQ(verify(heap()).invariant, kNamed);
    todo.take(blocks);
}

/// Its name is longer than a path.
struct LongName {
    using ouro_leaf = void;
    static constexpr const char* ouro_name =
        "a_name_of_more_than_two_hundred_characters_a_name_of_more_than_two_hundred_characters_"
        "a_name_of_more_than_two_hundred_characters_a_name_of_more_than_two_hundred_characters_"
        "a_name_of_more_than_two_hundred_characters_a_name_of_more_than_two_hundred_characters";
    int value = 0;
};

TEST_F(VerifyTest, a_path_that_does_not_fit_is_cut) {
    const Ref<LongName> object = make<LongName>();
    const WordValue good = testing::header_of(object)->load_word();
    change_word(testing::header_of(object),
                [](WordValue now) { return now.with(WordValue::kHeld); });
    const Violation found = verify(heap());
    EXPECT_EQ(found.object, object.bits());
    EXPECT_EQ(std::string(found.path).size(), sizeof(found.path) - 1);
    testing::header_of(object)->store_word(good, platform::memory_order_relaxed);
}

}  // namespace
}  // namespace ouro
