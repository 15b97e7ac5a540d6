// Goal: verify() of the paged allocator names damage of a context's cache, and of what spans say of
// it. Method: one damage at a time, undone afterwards, in a cache with spans of several sizes.
#include <set>
#include <string>
#include <utility>

#include "tests/support/cache_test.h"
#include "tests/support/record_damage.h"

namespace ouro {
namespace {

using platform::memory_order_relaxed;

using testing::Payload;

class CachesDamage : public testing::HeapTest {
protected:
    CachesDamage() : HeapTest(4 * testing::kMiB, testing::with_caches()) {}
    void SetUp() override {
        make<Payload<112>>();
        make<Payload<900>>();
        kept_ = make<Payload<48>>();
        for (auto& place : platform::current_context().places) {
            auto* found = static_cast<CellCache*>(place.load(memory_order_relaxed));
            if (found != nullptr && found->blocks == &heap().blocks()) cache_ = found;
        }
        ASSERT_NE(cache_, nullptr);
        for (CellCache::Slot& slot : cache_->slots) held_ = slot.page != kNoPage ? &slot : held_;
        ASSERT_NE(held_, nullptr);
        ASSERT_EQ(heap().blocks().verify(), nullptr);
    }
    void TearDown() override {
        EXPECT_EQ(heap().blocks().verify(), nullptr);
        kept_.reset();
        HeapTest::TearDown();
    }
    PageInfo& record() { return heap().blocks().page(held_->page); }
    template <class T>
    void expect(T& word, std::type_identity_t<T> bad, const char* sentence) {
        const T good = std::exchange(word, bad);
        EXPECT_STREQ(heap().blocks().verify(), sentence);
        word = good;
    }

    Ref<Payload<48>> kept_;
    CellCache* cache_ = nullptr;
    CellCache::Slot* held_ = nullptr;  ///< a slot with a span
};

TEST_F(CachesDamage, of_a_cache_and_of_the_list_of_caches_is_named) {
    const char* const kCache = "a cache, or the list of caches";
    expect(cache_->next, cache_, kCache);
    expect(cache_->next, cache_ + 1, kCache);
    expect(cache_->next, reinterpret_cast<CellCache*>(&heap()), kCache);
    expect(cache_->owner, nullptr, kCache);
    const auto odd = reinterpret_cast<std::uintptr_t>(cache_->owner) + 1;
    expect(cache_->owner, reinterpret_cast<platform::Context*>(odd), kCache);
    expect(const_cast<const BlockAllocator*&>(cache_->blocks), nullptr, kCache);
    expect(const_cast<std::uint32_t&>(cache_->pages), 2u, kCache);
    expect(const_cast<std::uint32_t&>(cache_->types), 2u, kCache);
}

TEST_F(CachesDamage, of_the_rings_of_slots_is_named) {
    const char* const kRings = "K3: the rings of slots";
    CellCache::Slot& unused = cache_->slots[cache_->current(CellCache::kUnused)];
    expect(unused.page, held_->page, kRings);
    expect(unused.next, std::uint8_t{CellCache::kSlots}, kRings);
    expect(held_->next, cache_->current(CellCache::kUnused), kRings);
    expect(held_->size_class, std::uint8_t{CellCache::kUnused}, kRings);
    expect(cache_->rings[CellCache::kUnused], std::uint8_t{CellCache::kNoSlot}, kRings);
    unused.bits[0].store(1, memory_order_relaxed);
    EXPECT_STREQ(heap().blocks().verify(), kRings);
    unused.bits[0].store(0, memory_order_relaxed);
}

TEST_F(CachesDamage, of_a_slot_and_of_its_span_is_named) {
    expect(held_->page, PageIndex{100'000}, "K3: the page of a slot");
    expect(held_->begin, held_->begin + 16, "K3: the page of a slot");
    const std::uint64_t its_layout = record().layout.load(memory_order_relaxed);
    PageLayout other = PageLayout::decode(its_layout);
    other.size_class ^= 1;
    record().layout.store(other.encode(), memory_order_relaxed);
    EXPECT_STREQ(heap().blocks().verify(), "K3: the class of a slot");
    record().layout.store(its_layout, memory_order_relaxed);
    record().held.fetch_add(1, memory_order_relaxed);
    EXPECT_STREQ(heap().blocks().verify(), "K3: the slot of a span");
    record().held.fetch_sub(1, memory_order_relaxed);
    const std::uint64_t bits = held_->bits[0].load(memory_order_relaxed);
    ASSERT_NE(bits, 0u);
    record().free[0].fetch_or(bits & (~bits + 1), memory_order_relaxed);
    EXPECT_STREQ(heap().blocks().verify(), "B3: a cell is free twice");
    record().free[0].fetch_and(~bits, memory_order_relaxed);
}

TEST_F(CachesDamage, of_what_a_cache_keeps_is_named) {
    const char* const kKept = "K5: what a cache keeps";
    ASSERT_EQ(cache_->kept_on(), kNoPage);
    cache_->kept_bytes.store(64, memory_order_relaxed);
    EXPECT_STREQ(heap().blocks().verify(), kKept);
    for (const PageIndex page : {PageIndex{100'000}, heap().blocks().page_of(cache_)}) {
        cache_->kept_page.store(page, memory_order_relaxed);
        EXPECT_STREQ(heap().blocks().verify(), kKept);
    }
    const std::size_t cell = heap().blocks().cell_bytes({held_->page, 0});
    cache_->keep_first(held_->page, kCellsMax - 1, cell);
    EXPECT_STREQ(heap().blocks().verify(), "B3: a free cell behind the span");
    const std::uint64_t bits = held_->bits[0].load(memory_order_relaxed);
    ASSERT_NE(bits, 0u);
    cache_->keep_first(held_->page, static_cast<std::uint32_t>(__builtin_ctzll(bits)), cell);
    EXPECT_STREQ(heap().blocks().verify(), "B3: a cell is free twice");
    cache_->kept_bytes.store(2 * cell, memory_order_relaxed);
    EXPECT_STREQ(heap().blocks().verify(), kKept);
    cache_->kept_page.store(kNoPage, memory_order_relaxed);
    cache_->kept_bytes.store(0, memory_order_relaxed);
    EXPECT_EQ(heap().blocks().verify(), nullptr);
}

TEST_F(CachesDamage, of_what_caches_take_together_is_named) {
    static_assert(CellCache::kKeptMax % kPageBytes == 0);
    std::size_t pages = cache_->pages + CellCache::kKeptMax / kPageBytes;
    for (const CellCache::Slot& slot : cache_->slots) {
        if (slot.page != kNoPage) pages += heap().blocks().page(slot.page).load_layout().pages;
    }
    std::set<std::string> named;
    testing::change_words(&heap().blocks(), sizeof(BlockAllocator),
                          reinterpret_cast<const void*>(pages * kPageBytes), [&] {
                              const char* broken = heap().blocks().verify();
                              named.insert(broken != nullptr ? broken : "nothing");
                          });
    EXPECT_TRUE(named.contains("K4: sum"));
}

}  // namespace
}  // namespace ouro
