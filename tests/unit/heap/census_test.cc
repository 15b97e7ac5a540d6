// Goal: in builds with the census, the first construction of a type names what its description
// forgot; in other builds nothing runs. Method: types with one mistake each, a report of our own.
#include "heap/census.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/heap_test.h"

namespace ouro {
namespace {

using testing::HeapTest;
using testing::Leaf;

std::vector<CensusFinding> g_findings;

class CensusTest : public HeapTest {
protected:
    void SetUp() override {
        g_findings.clear();
        set_census_report([](const CensusFinding& finding) { g_findings.push_back(finding); });
    }
    void TearDown() override {
        set_census_report(nullptr);
        HeapTest::TearDown();
    }
    /// The one finding of making a T; nothing in builds without census.
    template <class T, class... Args>
    std::optional<CensusFinding> finding_of(Args&&... args) {
        (void)make<T>(std::forward<Args>(args)...);
        if (g_findings.empty()) return std::nullopt;
        EXPECT_EQ(g_findings.size(), 1u);
        EXPECT_EQ(g_findings[0].type, &detail::type_info_of<T>);
        return g_findings[0];
    }
};

struct Complete {
    Field<Leaf> a;
    Field<Leaf> b[3];
    static constexpr auto ouro_fields = fields<&Complete::a, &Complete::b>;
};
struct Forgotten {
    Field<Leaf> listed;
    Field<Leaf> missing;
    static constexpr auto ouro_fields = fields<&Forgotten::listed>;
};
struct Nested {
    std::optional<Field<Leaf>> hidden = std::optional<Field<Leaf>>(std::in_place);
    using ouro_leaf = void;
};
struct HoldsHandle {
    explicit HoldsHandle(Ref<Leaf> leaf) : handle(std::move(leaf)) {}
    Ref<Leaf> handle;
    using ouro_leaf = void;
};
struct HoldsConvertedHandle {
    explicit HoldsConvertedHandle(const Ref<Leaf>& leaf) : handle(leaf) {}
    Ref<Object> handle;
    using ouro_leaf = void;
};
struct Base {
    Field<Leaf> inherited;
    static constexpr auto ouro_fields = fields<&Base::inherited>;
};
struct InheritsItsList : Base {
    Field<Leaf> own;
};
struct MakesOthers {
    explicit MakesOthers(Heap& heap) : part(ouro::make<Complete>(heap)) {}
    Field<Complete> part;
    static constexpr auto ouro_fields = fields<&MakesOthers::part>;
};

TEST_F(CensusTest, complete_types_are_not_reported) {
    make<Complete>();
    make<testing::Plain>(1);
    make<Leaf>();
    EXPECT_TRUE(g_findings.empty());
}

TEST_F(CensusTest, objects_made_inside_a_constructor_are_counted_apart) {
    make<MakesOthers>(heap());
    EXPECT_TRUE(g_findings.empty());
}

TEST_F(CensusTest, fields_outside_objects_do_not_disturb) {
    Field<Leaf> outside;
    const Field<Leaf> another(nullptr);
    make<Complete>();
    EXPECT_TRUE(g_findings.empty());
}

#if OURO_CENSUS

TEST_F(CensusTest, a_forgotten_field_is_reported) {
    const auto found = finding_of<Forgotten>();
    ASSERT_TRUE(found.has_value());
    EXPECT_EQ(found->declared, 1u);
    EXPECT_EQ(found->constructed, 2u);
    EXPECT_EQ(found->undeclared, 1u);
    EXPECT_EQ(found->handles, 0u);
}

TEST_F(CensusTest, a_field_inside_another_member_is_reported) {
    const auto found = finding_of<Nested>();
    ASSERT_TRUE(found.has_value());
    EXPECT_EQ(found->declared, 0u);
    EXPECT_EQ(found->undeclared, 1u);
}

TEST_F(CensusTest, a_list_that_is_only_inherited_is_reported) {
    const auto found = finding_of<InheritsItsList>();
    ASSERT_TRUE(found.has_value());
    EXPECT_EQ(found->declared, 1u);
    EXPECT_EQ(found->undeclared, 1u);
}

TEST_F(CensusTest, a_handle_as_a_member_is_reported) {
    const auto found = finding_of<HoldsHandle>(make<Leaf>());
    ASSERT_TRUE(found.has_value());
    EXPECT_EQ(found->handles, 1u);
}

TEST_F(CensusTest, a_handle_that_was_converted_is_reported_too) {
    const auto found = finding_of<HoldsConvertedHandle>(make<Leaf>());
    ASSERT_TRUE(found.has_value());
    EXPECT_EQ(found->handles, 1u);
}

TEST_F(CensusTest, the_default_report_names_the_type_and_goes_on) {
    set_census_report(nullptr);
    ::testing::internal::CaptureStderr();
    make<Forgotten>();
    const std::string text = ::testing::internal::GetCapturedStderr();
    EXPECT_NE(text.find("Forgotten"), std::string::npos) << text;
}

#else

TEST_F(CensusTest, without_census_nothing_is_reported) {
    EXPECT_FALSE(finding_of<Forgotten>().has_value());
    EXPECT_FALSE(finding_of<InheritsItsList>().has_value());
    EXPECT_FALSE(finding_of<HoldsHandle>(make<Leaf>()).has_value());
    EXPECT_FALSE(finding_of<HoldsConvertedHandle>(make<Leaf>()).has_value());
    EXPECT_FALSE(finding_of<Nested>().has_value());
}

#endif

}  // namespace
}  // namespace ouro
