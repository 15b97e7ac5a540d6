// Goal: a Weak does not keep its object alive and is dead for good from the right moment. Method:
// every moment of an object's end by count; the collector's in tests/semantic.
#include "heap/weak.h"

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "heap/query.h"
#include "tests/support/heap_test.h"
#include "tests/support/sanitizer.h"
#include "tests/support/threads.h"

namespace ouro {
namespace {

using testing::HeapTest;
using testing::LeafProbe;
using testing::Plain;
using testing::Probe;
namespace events = testing::events;

class WeakTest : public HeapTest {};

TEST_F(WeakTest, does_not_count) {
    const Ref<Plain> a = make<Plain>(1);
    const Weak<Plain> w(a);
    EXPECT_EQ(refcount(a), 1u);
    EXPECT_FALSE(w.expired());
    EXPECT_EQ(refcount(a), 1u);
}

TEST_F(WeakTest, gives_a_counted_reference_to_the_same_object_while_it_lives) {
    const Ref<Plain> a = make<Plain>(1);
    const Weak<Plain> w(a);
    const Ref<Plain> b = w.lock();
    EXPECT_EQ(a, b);
    EXPECT_EQ(refcount(a), 2u);
}

TEST_F(WeakTest, is_dead_after_the_last_reference_went) {
    Ref<Plain> a = make<Plain>(1);
    const Weak<Plain> w(a);
    a.reset();
    EXPECT_TRUE(w.expired());
    EXPECT_FALSE(static_cast<bool>(w.lock()));
}

TEST_F(WeakTest, stays_dead_when_the_memory_holds_another_object) {
    Ref<Plain> a = make<Plain>(1);
    Plain* address = a.get();
    const Weak<Plain> w(a);
    a.reset();
    const Ref<Plain> b = make<Plain>(2);
    ASSERT_EQ(b.get(), address) << "the cell must be reused for this test";
    EXPECT_FALSE(static_cast<bool>(w.lock()));
}

TEST_F(WeakTest, without_target_is_dead) {
    const Weak<Plain> none;
    const Weak<Plain> null{Ref<Plain>()};
    EXPECT_FALSE(static_cast<bool>(none.lock()));
    EXPECT_FALSE(static_cast<bool>(null.lock()));
}

TEST_F(WeakTest, is_alive_in_the_finalizer_and_dead_in_the_destructor) {
    Ref<Probe> a = make<Probe>(1);
    const Weak<Probe> w(a);
    bool alive_in_finalizer = false;
    bool dead_in_destructor = false;
    Probe::on_finalize[1] = [&](Probe& object) { alive_in_finalizer = w.lock().get() == &object; };
    Probe::on_destroy[1] = [&](Probe&) { dead_in_destructor = !w.lock(); };
    a.reset();
    EXPECT_EQ(events::all(), "F1 D1");
    EXPECT_TRUE(alive_in_finalizer);
    EXPECT_TRUE(dead_in_destructor);
}

TEST_F(WeakTest, asking_copying_and_moving_take_no_reference) {
    Ref<Plain> a = make<Plain>(1);
    Weak<Plain> first(a);
    const std::uint32_t version = header_of(a.get())->load_word().count();
    const WordValue before = header_of(a.get())->load_word();
    Weak<Plain> copy(first);
    Weak<Plain> moved(std::move(copy));
    Weak<Plain> assigned;
    assigned = moved;
    assigned = std::move(moved);
    EXPECT_FALSE(assigned.expired());
    EXPECT_EQ(header_of(a.get())->load_word().bits, before.bits) << "not even for a moment";
    EXPECT_EQ(version, 1u);
    EXPECT_TRUE(copy.expired()) << "moved from";
    EXPECT_TRUE(moved.expired());
    EXPECT_EQ(weak_count(a), 2u);
    a.reset();
    EXPECT_TRUE(first.expired());
    EXPECT_TRUE(assigned.expired());
    const Weak<Plain> of_dead(first);
    EXPECT_TRUE(of_dead.expired());
}

TEST_F(WeakTest, a_copy_made_in_the_targets_finalizer_dies_with_it) {
    Ref<Probe> a = make<Probe>(1);
    const Weak<Probe> first(a);
    Weak<Probe> copy;
    bool alive = false;
    Probe::on_finalize[1] = [&](Probe&) {
        copy = first;
        alive = !copy.expired();
    };
    a.reset();
    EXPECT_TRUE(alive);
    EXPECT_TRUE(copy.expired());
}

TEST_F(WeakTest, copies_and_assignments_refer_to_the_same_object) {
    Ref<Plain> a = make<Plain>(1);
    const Ref<Plain> b = make<Plain>(2);
    Weak<Plain> first(a);
    Weak<Plain> copy = first;
    Weak<Plain> assigned;
    assigned = first;
    EXPECT_EQ(copy.lock(), a);
    EXPECT_EQ(assigned.lock(), a);
    assigned = b;
    EXPECT_EQ(assigned.lock(), b);
    Weak<Plain>& alias = first;
    first = alias;
    EXPECT_EQ(first.lock(), a);
    EXPECT_EQ(a->count(heap()), 2u);
    EXPECT_EQ(b->count(heap()), 1u);
    a.reset();
    EXPECT_TRUE(first.expired());
    EXPECT_TRUE(copy.expired());
    EXPECT_FALSE(assigned.expired());
}

TEST_F(WeakTest, a_copy_of_a_dead_one_is_dead) {
    Ref<Plain> a = make<Plain>(1);
    Weak<Plain> w(a);
    a.reset();
    const Weak<Plain> copy = w;
    Weak<Plain> assigned(make<Plain>(2));
    assigned = w;
    EXPECT_TRUE(copy.expired());
    EXPECT_TRUE(assigned.expired());
}

TEST_F(WeakTest, reset_leaves_the_list_of_the_object) {
    const Ref<Plain> a = make<Plain>(1);
    Weak<Plain> w(a);
    EXPECT_EQ(a->count(heap()), 1u);
    w.reset();
    w.reset();
    EXPECT_EQ(a->count(heap()), 0u);
    EXPECT_FALSE(static_cast<bool>(w.lock()));
}

TEST_F(WeakTest, many_may_refer_to_one_object_and_end_in_any_order) {
    Ref<Plain> a = make<Plain>(1);
    std::vector<std::optional<Weak<Plain>>> weak(200);
    for (auto& w : weak) w.emplace(a);
    for (std::size_t i = 0; i < weak.size(); i += 3) weak[i].reset();
    weak[1].reset();
    EXPECT_EQ(a->count(heap()), 200u - 67u - 1u);
    for (const auto& w : weak) {
        if (w.has_value()) {
            ASSERT_EQ(w->lock(), a);
        }
    }
    a.reset();
    for (const auto& w : weak) {
        if (w.has_value()) {
            ASSERT_TRUE(w->expired());
        }
    }
}

TEST_F(WeakTest, ends_after_its_object_without_touching_it) {
    std::optional<Weak<Plain>> w;
    Ref<Plain> a = make<Plain>(1);
    w.emplace(a);
    a.reset();
    const Ref<Plain> b = make<Plain>(2);
    w.reset();
    EXPECT_EQ(b->count(heap()), 0u);
}

TEST_F(WeakTest, refers_to_leaves_too) {
    Ref<LeafProbe> a = make<LeafProbe>(1);
    const Weak<LeafProbe> w(a);
    EXPECT_EQ(w.lock(), a);
    a.reset();
    EXPECT_TRUE(w.expired());
}

struct Holder {
    using ouro_leaf = void;
    Weak<Plain> target;
};

TEST_F(WeakTest, may_be_a_member_of_a_managed_object) {
    const Ref<Plain> a = make<Plain>(1);
    Ref<Holder> holder = make<Holder>();
    holder->target = a;
    EXPECT_EQ(a->count(heap()), 1u);
    holder.reset();
    EXPECT_EQ(a->count(heap()), 0u);
}

TEST_F(WeakTest, made_by_a_finalizer_is_dead_when_the_object_is_gone) {
    Ref<Probe> a = make<Probe>(1);
    Weak<Probe> made;
    Probe::on_finalize[1] = [&](Probe& object) { made = self(&object); };
    a.reset();
    EXPECT_EQ(events::all(), "F1 D1");
    EXPECT_TRUE(made.expired());
}

TEST_F(WeakTest, survives_a_resurrection_by_count) {
    Ref<Probe> a = make<Probe>(1);
    const Weak<Probe> w(a);
    Ref<Probe> kept;
    Probe::on_finalize[1] = [&](Probe& object) { kept = self(&object); };
    a.reset();
    EXPECT_EQ(events::all(), "F1");
    EXPECT_EQ(w.lock(), kept);
    kept.reset();
    EXPECT_EQ(events::all(), "F1 D1");
    EXPECT_TRUE(w.expired());
}

// The node is on the list until the end of its target has taken it off; from then on its owner may
// give its memory back without a lock.
TEST_F(WeakTest, may_end_in_the_moment_in_which_its_target_ends) {
    for (std::size_t round = 0; round < testing::repeats(2000); ++round) {
        Ref<Plain> target = make<Plain>(1);
        auto weak = std::make_unique<Weak<Plain>>(target);
        testing::run_threads(2, [&](std::size_t thread) {
            if (thread == 0) {
                target.reset();
            } else {
                while (!weak->expired()) {
                }
                weak.reset();
            }
        });
    }
    EXPECT_EQ(live_objects(), 0u);
}

TEST_F(WeakTest, assigned_to_itself_stays_what_it_was) {
    const Ref<Plain> a = make<Plain>(1);
    Weak<Plain> w(a);
    Weak<Plain>& same = w;
    w = same;
    EXPECT_EQ(w.lock(), a);
    w = std::move(same);
    EXPECT_EQ(w.lock(), a);
    EXPECT_EQ(weak_count(a), 1u);
}

}  // namespace
}  // namespace ouro
