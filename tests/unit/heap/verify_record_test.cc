// Goal: verify() names damage of the heap's record, of its tables and of the lists that begin in
// it. Method: one damage at a time, undone afterwards.
#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "heap/finalizer.h"
#include "heap/registry.h"
#include "heap/values.h"
#include "heap/verify.h"
#include "heap/weak_reference.h"
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
    EXPECT_STREQ(verify(heap()).invariant, "heap record: the table of interned strings");
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

TEST_F(VerifyRecordTest, a_decision_that_is_none_is_named) {
    auto& word = reinterpret_cast<platform::atomic<std::uint32_t>&>(heap().decision());
    word.fetch_or(7, platform::memory_order_relaxed);
    EXPECT_STREQ(verify(heap()).invariant, "heap record: the decision");
    word.fetch_and(~7u, platform::memory_order_relaxed);
}

TEST_F(VerifyRecordTest, a_heap_that_the_registry_says_was_shut_down_is_named) {
    for (Place& place : g_heaps) {
        if (place.heap.load(platform::memory_order_relaxed) != &heap()) continue;
        place.shut_down.store(1, platform::memory_order_relaxed);
        EXPECT_STREQ(verify(heap()).invariant, "heap record: whether it was shut down");
        place.shut_down.store(0, platform::memory_order_relaxed);
    }
    EXPECT_FALSE(static_cast<bool>(verify(heap())));
}

TEST_F(VerifyRecordTest, pages_with_candidates_that_are_on_no_list_are_named) {
#if OURO_COMPACT
    BlockAllocator& blocks = heap().blocks();
    auto& last = blocks.card_word(BlockAllocator::kCandidateCards, blocks.card_words() - 1);
    const std::uint32_t beyond = 1u << blocks.page_count() % 32;
    ASSERT_NE(beyond, 1u) << "the last word is full";
    last.fetch_or(beyond, platform::memory_order_relaxed);
    EXPECT_STREQ(verify(heap()).invariant, "the list of candidates is broken");
    last.fetch_and(~beyond, platform::memory_order_relaxed);
#else
    auto& dirty = heap().blocks().page(heap().blocks().page_count() - 1).dirty;
    for (const std::uint32_t bad : {1u, 2u}) {
        dirty.store(bad, platform::memory_order_relaxed);
        EXPECT_STREQ(verify(heap()).invariant, "the list of candidates is broken") << bad;
    }
    dirty.store(0, platform::memory_order_relaxed);
    Ref<Plain>(target_).reset();  // its page is the first of the list now
    PageInfo& first = heap().blocks().page(heap().blocks().cell_of(header()).page);
    ASSERT_EQ(first.dirty.load(platform::memory_order_relaxed), 1u);
    const PageIndex next = first.dirty_next;
    for (const PageIndex bad : {heap().blocks().cell_of(header()).page,
                                heap().blocks().page_count(), heap().blocks().page_count() - 1}) {
        first.dirty_next = bad;  // back to itself, out of the region, to a page that is not listed
        EXPECT_STREQ(verify(heap()).invariant, "the list of candidates is broken") << bad;
    }
    first.dirty_next = next;
#endif
}

TEST_F(VerifyRecordTest, callbacks_that_wait_without_their_list_or_sign_are_named) {
    const Ref<WeakReference> weak = make<WeakReference>(target_, [](WeakReference&) {});
    const Ref<WeakReference> next = make<WeakReference>(target_, [](WeakReference&) {});
    std::vector<unsigned char> copy(sizeof(Heap));
    const auto keep_copy = [&] {
        platform::reveal(&heap(), sizeof(Heap));
        std::memcpy(copy.data(), &heap(), sizeof(Heap));
    };
    keep_copy();
    heap().cut_weak_references(target_.get(), false);
    EXPECT_FALSE(static_cast<bool>(verify(heap())));
    std::set<std::string> named;
    for (const std::uint32_t bad : {0u, 2u}) {
        testing::for_changed_words(&heap(), copy.data(), sizeof(Heap), 0, 1,
                                   [&](std::uint32_t& word) {
                                       word = bad;
                                       const Violation found = verify(heap());
                                       named.insert(found ? found.invariant : "nothing");
                                   });
        EXPECT_TRUE(named.contains("heap record: whether callbacks wait")) << bad;
        named.clear();
    }
    // The newest, which is the first: its callback has run, or it leads back to itself.
    auto& word = testing::header_of(next)->word;
    const Ref<WeakReference>* const both[] = {&next, &weak};
    EXPECT_EQ(testing::change_words(&heap(), sizeof(Heap), both[0]->get(),
                                    [&] { named.insert(verify(heap()).invariant); }),
              1);
    EXPECT_EQ(testing::change_words(next.get(), sizeof(WeakReference), both[1]->get(),
                                    [&] { named.insert(verify(heap()).invariant); }),
              1);
    EXPECT_EQ(named, std::set<std::string>{"the list of callbacks that wait is broken"});
    const WordValue good = testing::header_of(next)->load_word();
    word.store(good.without(WordValue::kHeld).bits, platform::memory_order_relaxed);
    EXPECT_STREQ(verify(heap()).invariant, "the list of callbacks that wait is broken");
    word.store(good.bits, platform::memory_order_relaxed);
    auto* at = reinterpret_cast<std::uintptr_t*>(next.get());
    auto* const end = at + sizeof(WeakReference) / sizeof *at;
    while (at != end && *at != weak.bits()) ++at;
    ASSERT_NE(at, end);
    *at = next.bits();
    EXPECT_STREQ(verify(heap()).invariant, "the list of callbacks that wait is broken");
    *at = weak.bits();
    EXPECT_FALSE(static_cast<bool>(verify(heap())));
    collect();
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
    const std::uint32_t shape = std::exchange(entry.shape, 0);
    const std::uint32_t live = entry.live_objects.exchange(0, platform::memory_order_relaxed);
    entry.offsets = nullptr;
    expect("type table: the sum of fields");
    entry.offsets = offsets;
    entry.live_objects.store(live, platform::memory_order_relaxed);
    entry.shape = shape;
    entry.info.store(info, platform::memory_order_relaxed);
    EXPECT_FALSE(static_cast<bool>(verify(heap())));
}

class VerifyChainTest : public HeapTest {
protected:
    VerifyChainTest() : HeapTest(kBytes, testing::bounded(testing::manual())) {}
};

// Dead parents, linked through their first fields: next field to be let go, parent above.
TEST_F(VerifyChainTest, a_chain_of_postponed_ends_that_is_broken_is_named) {
    const Ref<Plain> kept = make<Plain>(7);
    {
        Ref<Plain> tree = make<Plain>(0);
        for (int i = 1; i < 40; ++i) {
            Ref<Plain> above = make<Plain>(i);
            above->left = std::move(tree);
            above->right = kept;
            tree = std::move(above);
        }
    }
    ASSERT_TRUE(heap().has_postponed());
    ASSERT_FALSE(static_cast<bool>(verify(heap())));
    int parents = 0;
    for_each_header(heap().blocks(), [&](Header* header) {
        if (header->load_info().type() == 0 || header->load_word().count() != 0) return;
        FieldSlot& link =
            reinterpret_cast<FieldSlot&>(static_cast<Plain*>(header->payload())->left);
        const std::uintptr_t good = link.load(platform::memory_order_relaxed);
        if ((good & 1) == 0) return;
        ++parents;
        constexpr unsigned kHalf = sizeof good * 4;
        const std::uintptr_t own =
            (reinterpret_cast<std::uintptr_t>(header) -
             (reinterpret_cast<std::uintptr_t>(region().data()) & ~(sizeof(Header) - 1))) /
            sizeof(Header);
        // A field that it does not have; no object; itself; one that lives.
        const std::uintptr_t low = good & ((std::uintptr_t{1} << kHalf) - 1);
        const std::uintptr_t living =
            own + static_cast<std::uintptr_t>(testing::header_of(kept) - header);
        for (const std::uintptr_t bad : {good | 0xff << 1, low | std::uintptr_t{1} << kHalf,
                                         low | own << kHalf, low | living << kHalf}) {
            link.store(bad, platform::memory_order_relaxed);
            EXPECT_STREQ(verify(heap()).invariant, "the chain of postponed ends is broken") << bad;
        }
        link.store(good, platform::memory_order_relaxed);
    });
    EXPECT_GE(parents, 1);
    EXPECT_FALSE(static_cast<bool>(verify(heap())));
    while (heap().has_postponed()) collect();
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
