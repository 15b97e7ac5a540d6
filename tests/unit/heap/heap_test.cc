// Goal: a heap can be made in any region that is large enough, next to others, and is told apart
// from them; limits are errors. Method: heaps without collector, regions of all sizes.
#include "heap/heap.h"

#include <gtest/gtest.h>
#include <sys/mman.h>

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "heap/make.h"
#include "heap/query.h"
#include "heap/values.h"
#include "heap/verify.h"
#include "tests/support/heap_test.h"

namespace ouro {
namespace {

using testing::kKiB;
using testing::kMiB;
using testing::Leaf;
using testing::Plain;
using testing::Probe;
using testing::Region;

class HeapUnit : public ::testing::Test {
protected:
    Heap& create(std::span<std::byte> region, const HeapConfig& config = {}) {
        return *Heap::create(region, config).value();
    }
};

TEST_F(HeapUnit, works_in_every_region_that_is_large_enough_and_refuses_the_others) {
    Region region(256 * kKiB);
    HeapConfig config;
    config.types_max = 64;
    config.field_offsets_max = 64;
    bool worked_before = false;
    for (std::size_t bytes = 0; bytes < region.size(); bytes += 512 + bytes / 16) {
        auto heap = Heap::create(region.span().first(bytes), config);
        if (!heap) {
            EXPECT_EQ(heap.error(), Error::region_too_small) << bytes;
            EXPECT_FALSE(worked_before) << bytes;
            continue;
        }
        worked_before = true;
        EXPECT_TRUE(try_make<Leaf>(**heap).ok()) << bytes;
        (*heap)->destroy();
    }
    EXPECT_TRUE(worked_before);
}

TEST_F(HeapUnit, numbers_out_of_their_bounds_are_taken_as_the_nearest_inside) {
    Region region(256 * kKiB);
    HeapConfig config;
    config.nesting_max = 0;
    config.cache_percent = 1000;
    config.cache_after = 0;
    Heap& heap = create(region.span(), config);
    EXPECT_EQ(heap.config().nesting_max, 2u);
    EXPECT_EQ(heap.config().cache_percent, 100u);
    EXPECT_TRUE(try_make<Leaf>(heap).ok());
    EXPECT_FALSE(verify(heap));
    heap.destroy();
}

TEST_F(HeapUnit, works_at_every_alignment_of_the_region) {
    Region region(256 * kKiB);
    for (std::size_t skew = 0; skew < 70; ++skew) {
        ManagedHeapConfig config = testing::manual();
        config.heap.cascade_objects_max =
            5;  // chains of dead objects name objects by their distance
        ManagedHeap managed(region.span().subspan(skew), config);
        Ref<Plain> first = managed.make<Plain>(1);
        Ref<Plain> last = first;
        for (int i = 0; i < 100; ++i) {
            last->left = managed.make<Plain>(i);
            last->right = managed.make<Plain>(i);
            last = last->left;
        }
        last.reset();
        first.reset();
        while (managed.heap().statistics().live_objects > 0) managed.collector().collect();
        EXPECT_TRUE(testing::is_sound(managed.collector())) << skew;
    }
}

TEST_F(HeapUnit, the_extra_memory_is_zero_and_inside_the_region) {
    Region region(256 * kKiB);
    std::memset(region.data(), 0xff, region.size());
    Heap& heap = *Heap::create(region.span(), {}, 10'000).value();
    const auto* extra = static_cast<const std::byte*>(heap.extra());
    EXPECT_GE(extra, region.data());
    EXPECT_LE(extra + 10'000, region.data() + region.size());
    for (std::size_t i = 0; i < 10'000; ++i) ASSERT_EQ(extra[i], std::byte{0});
    EXPECT_FALSE(heap.blocks().contains(extra));
    heap.destroy();
}

TEST_F(HeapUnit, a_region_in_use_is_refused_wherever_it_overlaps) {
    Region region(512 * kKiB);
    Heap& heap = create(region.span().subspan(128 * kKiB, 256 * kKiB));
    for (const std::size_t start : {0u, 100u, 128u, 200u, 383u}) {
        const std::size_t bytes = std::min<std::size_t>(200, 512 - start) * kKiB;
        EXPECT_EQ(Heap::create(region.span().subspan(start * kKiB, bytes)).error(),
                  Error::region_in_use)
            << start;
    }
    Heap& before = create(region.span().first(128 * kKiB));
    Heap& after = create(region.span().subspan(384 * kKiB));
    before.destroy();
    after.destroy();
    heap.destroy();
    create(region.span()).destroy();
}

TEST_F(HeapUnit, an_address_belongs_to_the_heap_whose_pages_contain_it) {
    Region first(256 * kKiB);
    Region second(256 * kKiB);
    Heap& a = create(first.span());
    Heap& b = create(second.span());
    Ref<Leaf> in_a = make<Leaf>(a);
    Ref<Leaf> in_b = make<Leaf>(b);
    EXPECT_EQ(Heap::of(in_a.get()), &a);
    EXPECT_EQ(Heap::of(in_b.get()), &b);
    EXPECT_EQ(Heap::of(&a), nullptr) << "the heap's own records are no objects";
    EXPECT_EQ(Heap::of(&first), nullptr);
    EXPECT_EQ(Heap::of(nullptr), nullptr);
    in_a.reset();
    in_b.reset();
    a.destroy();
    EXPECT_EQ(Heap::of(first.data() + first.size() / 2), nullptr);
    b.destroy();
}

TEST_F(HeapUnit, sixteen_heaps_may_exist_and_a_seventeenth_is_refused) {
    std::vector<std::unique_ptr<Region>> regions;
    std::vector<Heap*> heaps;
    for (int i = 0; i < 17; ++i) regions.push_back(std::make_unique<Region>(128 * kKiB));
    for (int i = 0; i < 16; ++i) heaps.push_back(&create(regions[i]->span()));
    EXPECT_EQ(Heap::create(regions[16]->span()).error(), Error::too_many_heaps);
    heaps[7]->destroy();
    heaps[7] = &create(regions[16]->span());
    for (Heap* heap : heaps) heap->destroy();
}

TEST_F(HeapUnit, heaps_can_be_made_and_ended_any_number_of_times) {
    Region region(128 * kKiB);
    for (int i = 0; i < 200; ++i) {
        Heap& heap = create(region.span());
        make<Leaf>(heap).reset();
        EXPECT_FALSE(static_cast<bool>(verify(heap)));
        heap.destroy();
    }
}

TEST_F(HeapUnit, more_types_than_the_configuration_allows_are_an_error) {
    Region region(256 * kKiB);
    HeapConfig config;
    config.types_max = InfoValue::kTypesMax;
    config.field_offsets_max = 3;
    Heap& heap = create(region.span(), config);
    EXPECT_TRUE(try_make<Plain>(heap, 1).ok());
    EXPECT_EQ(try_make<Probe>(heap, 1).error(), Error::too_many_fields);
    EXPECT_TRUE(try_make<Leaf>(heap).ok());
    EXPECT_EQ(heap.statistics().live_objects, 0u);
    config.types_max = InfoValue::kTypesMax + 1;
    EXPECT_EQ(Heap::create(Region(256 * kKiB).span(), config).error(), Error::too_many_types);
    heap.destroy();
}

template <int kNumber>
struct Numbered {
    int value = kNumber;
};
template <int... kNumbers>
void make_numbered(Heap& heap, std::integer_sequence<int, kNumbers...>) {
    (..., (void)make<Numbered<kNumbers>>(heap));
}

TEST_F(HeapUnit, types_of_other_heaps_do_not_use_up_this_heaps_table) {
    Region first(256 * kKiB);
    Region second(256 * kKiB);
    Heap& large = create(first.span());
    make_numbered(large, std::make_integer_sequence<int, 50>());
    HeapConfig config;
    config.types_max = 8;
    Heap& small = create(second.span(), config);
    struct OnlyHere {
        int value = 0;
    };
    EXPECT_TRUE(try_make<OnlyHere>(small).ok()) << "one type of eight";
    large.destroy();
    small.destroy();
}

// ---- the end

TEST_F(HeapUnit, objects_that_handles_hold_outlive_the_heap) {
    Region region(256 * kKiB);
    testing::events::clear();
    Heap& heap = create(region.span());
    Ref<Probe> kept = make<Probe>(heap, 1);
    kept->left = make<Probe>(heap, 2);
    heap.destroy();
    EXPECT_EQ(testing::events::all(), "");
    EXPECT_EQ(kept->left->id, 2);
    EXPECT_EQ(Heap::create(region.span()).error(), Error::region_in_use);
    kept.reset();
    EXPECT_EQ(testing::events::all(), "F1 D1 F2 D2");
    create(region.span()).destroy();
}

TEST_F(HeapUnit, memory_that_was_mapped_anew_is_free_whatever_was_left_behind_in_it) {
    Region region(256 * kKiB);
    {
        Heap& heap = create(region.span());
        const Ref<Plain> ring = make<Plain>(heap, 1);
        ring->left = ring;
        heap.destroy();
    }
    EXPECT_EQ(Heap::create(region.span()).error(), Error::region_in_use);
    ASSERT_EQ(mmap(region.data(), region.size(), PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0),
              region.data());
    create(region.span()).destroy();
}

// In a process of its own: ends with 0 unless somebody looks into the region.
[[noreturn]] void unmap_after_the_last_handle() {
    Region other(256 * kKiB);
    Heap& still_there = *Heap::create(other.span()).value();
    Region region(256 * kKiB);
    Heap& heap = *Heap::create(region.span()).value();
    Ref<Leaf> kept = make<Leaf>(heap);
    heap.destroy();
    kept.reset();
    region.unmap();
    const Ref<Plain> a = make<Plain>(still_there, 1);
    Ref<Plain> b = a;
    b.reset();  // a candidate: its heap is looked up
    std::_Exit(Heap::of(&a) == nullptr ? 0 : 1);
}

TEST_F(HeapUnit, a_region_may_be_unmapped_after_the_last_handle_outlived_the_heap) {
    EXPECT_EXIT(unmap_after_the_last_handle(), ::testing::ExitedWithCode(0), "");
}

// In a process of its own: ends with the number of heaps that could be made.
[[noreturn]] void let_twenty_heaps_be_outlived() {
    std::vector<std::unique_ptr<Region>> regions;
    int made = 0;
    while (made < 20) {
        regions.push_back(std::make_unique<Region>(128 * kKiB));
        auto heap = Heap::create(regions.back()->span());
        if (!heap) break;
        const Ref<Leaf> kept = make<Leaf>(**heap);
        (*heap)->destroy();
        ++made;
    }
    std::_Exit(made);
}

TEST_F(HeapUnit, heaps_that_handles_outlived_do_not_use_up_the_number_of_heaps) {
    EXPECT_EXIT(let_twenty_heaps_be_outlived(), ::testing::ExitedWithCode(20), "");
}

TEST_F(HeapUnit, a_heap_that_is_destroyed_twice_stays_gone) {
    Region region(128 * kKiB);
    Heap& heap = create(region.span());
    heap.destroy();
    EXPECT_EQ(Heap::of(region.data() + 64 * kKiB), nullptr);
    heap.destroy();
    create(region.span()).destroy();
}

TEST_F(HeapUnit, interned_strings_do_not_keep_the_region) {
    Region region(128 * kKiB);
    Heap& heap = create(region.span());
    (void)try_intern(heap, "text").value();
    heap.destroy();
    create(region.span()).destroy();
}

TEST_F(HeapUnit, sizes_that_no_heap_can_have_are_errors) {
    const testing::Region region(testing::kMiB);
    HeapConfig config;
    config.types_max = 0;
    EXPECT_EQ(Heap::create(region.span(), config).error(), Error::too_many_types);
    const std::span<std::byte> huge(region.data(), (std::size_t{1} << 36) + 1);
    EXPECT_EQ(Heap::create(huge).error(), Error::region_too_large);
}

TEST_F(HeapUnit, without_a_collector_memory_ends_with_an_error) {
    Region region(256 * kKiB);
    Heap& heap = create(region.span());
    Ref<Plain> chain;
    Error error = Error::none;
    while (error == Error::none) {
        auto made = try_make<Plain>(heap, 1);
        error = made.error();
        if (!made) break;
        (*made)->left = std::move(chain);
        chain = *made;
    }
    EXPECT_EQ(error, Error::out_of_memory);
    chain.reset();
    EXPECT_TRUE(try_make<Plain>(heap, 1).ok());
    heap.destroy();
}

TEST_F(HeapUnit, the_region_of_a_heap_that_was_shut_down_is_free_when_it_is_empty) {
    Region region(256 * kKiB);
    Heap& first = create(region.span());
    Ref<Plain> last = make<Plain>(first, 1);
    first.shut_down();
    EXPECT_EQ(Heap::create(region.span()).error(), Error::region_in_use);
    last.reset();
    Heap& second = create(region.span());
    second.shut_down();  // empty, and still in its place
    create(region.span()).destroy();
}

TEST_F(HeapUnit, legacy_finalizers_run_where_there_is_no_collector) {
    Region region(256 * kKiB);
    HeapConfig config;
    config.legacy_finalizers = true;
    Heap& heap = create(region.span(), config);
    testing::events::clear();
    make<Probe>(heap, 1).reset();
    make<Leaf>(heap).reset();
    EXPECT_EQ(testing::events::all(), "F1 D1");
    EXPECT_EQ(heap.statistics().live_objects, 0u);
    heap.destroy();
}

TEST_F(HeapUnit, a_weak_reference_that_a_legacy_finalizer_makes_dies_with_its_target) {
    Region region(256 * kKiB);
    HeapConfig config;
    config.legacy_finalizers = true;
    Heap& heap = create(region.span(), config);
    Weak<testing::LeafProbe> weak;
    testing::LeafProbe::on_finalize = [&](testing::LeafProbe& object) {
        weak = Weak<testing::LeafProbe>(self(&object));
    };
    make<testing::LeafProbe>(heap, 1).reset();
    testing::LeafProbe::on_finalize = nullptr;
    const Ref<testing::LeafProbe> in_its_place = make<testing::LeafProbe>(heap, 2);
    EXPECT_FALSE(weak.lock());
    weak = Weak<testing::LeafProbe>();
}

}  // namespace
}  // namespace ouro
