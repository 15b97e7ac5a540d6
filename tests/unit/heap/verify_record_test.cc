// Goal: verify() names damage of the heap's record, of its tables and of the lists that begin in
// it. Method: one damage at a time, undone afterwards.
#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <string>

#include "heap/finalizer.h"
#include "heap/values.h"
#include "heap/verify.h"
#include "tests/support/candidates.h"
#include "tests/support/heap_test.h"
#include "tests/support/record_damage.h"

namespace ouro {
namespace {

using testing::HeapTest;
using testing::Plain;

class VerifyRecordTest : public HeapTest {
protected:
    void SetUp() override {
        target_ = make<Plain>(1);
        ASSERT_FALSE(verify(heap()));
    }
    void TearDown() override {
        target_.reset();
        HeapTest::TearDown();
    }
    Header* header() { return testing::header_of(target_); }
    /// Words of the heap's record that hold the value are changed, one after the other: each
    /// change is named. How many there are.
    int change_words(const void* value, const std::string& sentence) {
        return testing::change_words(&heap(), sizeof(Heap), value, [&] {
            const Violation violation = collector().verify();
            const std::string named = violation ? violation.invariant : "nothing";
            EXPECT_NE(named.find(sentence), std::string::npos) << named;
        });
    }

    Ref<Plain> target_;
};

TEST_F(VerifyRecordTest, addresses_that_do_not_follow_from_the_region_are_named) {
    const auto region = reinterpret_cast<std::uintptr_t>(&heap());
    EXPECT_GE(change_words(reinterpret_cast<const void*>(region), "heap record: the region"), 1);
    EXPECT_GE(change_words(heap().extra(), "heap record: the"), 1);  // and of the hooks
    EXPECT_GE(change_words(heap().types().begin(), "heap record: the"), 1);
    EXPECT_GE(change_words(&heap().types(), "heap record: the allocator"), 1);
    EXPECT_GE(change_words(&heap().blocks(), "heap record: the region"), 1);
    EXPECT_GE(change_words(reinterpret_cast<const void*>(heap().blocks().begin()),
                           "heap record: the allocator"),
              1);
}

TEST_F(VerifyRecordTest, a_configuration_that_its_users_do_not_have_is_named) {
    auto& config = const_cast<HeapConfig&>(heap().config());
    const HeapConfig good = config;
    config.types_max += 1;
    EXPECT_STREQ(verify(heap()).invariant, "heap record: the table of types");
    config = good;
    config.intern_buckets *= 2;
    EXPECT_TRUE(static_cast<bool>(verify(heap())));
    config = good;
    config.legacy_finalizers = true;
    EXPECT_STREQ(verify(heap()).invariant, "heap record: the configuration");
    config = good;
    config.nesting_max = 0;
    EXPECT_STREQ(verify(heap()).invariant, "heap record: the configuration");
    config = good;
}

TEST_F(VerifyRecordTest, an_open_decision_is_named) {
    heap().decision().open();
    EXPECT_STREQ(verify(heap()).invariant, "a decision is open while no pass is under way");
    EXPECT_TRUE(heap().decision().commit());
}

TEST_F(VerifyRecordTest, damage_of_the_table_of_types_is_named) {
    TypeTable::Entry& entry = *heap().type_of(header());
    const auto expect = [&](const char* sentence) {
        EXPECT_STREQ(verify(heap()).invariant, sentence);
    };
    entry.live_objects.fetch_add(1, platform::memory_order_relaxed);
    expect("live objects: the sum of the types is wrong");
    entry.live_objects.fetch_sub(1, platform::memory_order_relaxed);
    entry.shape ^= TypeTable::Shape::kTracked;
    expect("type table: the shape of a type");
    entry.shape ^= TypeTable::Shape::kTracked;
    const std::uint16_t* offsets = entry.offsets;
    entry.offsets += 1000;
    expect("type table: where a type's fields are");
    entry.offsets = offsets;
    const_cast<std::uint16_t&>(offsets[0]) ^= 64;
    expect("type table: a type's fields");
    const_cast<std::uint16_t&>(offsets[0]) ^= 64;
    const TypeInfo* info = entry.info.load(platform::memory_order_relaxed);
    const auto odd = reinterpret_cast<std::uintptr_t>(info) ^ 1;
    entry.info.store(reinterpret_cast<const TypeInfo*>(odd), platform::memory_order_relaxed);
    expect("type table: a type out of its slot");
    entry.info.store(nullptr, platform::memory_order_relaxed);
    expect("type table: an entry without type");
    entry.info.store(info, platform::memory_order_relaxed);
    EXPECT_FALSE(static_cast<bool>(verify(heap())));
}

TEST_F(VerifyRecordTest, a_chain_of_interned_strings_that_is_broken_is_named) {
    const Ref<String> one = try_intern(heap(), "one").value();
    auto& next = reinterpret_cast<FieldSlot&>(*const_cast<String*>(one.get()));
    const std::uintptr_t good = next.load(platform::memory_order_relaxed);
    for (const std::uintptr_t bad :
         {reinterpret_cast<std::uintptr_t>(one.get()) | 1, target_.bits() | 1, std::uintptr_t{0}}) {
        next.store(bad, platform::memory_order_relaxed);
        EXPECT_STREQ(verify(heap()).invariant, "the table of interned strings is broken");
    }
    next.store(good, platform::memory_order_relaxed);
}

TEST_F(VerifyRecordTest, a_list_of_finalizers_that_is_broken_is_named) {
    const auto nothing = [](const Ref<Object>&) { return Ref<Object>(); };
    const Ref<Finalizer> one = try_finalize(target_, nothing).value();
    const Ref<Finalizer> two = try_finalize(target_, nothing).value();
    EXPECT_FALSE(static_cast<bool>(verify(heap())));
    // Every word behind the weak reference changed by itself: function, links, flags.
    auto* at = reinterpret_cast<unsigned char*>(one.get());
    int named = 0;
    for (std::size_t word = sizeof(WeakReference); word < sizeof(Finalizer); word += sizeof at) {
        at[word + 1] ^= 0x20;
        const Violation found = verify(heap());
        at[word + 1] ^= 0x20;
        named +=
            found && found.invariant == std::string("the list of finalizers is broken") ? 1 : 0;
    }
    EXPECT_GE(named, 3) << "function, next, place";
    one->detach();
    two->detach();
}

TEST_F(VerifyRecordTest, the_callback_of_a_weak_reference_has_a_second_copy) {
    const auto called = [](WeakReference&) { FAIL(); };
    const Ref<WeakReference> weak = make<WeakReference>(target_, +called);
    const WeakCallback callback = called;
    auto* at = reinterpret_cast<unsigned char*>(weak.get());
    std::size_t place = 0;
    while (std::memcmp(at + place, &callback, sizeof callback) != 0) place += sizeof callback;
    ASSERT_LT(place, sizeof(WeakReference));
    for (std::size_t bit = 0; bit < 8 * sizeof callback; ++bit) {
        at[place + bit / 8] ^= static_cast<unsigned char>(1u << bit % 8);
        EXPECT_STREQ(verify(heap()).invariant, "a list of weak references is broken") << bit;
        at[place + bit / 8] ^= static_cast<unsigned char>(1u << bit % 8);
    }
}

TEST_F(VerifyRecordTest, a_set_that_its_page_is_not_listed_for_is_named) {
    BlockAllocator& blocks = heap().blocks();
    const BlockAllocator::Cell cell = blocks.cell_of(header());
    for (const Mark mark : {Mark::batch, Mark::deferred}) {
        blocks.set(mark, cell);
        EXPECT_STREQ(verify(heap()).invariant,
                     "a page has members of a set and is not on its list");
        blocks.clear(mark, cell);
    }
}

}  // namespace
}  // namespace ouro
