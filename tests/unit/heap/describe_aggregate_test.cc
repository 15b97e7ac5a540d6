// Goal: the fields of an aggregate are found without a list, all of them and nothing else. Method:
// aggregates with 1 to 16 members, mixed members, nested aggregates; offsets by hand.
#include "heap/describe_aggregate.h"

#include <gtest/gtest.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "heap/describe.h"

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

using Offsets = std::vector<std::size_t>;

struct One {
    Field<Object> a;
};
struct Mixed {
    int x;
    Field<One> a;
    double y;
    Field<Object> b;
    std::unique_ptr<int> owned;
    std::string text;
};
struct Point {
    double x, y;
};
struct Pair {
    Field<Object> first;
    int number;
    Field<Object> second;
};
struct Nested {
    Point point;
    Pair pair;
    Field<Object> own;
};
struct Deep {
    Nested nested;
    Pair pair;
};

TEST(DescribeAggregate, fields_are_found_among_other_members) {
    EXPECT_EQ(offsets_of<One>(), (Offsets{0}));
    EXPECT_EQ(offsets_of<Mixed>(), (Offsets{8, 24}));
    EXPECT_EQ(offsets_of<Pair>(), (Offsets{0, 16}));
}

TEST(DescribeAggregate, one_without_any_field_is_not_tracked) {
    EXPECT_EQ(offsets_of<Point>(), Offsets{});
    EXPECT_FALSE(detail::type_info_of<Point>.tracked());
}

TEST(DescribeAggregate, fields_of_nested_aggregates_are_found) {
    EXPECT_EQ(offsets_of<Nested>(), (Offsets{16, 32, 40}));
    EXPECT_EQ(offsets_of<Deep>(), (Offsets{16, 32, 40, 48, 64}));
}

struct DefaultValues {
    Field<Object> a = {};
    int number = 7;
    Field<Object> b;
};

TEST(DescribeAggregate, default_member_values_do_not_hide_fields) {
    EXPECT_EQ(offsets_of<DefaultValues>(), (Offsets{0, 16}));
}

struct Immovable {
    Immovable() = default;
    Immovable(const Immovable&) = delete;
    int x = 0;
};
struct HoldsImmovable {
    Immovable before;
    Field<Object> a;
};

TEST(DescribeAggregate, members_that_cannot_be_copied_do_not_hide_fields) {
    EXPECT_EQ(offsets_of<HoldsImmovable>(), (Offsets{8}));
}

struct Explicit {
    explicit Explicit(int number) : x(number) {}
    int x;
};
struct HoldsExplicit {
    Explicit before;
    Field<Object> a;
};

TEST(DescribeAggregate, members_with_explicit_constructors_do_not_hide_fields) {
    EXPECT_EQ(offsets_of<HoldsExplicit>(), (Offsets{8}));
}

struct HoldsContainers {
    std::vector<int> numbers;
    Field<Object> a;
    std::optional<int> maybe;
    Field<Object> b;
    void* pointer;
    const char* text;
    bool flag;
    Field<Object> c;
};

TEST(DescribeAggregate, fields_between_containers_and_pointers_are_found) {
    EXPECT_EQ(offsets_of<HoldsContainers>(),
              (Offsets{sizeof(std::vector<int>), sizeof(std::vector<int>) + 16,
                       sizeof(std::vector<int>) + 48}));
}

using F = Field<Object>;
struct Two {
    F a, b;
};
struct Three {
    F a, b, c;
};
struct Four {
    F a, b, c, d;
};
struct Five {
    F a, b, c, d, e;
};
struct Six {
    F a, b, c, d, e, f;
};
struct Seven {
    F a, b, c, d, e, f, g;
};
struct Eight {
    F a, b, c, d, e, f, g, h;
};
struct Nine {
    F a, b, c, d, e, f, g, h, i;
};
struct Ten {
    F a, b, c, d, e, f, g, h, i, j;
};
struct Eleven {
    F a, b, c, d, e, f, g, h, i, j, k;
};
struct Twelve {
    F a, b, c, d, e, f, g, h, i, j, k, l;
};
struct Thirteen {
    F a, b, c, d, e, f, g, h, i, j, k, l, m;
};
struct Fourteen {
    F a, b, c, d, e, f, g, h, i, j, k, l, m, n;
};
struct Fifteen {
    F a, b, c, d, e, f, g, h, i, j, k, l, m, n, o;
};
struct Sixteen {
    F a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p;
};

template <class... T>
void expect_all_members_are_fields() {
    std::size_t members = 1;
    const auto check = [&](const Offsets& offsets) {
        Offsets expected;
        for (std::size_t i = 0; i < members; ++i) expected.push_back(8 * i);
        EXPECT_EQ(offsets, expected);
        ++members;
    };
    (..., check(offsets_of<T>()));
    EXPECT_EQ(members, 17u);
}

TEST(DescribeAggregate, every_number_of_members_up_to_sixteen_is_found) {
    expect_all_members_are_fields<One, Two, Three, Four, Five, Six, Seven, Eight, Nine, Ten, Eleven,
                                  Twelve, Thirteen, Fourteen, Fifteen, Sixteen>();
}

}  // namespace
}  // namespace ouro
