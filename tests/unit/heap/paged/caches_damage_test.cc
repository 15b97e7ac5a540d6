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
        const Ref<Payload<20>> two[] = {make<Payload<20>>(), make<Payload<20>>()};
        kept_ = make<Payload<48>>();
        cache_ = testing::cache_of_caller(heap());
        ASSERT_NE(cache_, nullptr);
        for (CellCache::Slot& slot : cache_->slots) held_ = slot.begin != 0 ? &slot : held_;
        ASSERT_NE(held_, nullptr);
        ASSERT_EQ(heap().blocks().verify(), nullptr);
    }
    void TearDown() override {
        EXPECT_EQ(heap().blocks().verify(), nullptr);
        kept_.reset();
        HeapTest::TearDown();
    }
    PageInfo& record() { return heap().blocks().record_at(held_->begin); }
    std::uint8_t held_slot() const { return static_cast<std::uint8_t>(held_ - cache_->slots); }
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
    expect(const_cast<std::uint32_t&>(cache_->pages), cache_->pages + 1, kCache);
    expect(const_cast<std::uint32_t&>(cache_->types), 2u, kCache);
}

TEST_F(CachesDamage, of_the_rings_of_slots_is_named) {
    const char* const kRings = "K3: the rings of slots";
    const std::uint8_t at = cache_->current(CellCache::kUnused);
    CellCache::Slot& unused = cache_->slots[at];
    expect(unused.begin, held_->begin, kRings);
    expect(cache_->next_of[at], std::uint8_t{CellCache::kSlots}, kRings);
    expect(cache_->next_of[held_slot()], at, kRings);
    expect(cache_->class_of[held_slot()], std::uint8_t{CellCache::kUnused}, kRings);
    expect(cache_->rings[CellCache::kUnused], std::uint8_t{CellCache::kNoSlot}, kRings);
    unused.bits[0].store(1, memory_order_relaxed);
    EXPECT_STREQ(heap().blocks().verify(), kRings);
    unused.bits[0].store(0, memory_order_relaxed);
}

TEST_F(CachesDamage, of_a_slot_and_of_its_span_is_named) {
    expect(held_->begin, held_->begin + 100'000 * kPageBytes, "K3: the page of a slot");
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

TEST_F(CachesDamage, of_a_stack_is_named) {
    const char* const kStack = "K5: a stack";
    CellCache::Stack& stack = cache_->stacks[cache_->class_of[held_slot()]];
    expect(stack.begin, stack.begin + 1, kStack);
    expect(stack.end, stack.end - 1, kStack);
    expect(stack.cell_bytes, stack.cell_bytes + 16, kStack);
    Header** const top = stack.load_top();
    for (Header** bad : {stack.begin - 1, stack.end + 1}) {
        stack.set_top(bad);
        EXPECT_STREQ(heap().blocks().verify(), kStack);
    }
    stack.set_top(top);
}

TEST_F(CachesDamage, of_what_is_on_a_stack_is_named) {
    const char* const kStacked = "K5: what a cache has at hand";
    CellCache::Stack* stack = nullptr;
    for (CellCache::Stack& each : cache_->stacks) stack = each.count() > 1 ? &each : stack;
    ASSERT_NE(stack, nullptr) << "what has ended is at hand";
    Header** const top = stack->load_top();
    ASSERT_NE(top, stack->end);
    const auto shifted = reinterpret_cast<std::uintptr_t>(top[-1]) + 16;
    expect(top[-1], reinterpret_cast<Header*>(shifted), kStacked);
    expect(top[-1], reinterpret_cast<Header*>(&heap()), kStacked);
    expect(top[-1], header_of(kept_.get()), kStacked);
    stack->set_top(top - 1);
    EXPECT_STREQ(heap().blocks().verify(), "B3: a cell is lost");
    top[0] = top[-1];
    stack->set_top(top + 1);
    EXPECT_STREQ(heap().blocks().verify(), "B3: a cell is free twice");
    stack->set_top(top);
    // One twice, and the other lost.
    ASSERT_GE(stack->count(), 2u);
    expect(top[-1], top[-2], "B3: a cell is free twice");
    PageInfo& of_it = heap().blocks().page(heap().blocks().cell_of(top[-1]).page);
    const std::uint32_t cell = heap().blocks().cell_of(top[-1]).index;
    of_it.free[cell / 64].fetch_or(std::uint64_t{1} << cell % 64, memory_order_relaxed);
    EXPECT_STREQ(heap().blocks().verify(), "B3: a cell is free twice");
    of_it.free[cell / 64].fetch_and(~(std::uint64_t{1} << cell % 64), memory_order_relaxed);
}

TEST_F(CachesDamage, of_what_a_cache_keeps_is_named) {
    const char* const kKept = "K5: what a cache keeps";
    const PageIndex page = heap().blocks().page_at(held_->begin);
    const std::uint32_t size_class = heap().blocks().page(page).load_layout().size_class;
    CellCache::Kept& kept = cache_->kept[size_class];
    ASSERT_EQ(kept.on(), kNoPage);
    cache_->kept_bytes.store(64, memory_order_relaxed);
    EXPECT_STREQ(heap().blocks().verify(), kKept);
    cache_->kept_bytes.store(0, memory_order_relaxed);
    kept.cells.set(0);
    for (const PageIndex bad : {PageIndex{100'000}, heap().blocks().page_of(cache_)}) {
        kept.page.store(bad, memory_order_relaxed);
        EXPECT_STREQ(heap().blocks().verify(), kKept);
    }
    kept.cells = {};
    kept.page.store(kNoPage, memory_order_relaxed);
    CellCache::Kept& other = cache_->kept[size_class + 1];
    other.cells.set(0);
    other.page.store(page, memory_order_relaxed);
    EXPECT_STREQ(heap().blocks().verify(), kKept);
    other.cells = {};
    other.page.store(kNoPage, memory_order_relaxed);
    const auto forget = [&] {
        kept.page.store(kNoPage, memory_order_relaxed);
        kept.cells = {};
        cache_->kept_bytes.store(0, memory_order_relaxed);
    };
    cache_->keep_first(size_class, page, kCellsMax - 1);
    EXPECT_STREQ(heap().blocks().verify(), "B3: a free cell behind the span");
    forget();
    const std::uint64_t bits = held_->bits[0].load(memory_order_relaxed);
    ASSERT_NE(bits, 0u);
    cache_->keep_first(size_class, page, static_cast<std::uint32_t>(__builtin_ctzll(bits)));
    EXPECT_STREQ(heap().blocks().verify(), "B3: a cell is free twice");
    expect(kept.cells, CellBits{}, kKept);
    forget();
    kept.cells.set(0);
    EXPECT_STREQ(heap().blocks().verify(), kKept);
    forget();
    expect(const_cast<std::size_t&>(cache_->kept_max), cache_->kept_max + 1, "K5: a stack");
}

TEST_F(CachesDamage, of_what_caches_take_together_is_named) {
    std::size_t bytes = cache_->pages * kPageBytes + cache_->kept_max;
    for (const CellCache::Stack& stack : cache_->stacks)
        bytes += static_cast<std::size_t>(stack.end - stack.begin) * stack.cell_bytes;
    for (const CellCache::Slot& slot : cache_->slots) {
        if (slot.begin == 0) continue;
        bytes += heap().blocks().record_at(slot.begin).load_layout().pages * kPageBytes;
    }
    std::set<std::string> named;
    testing::change_words(&heap().blocks(), sizeof(BlockAllocator),
                          reinterpret_cast<const void*>(bytes), [&] {
                              const char* broken = heap().blocks().verify();
                              named.insert(broken != nullptr ? broken : "nothing");
                          });
    EXPECT_TRUE(named.contains("K4: sum"));
}

}  // namespace
}  // namespace ouro
