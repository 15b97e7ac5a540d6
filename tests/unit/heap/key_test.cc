// Goal: equal keys have equal hashes; integers are equal by value, strings by text, all else by
// identity. Method: pairs of references, every way in which a value can be held.
#include "heap/key.h"

#include <gtest/gtest.h>

#include "tests/support/heap_test.h"

namespace ouro {
namespace {

using testing::HeapTest;
using testing::Plain;

class KeyTest : public HeapTest {
protected:
    static bool same(const Ref<Object>& a, const Ref<Object>& b) {
        EXPECT_EQ(equal_keys(a, b), equal_keys(b, a));
        if (equal_keys(a, b)) {
            EXPECT_EQ(hash_key(a), hash_key(b));
        }
        return equal_keys(a, b);
    }
    Ref<Object> integer(std::int64_t value) { return try_integer(heap(), value).value(); }
    Ref<Object> string(const char* text) { return try_string(heap(), text).value(); }
};

TEST_F(KeyTest, integers_are_equal_by_value) {
    EXPECT_TRUE(same(integer(7), integer(7)));
    EXPECT_TRUE(same(integer(7), make<Integer>(std::int64_t{7}))) << "immediate and object";
    EXPECT_TRUE(same(integer(1000000), integer(1000000)));
    EXPECT_FALSE(same(integer(1000000), integer(1000001)));
}

TEST_F(KeyTest, strings_are_equal_by_text) {
    EXPECT_TRUE(same(string("abc"), string("abc")));
    EXPECT_TRUE(same(string("abc"), try_intern(heap(), "abc").value()));
    EXPECT_FALSE(same(string("abc"), string("abd")));
    EXPECT_FALSE(same(string("7"), integer(7)));
}

TEST_F(KeyTest, everything_else_is_equal_by_identity) {
    const Ref<Plain> a = make<Plain>(1);
    const Ref<Plain> b = make<Plain>(1);
    EXPECT_TRUE(same(a, a));
    EXPECT_FALSE(same(a, b));
    EXPECT_TRUE(same(none(), none()));
    EXPECT_FALSE(same(boolean(true), integer(1)));
    EXPECT_FALSE(same(none(), Ref<Object>()));
}

TEST_F(KeyTest, hashes_of_neighbours_differ_in_their_low_bits) {
    std::uint32_t differ = 0;
    for (int i = 0; i < 64; ++i)
        differ += (hash_key(integer(i)) & 63) != (hash_key(integer(i + 1)) & 63) ? 1 : 0;
    EXPECT_GT(differ, 48u);
}

}  // namespace
}  // namespace ouro
