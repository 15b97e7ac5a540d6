// Goal: what the documents claim about cascades, cycles and the collector holds for programs in
// C++. Method: as in documents_test.cc, which has the claims up to 50.
#include <gtest/gtest.h>

#include <cstddef>
#include <string>
#include <vector>

#include "tests/support/heap_test.h"
#include "tests/support/threads.h"
#include "tools/object_search.h"

namespace ouro::testing {
namespace {

/// The order in which constructors of A and B came to their end.
std::string constructed;

class A;

class B {
public:
    explicit B(Ref<A> its_a);

    Field<A> a;
    static constexpr auto ouro_fields = fields<&B::a>;
};

class A {
public:
    explicit A(ManagedHeap& managed) {
        b = managed.make<B>(self(this));
        constructed += 'A';
    }

    Field<B> b;
    static constexpr auto ouro_fields = fields<&A::b>;
};

B::B(Ref<A> its_a) : a(std::move(its_a)) { constructed += 'B'; }

class DocumentsCollector : public HeapTest {
protected:
    void SetUp() override { constructed.clear(); }

    /// The search of the documents, through every tracked object.
    bool object_by_id(const Id& wanted) { return tools::object_by_id(collector(), wanted); }
    std::size_t tracked_objects() {
        std::size_t count = 0;
        collector().get_objects(
            [](void* self, const Ref<Object>&) { ++*static_cast<std::size_t*>(self); }, &count);
        return count;
    }
    /// Two objects that hold each other and that nobody else holds. Returns one's id.
    Id drop_ring() {
        const Ref<Plain> a = make<Plain>(1);
        drop_ring_of_two<Plain>(managed(), 2, 3);
        a->left = make<Plain>(4, a);
        return id(a);
    }
};

std::uint32_t count_of(const Id& id) { return refcount(id).value(); }

// ---- cascade and cycles

// Claims 51, 52.
TEST_F(DocumentsCollector, an_object_takes_along_what_only_it_holds) {
    Ref<Probe> my_var = make<Probe>(1, make<Probe>(2));
    const Id a_id = id(my_var);
    const Id b_id = id(my_var->left.load());
    EXPECT_EQ(count_of(b_id), 1u);
    my_var.reset();
    EXPECT_EQ(events::all(), "F1 D1 F2 D2");
    EXPECT_FALSE(is_alive(a_id));
    EXPECT_FALSE(is_alive(b_id));
    EXPECT_EQ(collector().statistics().passes, 0u);
}

// Claims 53, 54, 55.
TEST_F(DocumentsCollector, an_inner_constructor_gets_the_outer_object_and_ends_first) {
    const Ref<A> my_var = make<A>(managed());
    EXPECT_EQ(constructed, "BA");
    EXPECT_EQ(id(my_var->b->a.load()), id(my_var));
    const Id b_id = id(my_var->b.load());
    EXPECT_EQ(count_of(id(my_var)), 2u);
    EXPECT_EQ(count_of(b_id), 1u);
    my_var->b = nullptr;
}

// Claims 44, 45, 56, 57, 58, 59, 60, 61, 62, 63, 64, 65.
TEST_F(DocumentsCollector, a_cycle_outlives_its_last_name_until_it_is_collected) {
    collector().disable();
    Ref<A> my_var = make<A>(managed());
    const Id a_id = id(my_var);
    const Id b_id = id(my_var->b.load());
    EXPECT_TRUE(object_by_id(a_id));
    EXPECT_TRUE(object_by_id(b_id));

    my_var.reset();
    EXPECT_EQ(count_of(a_id), 1u);
    EXPECT_EQ(count_of(b_id), 1u);
    EXPECT_TRUE(object_by_id(a_id));
    EXPECT_TRUE(object_by_id(b_id));
    EXPECT_EQ(live_objects(), 2u);

    EXPECT_EQ(collect(), 2u);
    EXPECT_FALSE(object_by_id(a_id));
    EXPECT_FALSE(object_by_id(b_id));
    EXPECT_EQ(refcount(a_id).error(), Error::dead);
    EXPECT_EQ(refcount(b_id).error(), Error::dead);
    EXPECT_EQ(live_objects(), 0u);
    EXPECT_EQ(collect(), 0u);
}

// Claim 66.
TEST_F(DocumentsCollector, all_objects_of_a_ring_go) {
    std::vector<Id> ids;
    {
        const Ref<Plain> first = make<Plain>(1);
        Ref<Plain> last = first;
        for (int i = 2; i <= 100; ++i) {
            last->left = make<Plain>(i);
            last = last->left.load();
        }
        last->left = first;
        for (Ref<Plain> at = first; ids.empty() || at != first; at = at->left.load()) {
            ids.push_back(id(at));
        }
    }
    ASSERT_EQ(ids.size(), 100u);
    EXPECT_EQ(collect(), 100u);
    for (const Id& gone : ids) EXPECT_FALSE(is_alive(gone));
}

// ---- the collector

// Claims 67, 68, 69, 72, 73.
TEST_F(DocumentsCollector, can_be_switched_off_and_called_all_the_same) {
    restart(with_background());
    EXPECT_TRUE(collector().is_enabled());
    collector().disable();
    EXPECT_FALSE(collector().is_enabled());
    const std::size_t passes = collector().statistics().passes;
    const Id ring = drop_ring();
    for (int i = 0; i < 50'000; ++i) make<Plain>(5);
    EXPECT_TRUE(is_alive(ring));
    EXPECT_EQ(collector().statistics().passes, passes);
    EXPECT_EQ(collect(), 4u);
    EXPECT_FALSE(is_alive(ring));
}

// Claim 70.
TEST_F(DocumentsCollector, leaks_rings_while_it_is_off) {
    collector().disable();
    for (int i = 0; i < 100; ++i) drop_ring_of_two<Plain>(managed(), 1, 2);
    EXPECT_EQ(live_objects(), 200u);
    EXPECT_EQ(collect(), 200u);
}

// Claims 71, 75.
TEST_F(DocumentsCollector, comes_by_itself) {
    restart(with_background());
    for (int round = 0; round < 3; ++round) {
        const Id ring = drop_ring();
        EXPECT_TRUE(wait_until([&] { return !is_alive(ring); }));
    }
    EXPECT_TRUE(wait_until([&] { return live_objects() == 0; }));
    EXPECT_EQ(collector().statistics().collections, 0u);
}

// Claim 74.
TEST_F(DocumentsCollector, has_nothing_to_do_after_ones_own_clean_up) {
    Ref<Plain> a = make<Plain>(1);
    a->left = make<Plain>(2, a);
    a->left = nullptr;
    a.reset();
    EXPECT_EQ(live_objects(), 0u);
    EXPECT_EQ(collect(), 0u);
}

// Claims 76, 77.
TEST_F(DocumentsCollector, lists_objects_that_can_be_in_a_cycle) {
    const Ref<Plain> tracked = make<Plain>(1);
    const Ref<Leaf> leaf = make<Leaf>();
    const Ref<String> string = try_string(heap(), "hello").value();
    EXPECT_EQ(tracked_objects(), 1u);
    EXPECT_TRUE(object_by_id(id(tracked)));
    EXPECT_FALSE(object_by_id(id(leaf)));
    EXPECT_TRUE(collector().is_tracked(tracked));
    EXPECT_FALSE(collector().is_tracked(leaf));
    EXPECT_FALSE(collector().is_tracked(string));
    EXPECT_FALSE(collector().is_tracked(try_integer(heap(), 10).value()));
    EXPECT_FALSE(collector().is_tracked(none()));
    EXPECT_EQ(count_of(id(tracked)), 1u);  // the visit's own reference is gone
}

// Claims 78, 79, 80, 81, 82: no ring is uncollectable because of its finalizers.
TEST_F(DocumentsCollector, runs_all_finalizers_of_a_ring_once_and_reclaims_it) {
    drop_ring_of_two<Probe>(managed(), 1, 2);
    EXPECT_EQ(events::all(), "");
    EXPECT_EQ(collect(), 2u);
    for (const int number : {1, 2}) {
        EXPECT_EQ(events::count('F', number), 1);
        EXPECT_EQ(events::count('D', number), 1);
    }
    EXPECT_EQ(events::all().find_last_of('F'), 3u) << events::all();  // both before any destructor
    EXPECT_EQ(live_objects(), 0u);
    EXPECT_EQ(collect(), 0u);
}

// Claims 79, 80: one finalizer in the ring is enough of a question.
TEST_F(DocumentsCollector, reclaims_a_ring_of_which_one_object_has_a_finalizer) {
    {
        const Ref<Probe> a = make<Probe>(1);
        const Ref<Hub> b = make_hub(1);
        a->any = Ref<Object>(b);
        b->at(0) = Ref<Object>(a);
    }
    EXPECT_EQ(collect(), 2u);
    EXPECT_EQ(events::all(), "F1 D1");
    EXPECT_EQ(live_objects(), 0u);
}

// Claims 83, 84.
TEST_F(DocumentsCollector, is_not_needed_without_cycles) {
    collector().disable();
    for (int i = 0; i < 10'000; ++i) make<Plain>(1, make<Plain>(2, make<Plain>(3)));
    EXPECT_EQ(live_objects(), 0u);
    EXPECT_EQ(heap().statistics().reclaimed_by_count, 30'000u);
    EXPECT_EQ(collector().statistics().passes, 0u);
    drop_self_loop<Plain>(managed(), 4);
    EXPECT_EQ(live_objects(), 1u);
}

}  // namespace
}  // namespace ouro::testing
