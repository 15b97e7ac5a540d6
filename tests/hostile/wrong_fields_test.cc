// Goal: a type that reports too few fields leaks, and never frees early; in builds with the census
// it is named. (Too many, twice the same, or what is no field does not compile: tests/compile.)
#include <gtest/gtest.h>

#include <vector>

#include "heap/census.h"
#include "tests/support/heap_test.h"

namespace ouro {
namespace {

using testing::HeapTest;

int g_mistakes = 0;

class Forgetful : public WeaklyReferable {
public:
    Field<Forgetful> told;
    Field<Forgetful> kept_secret;
    static constexpr auto ouro_fields = fields<&Forgetful::told>;
};

class WrongFields : public HeapTest {
protected:
    void SetUp() override {
        g_mistakes = 0;
        set_census_report([](const CensusFinding&) { ++g_mistakes; });
    }
    void TearDown() override {
        set_census_report(nullptr);
        HeapTest::TearDown();
    }
};

TEST_F(WrongFields, what_only_a_secret_field_refers_to_lives) {
    const Ref<Forgetful> holder = make<Forgetful>();
    holder->kept_secret = make<Forgetful>();
    const Weak<Forgetful> weak(holder->kept_secret.load());
    for (int i = 0; i < 3; ++i) EXPECT_EQ(collect(), 0u);
    EXPECT_FALSE(weak.expired());
    EXPECT_TRUE(testing::is_sound(collector()));
    holder->kept_secret = nullptr;
    EXPECT_TRUE(weak.expired());
    EXPECT_EQ(g_mistakes > 0, OURO_CENSUS == 1);
}

TEST_F(WrongFields, a_ring_through_a_secret_field_leaks) {
    Weak<Forgetful> first;
    Weak<Forgetful> second;
    {
        const Ref<Forgetful> a = make<Forgetful>();
        const Ref<Forgetful> b = make<Forgetful>();
        a->told = b;
        b->kept_secret = a;
        first = a;
        second = b;
    }
    EXPECT_EQ(collect(), 0u);
    EXPECT_FALSE(first.expired());
    EXPECT_FALSE(second.expired());
    EXPECT_TRUE(testing::is_sound(collector()));
    // A program that knows can still break the ring.
    second.lock()->kept_secret = nullptr;
    EXPECT_TRUE(first.expired());
    EXPECT_TRUE(second.expired());
}

TEST_F(WrongFields, the_secret_part_of_garbage_leaks_alone) {
    Weak<Forgetful> secret;
    {
        const Ref<Forgetful> ring = make<Forgetful>();
        ring->told = ring;
        ring->kept_secret = make<Forgetful>();
        secret = ring->kept_secret.load();
    }
    EXPECT_EQ(collect(), 1u);
    EXPECT_FALSE(secret.expired());
    EXPECT_TRUE(testing::is_sound(collector()));
    expect_leaks(1);
}

}  // namespace
}  // namespace ouro
