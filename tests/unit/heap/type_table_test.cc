// Goal: a type has one index in the whole process and one entry per heap, complete before it can be
// found; limits are errors. Method: hand-made TypeInfos in a table of its own.
#include "heap/type_table.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <vector>

#include "tests/support/threads.h"

namespace ouro {
namespace {

void write_two(std::uint16_t* out) {
    out[0] = 8;
    out[1] = 24;
}

/// A type of its own for every instance.
struct TestType {
    platform::atomic<std::uint32_t> index{0};
    TypeInfo info{"T", 32, 2, TypeInfo::kHasFields, write_two, nullptr, nullptr, &index};
};

class TypeTableTest : public ::testing::Test {
protected:
    void init(std::uint32_t types, std::uint32_t offsets) {
        memory_.reset(new std::max_align_t[TypeTable::bytes_needed(types, offsets) /
                                               sizeof(std::max_align_t) +
                                           1]);
        table_.init(memory_.get(), types, offsets);
    }
    std::unique_ptr<std::max_align_t[]> memory_;
    TypeTable table_;
};

TEST_F(TypeTableTest, an_index_is_drawn_once_and_never_zero) {
    TestType a;
    TestType b;
    const TypeIndex first = type_index(a.info);
    EXPECT_NE(first, 0u);
    EXPECT_EQ(type_index(a.info), first);
    EXPECT_NE(type_index(b.info), first);
    EXPECT_NE(type_index(b.info), 0u);
}

TEST_F(TypeTableTest, an_entry_is_found_after_it_was_entered_and_not_before) {
    init(InfoValue::kTypeMask + 1, 16);
    TestType type;
    EXPECT_EQ(table_.find(type_index(type.info)), nullptr);
    auto entered = table_.enter(type.info);
    ASSERT_TRUE(entered.ok());
    EXPECT_EQ(table_.find(type_index(type.info)), *entered);
    EXPECT_EQ((*entered)->info.load(platform::memory_order_relaxed), &type.info);
    EXPECT_EQ((*entered)->offsets[0], 8u);
    EXPECT_EQ((*entered)->offsets[1], 24u);
    EXPECT_EQ((*entered)->live_objects.load(platform::memory_order_relaxed), 0u);
}

TEST_F(TypeTableTest, entering_twice_gives_the_same_entry_and_uses_no_more_space) {
    init(InfoValue::kTypeMask + 1, 2);
    TestType type;
    TypeTable::Entry* entry = table_.enter(type.info).value();
    EXPECT_EQ(table_.enter(type.info).value(), entry);
}

TEST_F(TypeTableTest, index_zero_and_indices_beyond_the_table_are_not_found) {
    init(8, 16);
    EXPECT_EQ(table_.find(0), nullptr);
    EXPECT_EQ(table_.find(8), nullptr);
    EXPECT_EQ(table_.find(InfoValue::kTypeMask), nullptr);
}

TEST_F(TypeTableTest, full_field_space_is_an_error_and_enters_nothing) {
    init(InfoValue::kTypeMask + 1, 3);
    TestType first;
    TestType second;
    ASSERT_TRUE(table_.enter(first.info).ok());
    EXPECT_EQ(table_.enter(second.info).error(), Error::too_many_fields);
    EXPECT_EQ(table_.find(type_index(second.info)), nullptr);
    EXPECT_TRUE(table_.enter(first.info).ok());
}

TEST_F(TypeTableTest, entries_of_several_types_do_not_share_offsets) {
    init(InfoValue::kTypeMask + 1, 8);
    TestType first;
    TestType second;
    const std::uint16_t* a = table_.enter(first.info).value()->offsets;
    const std::uint16_t* b = table_.enter(second.info).value()->offsets;
    EXPECT_GE(b - a >= 0 ? b - a : a - b, 2);
}

TEST_F(TypeTableTest, threads_that_draw_the_same_types_at_once_agree) {
    std::vector<std::unique_ptr<TestType>> types;
    for (int i = 0; i < 50; ++i) types.push_back(std::make_unique<TestType>());
    std::vector<std::vector<TypeIndex>> drawn(4);
    testing::run_threads(4, [&](std::size_t thread) {
        for (const auto& type : types) drawn[thread].push_back(type_index(type->info));
    });
    for (std::size_t thread = 1; thread < 4; ++thread) EXPECT_EQ(drawn[thread], drawn[0]);
    for (const TypeIndex index : drawn[0]) EXPECT_NE(index, 0u);
}

// In a process of its own, which has no index left afterwards.
void use_up_all_indices() {
    TestType early;
    const TypeIndex before = type_index(early.info);
    std::vector<std::unique_ptr<TestType>> types;
    TypeIndex index = before;
    bool in_range = true;
    while (index != 0 && types.size() < 5000) {
        types.push_back(std::make_unique<TestType>());
        index = type_index(types.back()->info);
        in_range = in_range && index <= InfoValue::kTypeMask;
    }
    constexpr std::uint32_t kTypes = InfoValue::kTypeMask + 1;
    const auto memory = std::make_unique<std::max_align_t[]>(TypeTable::bytes_needed(kTypes, 16));
    TypeTable table;
    table.init(memory.get(), kTypes, 16);
    const bool refused = table.enter(types.back()->info).error() == Error::too_many_types;
    const bool kept = type_index(early.info) == before;
    std::_Exit(index == 0 && in_range && refused && kept ? 0 : 1);
}

TEST_F(TypeTableTest, the_4096th_type_of_a_process_gets_no_index) {
    EXPECT_EXIT(use_up_all_indices(), ::testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace ouro
