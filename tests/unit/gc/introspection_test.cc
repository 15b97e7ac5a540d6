// Goal: get_objects, referents, referrers, is_tracked and is_finalized answer as Python's gc module
// does. Method: small graphs; every answer as a set of ids.
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <vector>

#include "heap/query.h"
#include "heap/values.h"
#include "tests/support/heap_test.h"

namespace ouro {
namespace {

using testing::drop_ring_of_two;
using testing::Finalized;
using testing::HeapTest;
using testing::Hub;
using testing::Leaf;
using testing::Plain;
using testing::Probe;

class Introspection : public HeapTest {
protected:
    using Visit = std::function<void(const Ref<Object>&)>;
    static void call(void* visit, const Ref<Object>& object) {
        (*static_cast<Visit*>(visit))(object);
    }
    std::vector<std::uintptr_t> objects() {
        std::vector<std::uintptr_t> found;
        Visit visit = [&](const Ref<Object>& object) { found.push_back(object.bits()); };
        collector().get_objects(&call, &visit);
        return found;
    }
    template <class T>
    std::vector<std::uintptr_t> referents(const Ref<T>& object) {
        std::vector<std::uintptr_t> found;
        Visit visit = [&](const Ref<Object>& target) { found.push_back(target.bits()); };
        collector().referents(object, &call, &visit);
        return found;
    }
    template <class T>
    std::vector<std::uintptr_t> referrers(const Ref<T>& object) {
        std::vector<std::uintptr_t> found;
        Visit visit = [&](const Ref<Object>& holder) { found.push_back(holder.bits()); };
        collector().referrers(object, &call, &visit);
        return found;
    }
    static bool contains(const std::vector<std::uintptr_t>& found, std::uintptr_t bits) {
        return std::count(found.begin(), found.end(), bits) == 1;
    }
    using Bits = std::vector<std::uintptr_t>;
};

TEST_F(Introspection, get_objects_visits_every_tracked_object_once) {
    std::vector<Ref<Plain>> plain;
    for (int i = 0; i < 500; ++i) plain.push_back(make<Plain>(i));
    const Ref<Hub> hub = make_hub(3000);
    const Ref<Leaf> leaf = make<Leaf>();
    const std::vector<std::uintptr_t> found = objects();
    EXPECT_EQ(found.size(), 501u);
    for (const Ref<Plain>& object : plain) EXPECT_TRUE(contains(found, object.bits()));
    EXPECT_TRUE(contains(found, hub.bits()));
    EXPECT_FALSE(contains(found, leaf.bits()));
}

TEST_F(Introspection, garbage_that_was_not_collected_yet_is_among_the_objects) {
    drop_ring_of_two<Plain>(managed(), 1, 2);
    EXPECT_EQ(objects().size(), 2u);
    collect();
    EXPECT_EQ(objects().size(), 0u);
}

TEST_F(Introspection, an_object_is_kept_alive_during_its_visit) {
    Ref<Probe> a = make<Probe>(1);
    std::uint32_t count = 0;
    Visit visit = [&](const Ref<Object>& object) {
        a.reset();
        count = refcount(object);
    };
    collector().get_objects(&call, &visit);
    EXPECT_EQ(count, 1u);
    EXPECT_EQ(testing::events::all(), "F1 D1");
}

TEST_F(Introspection, nothing_refers_to_null) {
    const Ref<Plain> a = make<Plain>(1);  // whose fields are null
    EXPECT_TRUE(referrers(Ref<Plain>()).empty());
}

TEST_F(Introspection, looking_leaves_the_counts_as_they_were) {
    const Ref<Plain> a = make<Plain>(1);
    a->left = a;
    (void)objects();
    (void)referents(a);
    (void)referrers(a);
    EXPECT_EQ(refcount(a), 2u);
    a->left = nullptr;
}

TEST_F(Introspection, a_visitor_may_make_and_drop_objects_and_collect) {
    std::vector<Ref<Plain>> plain;
    for (int i = 0; i < 200; ++i) plain.push_back(make<Plain>(i));
    int visits = 0;
    Visit visit = [&](const Ref<Object>&) {
        ++visits;
        if (!plain.empty()) plain.pop_back();
        make<Leaf>();
        drop_ring_of_two<Probe>(managed(), 0, 0);
        if (visits % 10 == 0) collector().collect();
    };
    collector().get_objects(&call, &visit);
    EXPECT_GE(visits, 1);
}

TEST_F(Introspection, referents_come_in_field_order_with_duplicates_and_immediates) {
    const Ref<Plain> a = make<Plain>(1);
    const Ref<Plain> b = make<Plain>(2);
    EXPECT_EQ(referents(a), Bits{});
    a->left = b;
    a->right = b;
    a->any = none();
    EXPECT_EQ(referents(a), (Bits{b.bits(), b.bits(), none().bits()}));
    EXPECT_EQ(referents(make<Leaf>()), Bits{});
    EXPECT_EQ(referents(none()), Bits{});
    EXPECT_EQ(referents(Ref<Object>()), Bits{});
}

TEST_F(Introspection, referents_include_trailing_fields) {
    const Ref<Hub> hub = make_hub(100);
    const Ref<Leaf> leaf = make<Leaf>();
    for (int i = 0; i < 100; i += 3) hub->at(i) = leaf;
    EXPECT_EQ(referents(hub), Bits(34, leaf.bits()));
}

TEST_F(Introspection, referrers_are_the_tracked_holders_once_each) {
    const Ref<Plain> target = make<Plain>(1);
    const Ref<Plain> once = make<Plain>(2);
    const Ref<Plain> twice = make<Plain>(3);
    const Ref<Plain> never = make<Plain>(4);
    once->right = target;
    twice->left = target;
    twice->any = target;
    never->left = once;
    std::vector<std::uintptr_t> found = referrers(target);
    EXPECT_EQ(found.size(), 2u);
    EXPECT_TRUE(contains(found, once.bits()));
    EXPECT_TRUE(contains(found, twice.bits()));
    EXPECT_EQ(referrers(never), Bits{});
}

TEST_F(Introspection, an_object_that_refers_to_itself_is_its_own_referrer) {
    const Ref<Plain> a = make<Plain>(1);
    a->left = a;
    EXPECT_EQ(referrers(a), Bits{a.bits()});
    a->left = nullptr;
}

struct AcyclicHolder {
    using ouro_acyclic = void;
    Field<Leaf> leaf;
};

TEST_F(Introspection, tracked_is_what_can_be_part_of_a_cycle) {
    EXPECT_TRUE(collector().is_tracked(make<Plain>(1)));
    EXPECT_TRUE(collector().is_tracked(make_hub(0)));
    EXPECT_FALSE(collector().is_tracked(make<Leaf>()));
    EXPECT_FALSE(collector().is_tracked(make<AcyclicHolder>()));
    EXPECT_FALSE(collector().is_tracked(try_integer(heap(), 5).value()));
    EXPECT_FALSE(collector().is_tracked(try_integer(heap(), 500).value()));
    EXPECT_FALSE(collector().is_tracked(none()));
    EXPECT_FALSE(collector().is_tracked(Ref<Object>()));
}

TEST_F(Introspection, finalized_is_true_from_the_finalizer_on) {
    Ref<Finalized> a = make<Finalized>(1);
    const Ref<Plain> plain = make<Plain>(2);
    EXPECT_FALSE(collector().is_finalized(a));
    EXPECT_FALSE(collector().is_finalized(plain));
    EXPECT_FALSE(collector().is_finalized(none()));
    bool inside = false;
    Ref<Finalized> kept;
    Finalized::on_finalize[1] = [&](Finalized& object) {
        kept = self(&object);
        inside = collector().is_finalized(kept);
    };
    a.reset();
    EXPECT_TRUE(inside);
    EXPECT_TRUE(collector().is_finalized(kept));
}

// The program's objects that no collector can see an end of: those of another heap.
TEST_F(Introspection, objects_of_another_heap_are_not_among_these) {
    testing::Region region(1 << 20);
    ManagedHeap other(region.span(), testing::manual());
    Ref<Plain> mine = make<Plain>(1);
    Ref<Plain> its = other.make<Plain>(2);
    EXPECT_EQ(objects(), Bits{mine.bits()});
    mine->left = its;
    EXPECT_EQ(referents(mine), Bits{its.bits()});
    mine->left = nullptr;
}

TEST_F(Introspection, an_object_of_another_heap_is_looked_at_by_its_own_type) {
    testing::Region region(1 << 20);
    ManagedHeap other(region.span(), testing::manual());
    const Ref<testing::Leaf> mine = make<testing::Leaf>();  // the first type here,
    const Ref<Plain> its = other.make<Plain>(1);            // and there
    its->left = its;
    EXPECT_TRUE(collector().is_tracked(its));
    EXPECT_EQ(referents(its), Bits{its.bits()});
    EXPECT_FALSE(other.collector().is_tracked(mine));
    its->left = nullptr;
}

}  // namespace
}  // namespace ouro
