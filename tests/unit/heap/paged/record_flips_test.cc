// Goal: whatever a bit of the allocator's record, of a cache, of page records or of the table of
// types becomes, verify() ends and reads nothing outside; most bits are named. Method: every bit
// flipped by itself, in a heap with caches, a large object, retired and dissolving spans, as
// verify() asks: the record first, the rest if it is sound. Not flipped: locks, and the addresses
// that verify() follows out of the region (docs/verification.md).
#include <type_traits>

#include "heap/finalizer.h"
#include "heap/values.h"
#include "heap/verify.h"
#include "heap/weak_reference.h"
#include "tests/support/cache_test.h"
#include "tests/support/record_damage.h"
#include "tests/support/sanitizer.h"

namespace ouro {
namespace {

using testing::Hub;
using testing::Plain;

class RecordFlips : public testing::HeapTest {
protected:
    explicit RecordFlips(std::uint32_t cache_percent = 20)
        : HeapTest(testing::kMiB, testing::with_caches(cache_percent)) {}
    void SetUp() override {
        for (int i = 0; i < 10; ++i) kept_[i % 2] = make<Plain>(i);
        large_ = make_hub(2000);
        make_hub(300);
        for (auto& place : platform::current_context().places) {
            auto* found = static_cast<CellCache*>(place.load(platform::memory_order_relaxed));
            if (found != nullptr && found->blocks == &heap().blocks()) cache_ = found;
        }
        ASSERT_EQ(cache_ == nullptr, heap().config().cache_percent == 0);
        ASSERT_FALSE(named());
    }
    void TearDown() override {
        EXPECT_FALSE(named()) << "nothing is left of the flips";
        for (Ref<Plain>& ref : kept_) ref.reset();
        large_.reset();
        HeapTest::TearDown();
    }
    bool named() {
        return heap().verify_record() != nullptr || heap().types().verify() != nullptr ||
               heap().blocks().verify() != nullptr;
    }
    /// How many of a record's bits are named, in percent.
    int percent_named(void* record, std::size_t bytes, const void* spared) {
        int flips = 0, found = 0;
        testing::flip_all(record, bytes, spared, [&] {
            ++flips;
            found += named() ? 1 : 0;
        });
        return flips == 0 ? 0 : 100 * found / flips;
    }

    void flip_the_allocator() {
        BlockAllocator& blocks = heap().blocks();
        auto* begin = reinterpret_cast<unsigned char*>(&blocks);
        auto* lock = reinterpret_cast<unsigned char*>(&blocks.lock());
        const auto before = static_cast<std::size_t>(lock - begin);
        EXPECT_GE(percent_named(begin, before, &heap()), 20) << "with what lies between";
        const std::size_t rest = before + sizeof(platform::Mutex);
        EXPECT_GE(percent_named(begin + rest, sizeof blocks - rest, &heap()), 70);
    }

    Ref<Plain> kept_[2];
    Ref<Hub> large_;
    CellCache* cache_ = nullptr;
};

TEST_F(RecordFlips, of_the_allocators_record_are_mostly_named) { flip_the_allocator(); }

TEST_F(RecordFlips, of_a_cache_but_its_owner_are_mostly_named) {
    EXPECT_GE(percent_named(cache_, sizeof *cache_, cache_->owner), 50);
}

TEST_F(RecordFlips, of_page_records_end_and_are_named) {
    platform::LoadWindow window;  // so that spans that were emptied wait
    heap().blocks().tidy();
    for (PageIndex page = 0; page < 24; ++page) {
        PageInfo& info = heap().blocks().page(page);
        const bool is_span = info.load_layout().kind == PageLayout::kSpan;
        const int percent = percent_named(&info, sizeof info, &page);
        EXPECT_TRUE(!is_span || percent >= 10) << page << ": " << percent;
    }
}

TEST_F(RecordFlips, of_the_table_of_types_but_the_types_addresses_are_mostly_named) {
    EXPECT_GE(percent_named(&heap().types(), sizeof(TypeTable), &heap()), 80);
    TypeTable::Entry& entry = *heap().type_of(testing::header_of(kept_[0]));
    const void* info = entry.info.load(platform::memory_order_relaxed);
    EXPECT_GE(percent_named(&entry, sizeof entry, info), 50);
}

TEST_F(RecordFlips, of_what_create_has_written_are_mostly_named) {
    auto* begin = reinterpret_cast<unsigned char*>(&heap());
    auto* config = reinterpret_cast<const unsigned char*>(&heap().config());
    const auto bytes = static_cast<std::size_t>(config - begin) + sizeof(HeapConfig);
    EXPECT_GE(percent_named(begin, bytes, &collector()), 40);
}

class RecordFlipsWithoutCaches : public RecordFlips {
protected:
    RecordFlipsWithoutCaches() : RecordFlips(0) {}
};

TEST_F(RecordFlipsWithoutCaches, of_the_allocators_record_are_mostly_named) {
    flip_the_allocator();
}

/// Of objects that lists of the heap lead through, every bit: the whole heap is asked.
class ObjectFlips : public RecordFlips {
protected:
    template <class T>
    int named_in(const Ref<T>& object, std::size_t bytes, const void* spared) {
        int found = 0;
        testing::flip_all(const_cast<std::remove_const_t<T>*>(object.get()), bytes, spared,
                          [&] { found += verify(heap()) ? 1 : 0; });
        EXPECT_FALSE(static_cast<bool>(verify(heap())));
        return found;
    }
};

TEST_F(ObjectFlips, of_interned_strings_are_mostly_named) {
    const Ref<String> one = try_intern(heap(), "one").value();
    const Ref<String> two = try_intern(heap(), "two").value();
    // A length that still fits the cell leads behind the object, where ASan's poison begins.
    const std::size_t bytes = testing::kAsan ? sizeof(String) : sizeof(String) + 16;
    static_assert(sizeof(Trailing) == 8);
    EXPECT_GE(named_in(one, bytes, this), testing::kAsan ? 32 : 64);
    auto& next = reinterpret_cast<FieldSlot&>(*const_cast<String*>(two.get()));
    const std::uintptr_t good = next.load(platform::memory_order_relaxed);
    next.store(reinterpret_cast<std::uintptr_t>(two.get()) | 1, platform::memory_order_relaxed);
    EXPECT_STREQ(verify(heap()).invariant, "the table of interned strings is broken");
    next.store(good, platform::memory_order_relaxed);
}

TEST_F(ObjectFlips, of_weak_references_that_wait_and_of_finalizers_are_mostly_named) {
    const auto called = [](WeakReference&) {};
    const Ref<WeakReference> first = make<WeakReference>(kept_[0], +called);
    const Ref<WeakReference> second = make<WeakReference>(kept_[0], +called);
    heap().cut_weak_references(kept_[0].get(), false);
    EXPECT_GE(named_in(first, sizeof(WeakReference), this), 64);
    EXPECT_GE(named_in(second, sizeof(WeakReference), this), 64);
    collect();
    const auto nothing = [](const Ref<Object>&) { return Ref<Object>(); };
    const Ref<Finalizer> one = try_finalize(kept_[1], nothing).value();
    const Ref<Finalizer> two = try_finalize(kept_[1], nothing).value();
    int found = 0;  // behind its weak reference, which lies in a list that may lead anywhere
    testing::flip_all(reinterpret_cast<std::byte*>(one.get()) + sizeof(WeakReference),
                      sizeof(Finalizer) - sizeof(WeakReference), this,
                      [&] { found += verify(heap()) ? 1 : 0; });
    EXPECT_GE(found, 64);
    one->detach();
    two->detach();
}

}  // namespace
}  // namespace ouro
