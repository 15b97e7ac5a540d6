// Goal: a type's description names exactly its fields and properties, whichever way the type states
// them. Method: type_info_of for types of every kind; offsets against offsetof-like addresses.
#include "heap/describe.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace ouro {
namespace {

template <class T>
std::vector<std::size_t> offsets_of() {
    const TypeInfo& info = detail::type_info_of<T>;
    std::vector<std::uint16_t> written(info.fixed_fields + 1u, 0xeeee);
    info.write_offsets(written.data());
    EXPECT_EQ(written.back(), 0xeeee) << "more offsets than fields";
    written.pop_back();
    return {written.begin(), written.end()};
}

template <class T>
bool has(std::uint16_t flag) {
    return (detail::type_info_of<T>.flags & flag) != 0;
}

struct Listed {
    int number = 0;
    Field<Listed> first;
    double between = 0;
    Field<Object> second[3];
    static constexpr auto ouro_fields = fields<&Listed::first, &Listed::second>;
};

TEST(Describe, a_list_gives_the_offsets_of_fields_and_of_array_elements) {
    EXPECT_EQ(detail::type_info_of<Listed>.fixed_fields, 4u);
    EXPECT_EQ(offsets_of<Listed>(), (std::vector<std::size_t>{8, 24, 32, 40}));
    EXPECT_EQ(detail::type_info_of<Listed>.size, sizeof(Listed));
}

struct Base : WeaklyReferable {
    Field<Object> inherited;
    static constexpr auto ouro_fields = fields<&Base::inherited>;
};
struct Derived : Base {
    Field<Object> own;
    static constexpr auto ouro_fields = fields<&Derived::inherited, &Derived::own>;
};

TEST(Describe, a_list_may_name_fields_of_a_base_class) {
    EXPECT_EQ(offsets_of<Base>(), (std::vector<std::size_t>{8}));
    EXPECT_EQ(offsets_of<Derived>(), (std::vector<std::size_t>{8, 16}));
    EXPECT_TRUE(has<Derived>(TypeInfo::kWeaklyReferable));
}

class WithPrivateField {
    Field<Object> hidden_;

public:
    static constexpr auto ouro_fields = fields<&WithPrivateField::hidden_>;
};

struct ListedPart {
    Field<Object> x, y;
    ListedPart() {}
    static constexpr auto ouro_fields = fields<&ListedPart::x, &ListedPart::y>;
};
struct DerivedFromListed : ListedPart {
    Field<Object> z;
    static constexpr auto ouro_fields = fields<fields_of<ListedPart>, &DerivedFromListed::z>;
};
struct WithListedMember {
    int number;
    ListedPart part;
    Field<Object> last;
};

TEST(Describe, a_list_may_take_in_that_of_a_base_class) {
    std::uint16_t offsets[3];
    const TypeInfo& info = detail::type_info_of<DerivedFromListed>;
    ASSERT_EQ(info.fixed_fields, 3u);
    info.write_offsets(offsets);
    EXPECT_EQ(offsets[0], 0u);
    EXPECT_EQ(offsets[1], sizeof(void*));
    EXPECT_EQ(offsets[2], 2 * sizeof(void*));
}

TEST(Describe, a_member_of_an_aggregate_may_have_a_list) {
    std::uint16_t offsets[3];
    const TypeInfo& info = detail::type_info_of<WithListedMember>;
    ASSERT_EQ(info.fixed_fields, 3u);
    info.write_offsets(offsets);
    EXPECT_EQ(offsets[0], sizeof(void*));
    EXPECT_EQ(offsets[1], 2 * sizeof(void*));
    EXPECT_EQ(offsets[2], 3 * sizeof(void*));
}

TEST(Describe, a_list_may_name_private_fields) {
    EXPECT_EQ(offsets_of<WithPrivateField>(), (std::vector<std::size_t>{0}));
}

struct LeafType {
    using ouro_leaf = void;
    int value[10];
};

TEST(Describe, a_leaf_has_no_fields_and_is_not_tracked) {
    EXPECT_EQ(detail::type_info_of<LeafType>.fixed_fields, 0u);
    EXPECT_EQ(detail::type_info_of<LeafType>.flags, TypeInfo::kEndsPlainly);
}

TEST(Describe, a_number_is_a_leaf_without_saying_so) {
    EXPECT_EQ(detail::type_info_of<int>.fixed_fields, 0u);
    EXPECT_EQ(detail::type_info_of<int>.flags, TypeInfo::kEndsPlainly);
}

struct LeafWithDestructor {
    ~LeafWithDestructor() { value = 0; }
    using ouro_leaf = void;
    int value = 1;
};
struct LeafWithFinalizer {
    void finalize() { value = 0; }
    using ouro_leaf = void;
    int value = 1;
};
struct LeafThatIsWatched : WeaklyReferable {
    using ouro_leaf = void;
    int value = 1;
};
struct LeafOfBytes : Variable {
    using ouro_leaf = void;
};

TEST(Describe, the_end_of_a_leaf_is_more_than_memory_if_somebody_is_told) {
    EXPECT_TRUE(detail::type_info_of<LeafOfBytes>.ends_as_memory());
    EXPECT_FALSE(detail::type_info_of<LeafWithDestructor>.ends_as_memory());
    EXPECT_FALSE(detail::type_info_of<LeafWithFinalizer>.ends_as_memory());
    EXPECT_FALSE(detail::type_info_of<LeafThatIsWatched>.ends_as_memory());
    EXPECT_FALSE(detail::type_info_of<Listed>.ends_as_memory());
}

TEST(Describe, an_end_is_plain_if_nobody_is_told) {
    EXPECT_TRUE(has<LeafOfBytes>(TypeInfo::kEndsPlainly));
    EXPECT_TRUE(has<Listed>(TypeInfo::kEndsPlainly));
    EXPECT_FALSE(has<LeafWithDestructor>(TypeInfo::kEndsPlainly));
    EXPECT_FALSE(has<LeafWithFinalizer>(TypeInfo::kEndsPlainly));
    EXPECT_FALSE(has<LeafThatIsWatched>(TypeInfo::kEndsPlainly));
}

struct Acyclic {
    using ouro_acyclic = void;
    Field<LeafType> leaf;
};

TEST(Describe, an_acyclic_type_has_fields_but_is_not_tracked) {
    EXPECT_TRUE(has<Acyclic>(TypeInfo::kHasFields));
    EXPECT_FALSE(has<Acyclic>(TypeInfo::kTracked));
}

TEST(Describe, a_type_with_fields_is_tracked) {
    EXPECT_TRUE(has<Listed>(TypeInfo::kHasFields));
    EXPECT_TRUE(has<Listed>(TypeInfo::kTracked));
    EXPECT_FALSE(has<Listed>(TypeInfo::kVariable));
    EXPECT_FALSE(has<Listed>(TypeInfo::kWeaklyReferable));
}

struct Bytes : Variable {
    using ouro_leaf = void;
};
struct Tuple : Variable {
    Field<Object> head;
    static constexpr auto ouro_fields = fields<&Tuple::head>;
};

TEST(Describe, a_variable_type_may_hold_references_unless_it_is_a_leaf) {
    EXPECT_TRUE(has<Tuple>(TypeInfo::kVariable));
    EXPECT_TRUE(has<Tuple>(TypeInfo::kTracked));
    EXPECT_TRUE(has<Bytes>(TypeInfo::kVariable));
    EXPECT_FALSE(has<Bytes>(TypeInfo::kHasFields));
    EXPECT_FALSE(has<Bytes>(TypeInfo::kTracked));
}

struct WithDestructor {
    using ouro_leaf = void;
    ~WithDestructor() {}  // NOLINT: not trivial is the point
};
struct WithFinalizer {
    using ouro_leaf = void;
    void finalize() {}
};

TEST(Describe, user_code_is_a_destructor_that_does_something_or_a_finalizer) {
    EXPECT_EQ(detail::type_info_of<LeafType>.destroy, nullptr);
    EXPECT_EQ(detail::type_info_of<LeafType>.finalize, nullptr);
    EXPECT_FALSE(detail::type_info_of<Listed>.runs_user_code());
    EXPECT_NE(detail::type_info_of<WithDestructor>.destroy, nullptr);
    EXPECT_NE(detail::type_info_of<WithFinalizer>.finalize, nullptr);
    EXPECT_TRUE(detail::type_info_of<WithDestructor>.runs_user_code());
    EXPECT_TRUE(detail::type_info_of<WithFinalizer>.runs_user_code());
}

struct Named {
    using ouro_leaf = void;
    static constexpr const char* ouro_name = "a name of its own";
};

TEST(Describe, the_name_is_the_stated_one_or_the_compilers_spelling) {
    EXPECT_STREQ(detail::type_info_of<Named>.name, "a name of its own");
    EXPECT_NE(std::string(detail::type_info_of<Listed>.name).find("Listed"), std::string::npos);
    EXPECT_STREQ(detail::type_info_of<int>.name, "int");
}

struct Twin {
    using ouro_leaf = void;
    static constexpr const char* ouro_name = "twin";
};
struct OtherTwin {
    using ouro_leaf = void;
    static constexpr const char* ouro_name = "twin";
};

// The address is the type's identity: two descriptions that read alike must not be merged.
TEST(Describe, types_of_equal_description_have_descriptions_at_different_addresses) {
    const TypeInfo* volatile one = &detail::type_info_of<Twin>;
    const TypeInfo* volatile other = &detail::type_info_of<OtherTwin>;
    EXPECT_STREQ(one->name, other->name);
    EXPECT_EQ(one->size, other->size);
    EXPECT_NE(one, other);
    EXPECT_EQ(one, &detail::type_info_of<Twin>);
}

}  // namespace
}  // namespace ouro
