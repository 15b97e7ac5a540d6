// Goal: the properties of a TypeInfo are read from their own bits. Method: one flag at a time.
#include "heap/type_info.h"

#include <gtest/gtest.h>

namespace ouro {
namespace {

TypeInfo with_flags(std::uint16_t flags) { return {"T", 16, 0, flags, nullptr, nullptr, nullptr}; }
void nothing(void*) {}

TEST(TypeInfo, each_property_has_a_bit_of_its_own) {
    EXPECT_TRUE(with_flags(TypeInfo::kHasFields).has_fields());
    EXPECT_TRUE(with_flags(TypeInfo::kTracked).tracked());
    EXPECT_TRUE(with_flags(TypeInfo::kWeaklyReferable).weakly_referable());
    EXPECT_TRUE(with_flags(TypeInfo::kVariable).variable());
    const TypeInfo none = with_flags(0);
    EXPECT_FALSE(none.has_fields() || none.tracked() || none.weakly_referable() || none.variable());
    const TypeInfo others = with_flags(static_cast<std::uint16_t>(~TypeInfo::kTracked));
    EXPECT_FALSE(others.tracked());
    EXPECT_TRUE(others.has_fields() && others.weakly_referable() && others.variable());
}

TEST(TypeInfo, a_destructor_or_a_finalizer_is_user_code) {
    TypeInfo info = with_flags(0);
    EXPECT_FALSE(info.runs_user_code());
    info.destroy = nothing;
    EXPECT_TRUE(info.runs_user_code());
    info.destroy = nullptr;
    info.finalize = nothing;
    EXPECT_TRUE(info.runs_user_code());
}

}  // namespace
}  // namespace ouro
