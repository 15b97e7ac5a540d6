// Goal: a Ref counts exactly one, whatever is done to it. Method: the count after every operation.
#include "heap/ref.h"
#include "heap/query.h"

#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "tests/support/heap_test.h"

namespace ouro {
namespace {

using testing::HeapTest;
using testing::Leaf;
using testing::Plain;
using testing::Probe;
namespace events = testing::events;

class RefTest : public HeapTest {};

TEST_F(RefTest, a_new_object_has_one_reference) {
    const Ref<Plain> a = make<Plain>(1);
    EXPECT_EQ(refcount(a), 1u);
    EXPECT_EQ(a->id, 1);
    EXPECT_EQ((*a).id, 1);
    EXPECT_TRUE(static_cast<bool>(a));
}

TEST_F(RefTest, a_copy_adds_one_and_its_end_takes_it_away) {
    const Ref<Plain> a = make<Plain>(1);
    {
        const Ref<Plain> b = a;  // NOLINT: the copy is what is tested
        EXPECT_EQ(refcount(a), 2u);
        EXPECT_EQ(a, b);
    }
    EXPECT_EQ(refcount(a), 1u);
}

TEST_F(RefTest, a_move_changes_no_count_and_empties_the_source) {
    Ref<Plain> a = make<Plain>(1);
    const Header& header = *header_of(a.get());
    const WordValue::Bits before = header.load_word().bits;
    Ref<Plain> b = std::move(a);
    EXPECT_FALSE(static_cast<bool>(a));  // NOLINT: a moved-from Ref is null, by contract
    EXPECT_EQ(header.load_word().bits, before);
    a = std::move(b);
    EXPECT_EQ(header.load_word().bits, before);
    EXPECT_EQ(refcount(a), 1u);
}

TEST_F(RefTest, assignment_releases_the_old_object_before_it_returns) {
    Ref<Probe> a = make<Probe>(1);
    a = make<Probe>(2);
    EXPECT_EQ(events::all(), "F1 D1");
    const Ref<Probe> b = make<Probe>(3);
    a = b;
    EXPECT_EQ(events::all(), "F1 D1 F2 D2");
    EXPECT_EQ(refcount(b), 2u);
}

TEST_F(RefTest, assignment_to_itself_keeps_the_object) {
    Ref<Probe> a = make<Probe>(1);
    Ref<Probe>& alias = a;
    a = alias;
    EXPECT_EQ(refcount(a), 1u);
    a = std::move(alias);
    ASSERT_TRUE(static_cast<bool>(a));
    EXPECT_EQ(refcount(a), 1u);
    EXPECT_EQ(events::all(), "");
}

TEST_F(RefTest, null_is_null_and_counts_nothing) {
    Ref<Plain> a;
    const Ref<Plain> b = nullptr;
    EXPECT_EQ(a, b);
    EXPECT_FALSE(static_cast<bool>(a));
    EXPECT_EQ(a.get(), nullptr);
    EXPECT_EQ(refcount(a), 0u);
    a = b;
    a.reset();
    EXPECT_EQ(live_objects(), 0u);
}

TEST_F(RefTest, reset_releases_and_leaves_null) {
    Ref<Probe> a = make<Probe>(1);
    a.reset();
    EXPECT_FALSE(static_cast<bool>(a));
    EXPECT_EQ(events::all(), "F1 D1");
    a.reset();
    EXPECT_EQ(events::all(), "F1 D1");
}

TEST_F(RefTest, swap_exchanges_without_counting) {
    Ref<Plain> a = make<Plain>(1);
    Ref<Plain> b = make<Plain>(2);
    a.swap(b);
    EXPECT_EQ(a->id, 2);
    using std::swap;
    swap(a, b);
    EXPECT_EQ(a->id, 1);
    EXPECT_EQ(refcount(a), 1u);
    EXPECT_EQ(refcount(b), 1u);
}

TEST_F(RefTest, adopt_and_detach_hand_one_reference_over) {
    Ref<Plain> a = make<Plain>(1);
    const std::uintptr_t bits = a.detach();
    EXPECT_FALSE(static_cast<bool>(a));
    const Ref<Plain> b = Ref<Plain>::adopt(bits);
    EXPECT_EQ(refcount(b), 1u);
    EXPECT_EQ(b->id, 1);
}

struct Animal : WeaklyReferable {
    Field<Animal> friend_of;
    int legs = 4;
};
struct Dog : Animal {
    explicit Dog(int number) : id(number) {}
    ~Dog() { events::add('D', id); }
    int id;
    static constexpr auto ouro_fields = fields<&Dog::friend_of>;
};

TEST_F(RefTest, a_derived_reference_converts_to_its_base_and_counts) {
    const Ref<Dog> dog = make<Dog>(1);
    Ref<Animal> animal = dog;
    EXPECT_EQ(refcount(dog), 2u);
    EXPECT_EQ(animal->legs, 4);
    EXPECT_EQ(animal, dog);
    animal.reset();
    EXPECT_EQ(refcount(dog), 1u);
}

TEST_F(RefTest, a_derived_object_ends_completely_through_its_base) {
    Ref<Animal> animal = make<Dog>(1);
    EXPECT_EQ(refcount(animal), 1u) << "the conversion of a temporary moves";
    animal.reset();
    EXPECT_EQ(events::all(), "D1");
}

TEST_F(RefTest, any_reference_converts_to_a_reference_to_object) {
    const Ref<Dog> dog = make<Dog>(1);
    const Ref<Object> object = dog;
    const Ref<Object> leaf = make<Leaf>();
    EXPECT_EQ(object, dog);
    EXPECT_EQ(refcount(dog), 2u);
    EXPECT_EQ(refcount(leaf), 1u);
}

struct Second {
    int x = 0;
};
struct TwoBases : Animal, Second {
    static constexpr auto ouro_fields = fields<&TwoBases::friend_of>;
};

TEST_F(RefTest, a_base_that_is_not_at_the_start_is_refused) {
    EXPECT_DEATH((void)Ref<Second>(make<TwoBases>()), "not at the object's start");
}

TEST_F(RefTest, containers_of_references_count_each_element) {
    const Ref<Plain> a = make<Plain>(1);
    std::vector<Ref<Plain>> many(100, a);
    EXPECT_EQ(refcount(a), 101u);
    many.erase(many.begin() + 10, many.end());
    EXPECT_EQ(refcount(a), 11u);
    std::map<int, Ref<Plain>> by_number;
    by_number[3] = a;
    EXPECT_EQ(refcount(a), 12u);
    many.clear();
    by_number.clear();
    EXPECT_EQ(refcount(a), 1u);
}

TEST_F(RefTest, a_reference_may_end_on_another_thread) {
    Ref<Probe> a = make<Probe>(1);
    std::thread([moved = std::move(a)]() mutable { moved.reset(); }).join();
    EXPECT_EQ(events::all(), "F1 D1");
    EXPECT_EQ(live_objects(), 0u);
}

struct KnowsItself {
    KnowsItself() {
        const Ref<KnowsItself> me = self(this);
        count_in_constructor = refcount(me);
    }
    ~KnowsItself() { null_in_destructor = !self(this); }
    void finalize() { count_in_finalizer = refcount(self(this)); }
    using ouro_leaf = void;

    static inline std::uint32_t count_in_constructor;
    static inline std::uint32_t count_in_finalizer;
    static inline bool null_in_destructor;
};

TEST_F(RefTest, self_is_valid_in_constructor_and_finalizer_and_null_in_the_destructor) {
    Ref<KnowsItself> a = make<KnowsItself>();
    EXPECT_EQ(KnowsItself::count_in_constructor, 2u) << "the maker's and this one";
    EXPECT_EQ(self(a.get()), a);
    a.reset();
    EXPECT_EQ(KnowsItself::count_in_finalizer, 1u) << "the heap's own reference does not show";
    EXPECT_TRUE(KnowsItself::null_in_destructor);
}

}  // namespace
}  // namespace ouro
