// Goal: a type has one entry per heap, found by the address of its TypeInfo and by the index that
// object headers carry, complete before it can be found; limits are errors that leave the table as
// it was. Method: hand-made TypeInfos in a table of its own.
#include "heap/type_table.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <set>
#include <vector>

#include "heap/make.h"
#include "platform/mutex.h"
#include "tests/support/heap_test.h"
#include "tests/support/threads.h"

namespace ouro {
namespace {

void write_two(std::uint16_t* out) {
    out[0] = 8;
    out[1] = 24;
}

/// A type of its own for every instance: what a type is, is where its TypeInfo stands.
struct TestType {
    TypeInfo info{"T", 32, 2, TypeInfo::kHasFields, write_two, nullptr, nullptr};
};

class TypeTableTest : public ::testing::Test {
protected:
    void init(std::uint32_t types, std::uint32_t offsets) {
        memory_.reset(new std::max_align_t[TypeTable::bytes_needed(types, offsets) /
                                               sizeof(std::max_align_t) +
                                           1]);
        table_.init(memory_.get(), types, offsets);
    }
    /// A table of `types` entries, all of them taken by types().
    void fill(std::uint32_t types) {
        init(types, 2 * types);
        for (std::uint32_t i = 0; i < types; ++i) {
            types_.push_back(std::make_unique<TestType>());
            ASSERT_TRUE(table_.enter(types_.back()->info).ok()) << i;
        }
    }

    std::unique_ptr<std::max_align_t[]> memory_;
    std::vector<std::unique_ptr<TestType>> types_;
    TypeTable table_;
};

TEST_F(TypeTableTest, an_entry_is_found_after_it_was_entered_and_not_before) {
    init(16, 16);
    TestType type;
    EXPECT_EQ(table_.find(type.info), nullptr);
    for (TypeIndex index = 0; index <= 17; ++index) EXPECT_EQ(table_.find(index), nullptr);
    auto entered = table_.enter(type.info);
    ASSERT_TRUE(entered.ok());
    EXPECT_EQ(table_.find(type.info), *entered);
    EXPECT_EQ((*entered)->info.load(platform::memory_order_relaxed), &type.info);
    EXPECT_EQ((*entered)->offsets[0], 8u);
    EXPECT_EQ((*entered)->offsets[1], 24u);
    EXPECT_EQ((*entered)->live_objects.load(platform::memory_order_relaxed), 0u);
}

TEST_F(TypeTableTest, an_index_leads_to_the_entry_and_fits_into_a_header) {
    constexpr std::uint32_t kTypes = 200;
    fill(kTypes);
    std::set<TypeIndex> indices;
    for (const auto& type : types_) {
        TypeTable::Entry* entry = table_.find(type->info);
        ASSERT_NE(entry, nullptr);
        const TypeIndex index = table_.index_of(entry);
        EXPECT_GE(index, 1u);
        EXPECT_LE(index, kTypes);
        EXPECT_EQ(table_.find(index), entry);
        EXPECT_EQ(entry->info.load(platform::memory_order_relaxed), &type->info);
        indices.insert(index);
    }
    EXPECT_EQ(indices.size(), kTypes) << "two types share an index";
}

TEST_F(TypeTableTest, the_largest_table_has_no_index_that_a_header_could_not_hold) {
    EXPECT_LE(InfoValue::kTypesMax, InfoValue::kTypeMask);
    fill(InfoValue::kTypesMax);
    TypeIndex largest = 0;
    for (const auto& type : types_)
        largest = std::max(largest, table_.index_of(table_.find(type->info)));
    EXPECT_EQ(largest, InfoValue::kTypesMax);
}

TEST_F(TypeTableTest, a_full_table_finds_all_its_types_and_refuses_others) {
    fill(7);
    TestType one_more;
    EXPECT_EQ(table_.enter(one_more.info).error(), Error::too_many_types);
    EXPECT_EQ(table_.find(one_more.info), nullptr);
    for (const auto& type : types_)
        EXPECT_EQ(table_.enter(type->info).value(), table_.find(type->info));
    EXPECT_EQ(table_.types_max(), 7u);
}

TEST_F(TypeTableTest, types_of_equal_description_are_different_types) {
    init(8, 16);
    TestType a;
    TestType b;
    EXPECT_NE(table_.enter(a.info).value(), table_.enter(b.info).value());
}

TEST_F(TypeTableTest, entering_twice_gives_the_same_entry_and_uses_no_more_space) {
    init(8, 2);
    TestType type;
    TypeTable::Entry* entry = table_.enter(type.info).value();
    EXPECT_EQ(table_.enter(type.info).value(), entry);
}

TEST_F(TypeTableTest, index_zero_and_indices_beyond_the_table_are_not_found) {
    fill(8);
    EXPECT_EQ(table_.find(TypeIndex{0}), nullptr);
    EXPECT_NE(table_.find(TypeIndex{8}), nullptr);
    EXPECT_EQ(table_.find(TypeIndex{9}), nullptr);
    EXPECT_EQ(table_.find(TypeIndex{InfoValue::kTypeMask}), nullptr);
}

TEST_F(TypeTableTest, full_field_space_is_an_error_and_enters_nothing) {
    init(8, 3);
    TestType first;
    TestType second;
    ASSERT_TRUE(table_.enter(first.info).ok());
    EXPECT_EQ(table_.enter(second.info).error(), Error::too_many_fields);
    EXPECT_EQ(table_.find(second.info), nullptr);
    EXPECT_TRUE(table_.enter(first.info).ok());
    TestType without_fields;
    without_fields.info.fixed_fields = 0;
    EXPECT_TRUE(table_.enter(without_fields.info).ok());
}

TEST_F(TypeTableTest, two_fields_at_one_place_stop_the_program) {
    static constexpr TypeInfo kTwice{
        "twice", 24,     2, TypeInfo::kHasFields, [](std::uint16_t* out) { out[0] = out[1] = 8; },
        nullptr, nullptr};
    static constexpr TypeInfo kOutside{
        "outside", 16,     1, TypeInfo::kHasFields, [](std::uint16_t* out) { out[0] = 16; },
        nullptr,   nullptr};
    init(4, 8);
    EXPECT_DEATH((void)table_.enter(kTwice), "names one place twice");
    EXPECT_DEATH((void)table_.enter(kOutside), "names one place twice");
}

TEST_F(TypeTableTest, entries_of_several_types_do_not_share_offsets) {
    init(8, 8);
    TestType first;
    TestType second;
    const std::uint16_t* a = table_.enter(first.info).value()->offsets;
    const std::uint16_t* b = table_.enter(second.info).value()->offsets;
    EXPECT_GE(b - a >= 0 ? b - a : a - b, 2);
}

TEST_F(TypeTableTest, tables_are_independent_of_each_other) {
    init(4, 8);
    TypeTable other;
    const auto memory = std::make_unique<std::max_align_t[]>(TypeTable::bytes_needed(4, 8));
    other.init(memory.get(), 4, 8);
    TestType type;
    TypeTable::Entry* entry = table_.enter(type.info).value();
    EXPECT_EQ(other.find(type.info), nullptr);
    EXPECT_NE(other.enter(type.info).value(), entry);
}

// As in a heap: who enters holds a lock, who looks holds none.
TEST_F(TypeTableTest, threads_that_look_while_others_enter_find_whole_entries_or_none) {
    constexpr std::uint32_t kTypes = 100;
    init(kTypes, 2 * kTypes);
    for (std::uint32_t i = 0; i < kTypes; ++i) types_.push_back(std::make_unique<TestType>());
    platform::Mutex lock;
    testing::run_threads(4, [&](std::size_t thread) {
        for (std::uint32_t i = 0; i < kTypes; ++i) {
            const TypeInfo& info = types_[(i * (thread + 1) * 7) % kTypes]->info;
            TypeTable::Entry* found = table_.find(info);
            if (found == nullptr) {
                platform::LockGuard guard(lock);
                found = table_.enter(info).value();
            }
            EXPECT_EQ(found->info.load(platform::memory_order_relaxed), &info);
            EXPECT_EQ(found->offsets[0] + found->offsets[1], 32u);
        }
    });
    for (const auto& type : types_) table_.enter(type->info).value();
}

class TypesOfHeaps : public testing::HeapTest {};

TEST_F(TypesOfHeaps, the_types_of_one_heap_use_up_nothing_of_another) {
    testing::Region region(256 * testing::kKiB);
    HeapConfig config;
    config.types_max = 1;
    Heap& small = *Heap::create(region.span(), config).value();
    make<testing::Plain>(1).reset();
    make<testing::Probe>(2).reset();
    EXPECT_TRUE(try_make<testing::Leaf>(small).ok());
    EXPECT_EQ(try_make<testing::Plain>(small, 1).error(), Error::too_many_types);
    EXPECT_TRUE(try_make<testing::Leaf>(small).ok()) << "the refused type has changed something";
    small.destroy();
}

}  // namespace
}  // namespace ouro
