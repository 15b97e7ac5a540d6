// Goal: whatever a bit of the allocator's record, of a cache, of page records or of the table of
// types becomes, verify() ends and reads nothing outside; most bits are named. Method: every bit
// flipped by itself, in a heap with caches, a large object, retired and dissolving spans, as
// verify() asks: the record first, the rest if it is sound. Not flipped: locks, and the addresses
// that verify() follows out of the region (docs/verification.md).
#include <type_traits>

#include "heap/verify.h"
#include "tests/support/heap_test.h"
#include "tests/support/record_damage.h"

namespace ouro {
namespace {

using testing::Hub;
using testing::Plain;

class RecordFlips : public testing::HeapTest {
protected:
    RecordFlips()
        : HeapTest(testing::kMiB, testing::changed(testing::manual(), [](ManagedHeapConfig& c) {
                       c.heap.cache_percent = 20;
                       c.heap.cache_after = 0;
                   })) {}
    void SetUp() override {
        for (int i = 0; i < 10; ++i) kept_[i % 2] = make<Plain>(i);
        large_ = make_hub(2000);
        make_hub(300);
        for (auto& place : platform::current_context().places) {
            auto* found = static_cast<CellCache*>(place.load(platform::memory_order_relaxed));
            if (found != nullptr && found->blocks == &heap().blocks()) cache_ = found;
        }
        ASSERT_NE(cache_, nullptr);
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

    Ref<Plain> kept_[2];
    Ref<Hub> large_;
    CellCache* cache_ = nullptr;
};

TEST_F(RecordFlips, of_the_allocators_record_are_mostly_named) {
    BlockAllocator& blocks = heap().blocks();
    auto* begin = reinterpret_cast<unsigned char*>(&blocks);
    auto* lock = reinterpret_cast<unsigned char*>(&blocks.lock());
    const auto before = static_cast<std::size_t>(lock - begin);
    EXPECT_GE(percent_named(begin, before, &heap()), 20) << "with what lies between";
    const std::size_t rest = before + sizeof(platform::Mutex);
    EXPECT_GE(percent_named(begin + rest, sizeof blocks - rest, &heap()), 70);
}

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

}  // namespace
}  // namespace ouro
