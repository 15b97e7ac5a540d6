// Goal: cells of spans that a thread's cache does not hold go back to them in portions: those of
// one span of each size wait, all together take no more than they may, and none is lost
// (heap/paged/cell_cache.h, K5). Method: objects that another thread has made; what the cache keeps
// and what the records of their spans say.
#include <algorithm>
#include <random>
#include <thread>
#include <variant>
#include <vector>

#include "tests/support/cache_test.h"

namespace ouro {
namespace {

using platform::memory_order_relaxed;
using testing::Payload;

class KeptCells : public testing::HeapTest {
protected:
    explicit KeptCells(std::uint32_t percent = 20)
        : HeapTest(4 * testing::kMiB, testing::with_caches(percent)) {}

    void SetUp() override {
        make<Payload<8>>();
        cache_ = testing::cache_of_caller(heap());
        ASSERT_NE(cache_, nullptr);
    }

    /// A span of them, made by a thread that has ended: no cache holds it.
    template <std::size_t kPayload>
    std::vector<Ref<Payload<kPayload>>> make_elsewhere(std::size_t spans = 1) {
        const std::size_t units = (kPayload + sizeof(Header) + platform::kRedzoneBytes + 15) / 16;
        std::vector<Ref<Payload<kPayload>>> made(spans *
                                                 kSizeClassTable[kClassOfUnits[units]].capacity);
        std::thread([&] {
            for (auto& object : made) object = make<Payload<kPayload>>();
        }).join();
        std::reverse(made.begin(), made.end());  // those of the first span are the first to end
        return made;
    }
    template <class Object>
    PageInfo& record_of(const Ref<Object>& object) {
        return heap().blocks().page(heap().blocks().cell_of(object.get()).page);
    }
    template <class Object>
    std::uint32_t class_of(const Ref<Object>& object) {
        return record_of(object).load_layout().size_class;
    }
    bool has_free_cells(const PageInfo& record) {
        return std::any_of(std::begin(record.free), std::end(record.free),
                           [](const auto& word) { return word.load(memory_order_relaxed) != 0; });
    }
    /// Ends objects until one is kept and the stack of their class is full.
    template <class Object>
    void fill_stack(std::vector<Ref<Object>>& objects) {
        const CellCache::Stack& stack = cache_->stacks[class_of(objects.back())];
        do {
            objects.pop_back();
        } while (stack.load_top() != stack.end);
    }

    CellCache* cache_ = nullptr;
};

TEST_F(KeptCells, of_two_sizes_wait_when_they_end_in_turn) {
    auto small = make_elsewhere<48>();
    auto large = make_elsewhere<112>();
    const std::uint32_t classes[] = {class_of(small.back()), class_of(large.back())};
    const PageInfo* const records[] = {&record_of(small.back()), &record_of(large.back())};
    fill_stack(small);
    fill_stack(large);
    constexpr std::uint32_t kTurns = 4;
    for (std::uint32_t turn = 0; turn < kTurns; ++turn) {
        small.pop_back();
        large.pop_back();
    }
    for (int i = 0; i < 2; ++i) {
        EXPECT_EQ(cache_->kept[classes[i]].cells.count(), kTurns + 1) << "and the very first one";
        EXPECT_FALSE(has_free_cells(*records[i]));
        EXPECT_EQ(records[i]->listed, PageInfo::kUnlisted);
    }
    EXPECT_EQ(heap().blocks().verify(), nullptr);
}

TEST_F(KeptCells, go_back_when_one_of_another_span_of_their_size_ends) {
    auto first = make_elsewhere<112>();
    auto second = make_elsewhere<112>();
    const std::uint32_t size_class = class_of(first.back());
    const PageInfo& record = record_of(first.back());
    fill_stack(first);
    first.pop_back();
    ASSERT_EQ(cache_->kept[size_class].cells.count(), 2u);
    ASSERT_FALSE(has_free_cells(record));
    ASSERT_NE(&record_of(second.back()), &record);
    second.pop_back();
    EXPECT_EQ(cache_->kept[size_class].cells.count(), 1u);
    EXPECT_TRUE(has_free_cells(record));
    EXPECT_EQ(record.listed, PageInfo::kAvailable);
    EXPECT_EQ(heap().blocks().verify(), nullptr);
}

/// Where a cache may keep a page's bytes.
class FewKeptCells : public KeptCells {
protected:
    FewKeptCells() : KeptCells(2) {}
};

TEST_F(FewKeptCells, the_most_go_back_when_there_is_no_room_for_more) {
    auto stacked = make_elsewhere<900>();
    auto most = make_elsewhere<900>();  // none of them goes onto the stack
    auto some = make_elsewhere<112>();
    auto last = make_elsewhere<48>();
    ASSERT_EQ(cache_->kept_max, kPageBytes);
    const std::uint32_t of_most = class_of(most.back());
    const std::uint32_t of_some = class_of(some.back());
    const std::uint32_t of_last = class_of(last.back());
    const PageInfo& record = record_of(most.back());
    fill_stack(stacked);
    fill_stack(some);
    fill_stack(last);
    while (cache_->has_room_to_keep()) most.pop_back();
    ASSERT_FALSE(has_free_cells(record));
    ASSERT_GT(cache_->kept_bytes_of(of_most), cache_->kept_bytes_of(of_some));
    const std::size_t before = cache_->kept_bytes_of(of_some);
    const std::size_t before_of_last = cache_->kept_bytes_of(of_last);
    last.pop_back();
    EXPECT_EQ(cache_->kept_bytes_of(of_most), 0u);
    EXPECT_TRUE(has_free_cells(record));
    EXPECT_EQ(cache_->kept_bytes_of(of_some), before) << "there was room without those";
    EXPECT_EQ(cache_->kept_bytes_of(of_last), 2 * before_of_last);
    EXPECT_EQ(heap().blocks().verify(), nullptr);
}

// Whose cells they are, and in which order they go back, is drawn; verify() knows what all of them
// may be together.
TEST_F(FewKeptCells, none_is_lost_and_never_are_there_too_many) {
    using Any =
        std::variant<Ref<Payload<8>>, Ref<Payload<48>>, Ref<Payload<112>>, Ref<Payload<240>>,
                     Ref<Payload<496>>, Ref<Payload<700>>, Ref<Payload<900>>>;
    std::vector<Any> objects;
    const auto make_some = [&]<std::size_t kPayload>() {
        for (Ref<Payload<kPayload>>& object : make_elsewhere<kPayload>(3))
            objects.emplace_back(std::move(object));
    };
    make_some.operator()<8>();
    make_some.operator()<48>();
    make_some.operator()<112>();
    make_some.operator()<240>();
    make_some.operator()<496>();
    make_some.operator()<700>();
    make_some.operator()<900>();
    std::mt19937 random(1);
    std::shuffle(objects.begin(), objects.end(), random);
    std::size_t most = 0;
    while (!objects.empty()) {
        objects.pop_back();
        ASSERT_EQ(heap().blocks().verify(), nullptr) << objects.size() << " are left";
        most = std::max(most, Tally::get(cache_->kept_bytes));
    }
    EXPECT_GT(most, cache_->kept_max - kLargestCachedCell) << "there was no room for more";
    EXPECT_EQ(heap().statistics().used_bytes, 0u);
    // Everything that there is, in blocks of a page.
    std::vector<Ref<Payload<4000>>> pages;
    while (auto object = try_make<Payload<4000>>(heap())) pages.push_back(std::move(*object));
    EXPECT_EQ(pages.size(), heap().blocks().page_count());
}

}  // namespace
}  // namespace ouro
