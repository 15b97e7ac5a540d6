// Goal: the cases of CPython's test_weakref that no script can express hold here, or what stands in
// their place does. Method: each case as its own small graph; the numbers are those of
// docs/semantics.md.
#include <gtest/gtest.h>

#include <algorithm>
#include <stdexcept>
#include <vector>

#include "tests/support/heap_test.h"

namespace ouro::testing {
namespace {

/// A weak reference with a number, whose callback notes it, and with a field of its own.
struct Watcher : WeakReference {
    template <class T>
    Watcher(int number, const Ref<T>& target)
        : WeakReference(target, &Watcher::called), id(number) {}
    static void called(WeakReference& self) { events::add('C', static_cast<Watcher&>(self).id); }
    int id;
    Field<Object> held;
    static constexpr auto ouro_fields = fields<&Watcher::held>;
};

/// Not tracked: what it refers to is hidden from the collector.
struct Opaque {
    using ouro_acyclic = void;
    Field<Plain> target;
    static constexpr auto ouro_fields = fields<&Opaque::target>;
};

class ConformanceWeak : public HeapTest {
protected:
    ~ConformanceWeak() override { Finalized::forget_scripts(); }
    /// Takes all memory that is left; the handle gives it back.
    Ref<Plain> exhaust() {
        Ref<Plain> chain;
        while (auto made = managed().try_make<Plain>(kSilent)) {
            (*made)->left = std::move(chain);
            chain = std::move(*made);
        }
        return chain;
    }
};

// Case 98, test_proxy_iter: who is called through a weak reference lives to the end of the call,
// also if the call drops the last other reference.
TEST_F(ConformanceWeak, a_call_through_a_weak_reference_keeps_its_object) {
    Ref<Finalized> object = make<Finalized>(1);
    const Ref<WeakReference> weak = make<WeakReference>(object);
    {
        const Ref<Finalized> callee = cast<Finalized>(weak->lock());
        object.reset();
        EXPECT_EQ(events::all(), "") << "the call is not over";
        EXPECT_FALSE(weak->expired());
    }
    EXPECT_EQ(events::all(), "F1");
    EXPECT_TRUE(weak->expired());
}

// Case 100, test_callbacks_protected: an error that leaves a scope ends its references on the way;
// callbacks run, and the error arrives.
TEST_F(ConformanceWeak, a_callback_runs_while_an_error_is_on_its_way) {
    Ref<Watcher> watcher;
    const auto fail = [&] {
        const Ref<Plain> target = make<Plain>(1);
        watcher = make<Watcher>(1, target);
        throw std::runtime_error("the program's own");
    };
    EXPECT_THROW(fail(), std::runtime_error);
    EXPECT_EQ(events::all(), "C1");
}

// Cases 111, 112, test_equality, test_hashing, test_callback_attribute: there is neither hash nor
// order nor a way to read the callback; references are equal if they are one object, alive or dead.
template <class T>
concept HasCallback = requires(T& weak) { weak.callback(); };
template <class T>
concept IsOrdered = requires(const T& a, const T& b) { a < b; };

TEST_F(ConformanceWeak, references_are_equal_by_identity_and_keep_their_callback_to_themselves) {
    static_assert(!HasCallback<WeakReference>);
    static_assert(!IsOrdered<Ref<WeakReference>> && !IsOrdered<Weak<Plain>>);
    Ref<Plain> target = make<Plain>(1);
    const Ref<WeakReference> shared = try_weak_reference(target).value();
    const Ref<WeakReference> again = try_weak_reference(target).value();
    const Ref<WeakReference> other = make<Watcher>(1, target);
    EXPECT_EQ(shared, again);
    EXPECT_NE(shared, other) << "CPython compares the living referents";
    EXPECT_EQ(shared->lock(), other->lock());
    target.reset();
    EXPECT_EQ(shared, again);
    EXPECT_NE(shared, other);
}

// Case 114, test_no_memory_when_clearing: ends and callbacks need no memory.
TEST_F(ConformanceWeak, fifty_callbacks_run_when_there_is_no_memory) {
    for (const bool in_a_ring : {false, true}) {
        events::clear();
        Ref<Plain> target = make<Plain>(1);
        std::vector<Ref<Watcher>> watchers;
        for (int i = 1; i <= 50; ++i) watchers.push_back(make<Watcher>(i, target));
        if (in_a_ring) target->left = target;
        const Ref<Plain> rest = exhaust();
        target.reset();
        EXPECT_EQ(collect(), in_a_ring ? 1u : 0u);
        EXPECT_EQ(events::count('C'), 50);
    }
}

// Case 115, test_subclass_refs_with_cycle: a weak reference that holds the only reference to its
// target goes first and does not call, by count and as a ring.
TEST_F(ConformanceWeak, a_reference_that_holds_its_own_target_never_calls) {
    Ref<Watcher> watcher;
    const auto watch_and_hold = [&](bool in_a_ring) {
        const Ref<Plain> target = make<Plain>(1);
        watcher = make<Watcher>(1, target);
        watcher->held = target;
        if (in_a_ring) target->any = watcher;
    };
    watch_and_hold(false);
    watcher.reset();
    EXPECT_EQ(live_objects(), 0u) << "by count";
    watch_and_hold(true);
    watcher.reset();
    EXPECT_EQ(collect(), 2u);
    EXPECT_EQ(events::all(), "");
}

// Case 117, WeakMethod: a class derived from WeakReference that says what is to be called. Here
// functions do not end.
struct WeakMethod : WeakReference {
    using Method = int (*)(const Plain&);
    WeakMethod(const Ref<Plain>& object, Method its_method)
        : WeakReference(object, [](WeakReference&) { events::add('C', 1); }), method(its_method) {}
    int operator()(int when_dead) const {
        const Ref<Plain> object = cast<Plain>(lock());
        return object ? method(*object.get()) : when_dead;
    }
    Method method;
};

TEST_F(ConformanceWeak, a_weak_method_is_dead_with_its_object_and_calls_back_once) {
    Ref<Plain> object = make<Plain>(7);
    const Ref<WeakMethod> method =
        make<WeakMethod>(object, [](const Plain& plain) { return plain.id; });
    EXPECT_EQ((*method)(-1), 7);
    EXPECT_EQ(refcount(object), 1u);
    object.reset();
    EXPECT_EQ((*method)(-1), -1);
    EXPECT_EQ(events::all(), "C1");
    EXPECT_EQ(collect(), 0u) << "a method is no ring by itself";
}

// Case 130, test_trash_weakref_clear: a -> opaque -> z and a -> w, which watches z, in a ring; a
// second ring holds w too. The collector sees neither opaque's field nor z, which ends by count
// when a goes; w is garbage, so it does not call, in whatever order the garbage ends.
TEST_F(ConformanceWeak, garbage_does_not_call_for_what_only_hidden_fields_hold) {
    for (int order = 0; order < 6; ++order) {
        events::clear();
        {
            Ref<Plain> first;
            Ref<Plain> second;
            Ref<Watcher> watcher;
            const Ref<Plain> hidden = make<Plain>(1);
            const Ref<Opaque> opaque = make<Opaque>();
            opaque->target = hidden;
            const auto make_first = [&] { first = make<Plain>(1); };
            const auto make_second = [&] { second = make<Plain>(2); };
            const auto make_watcher = [&] { watcher = make<Watcher>(1, hidden); };
            if (order == 0) make_first(), make_second(), make_watcher();
            if (order == 1) make_first(), make_watcher(), make_second();
            if (order == 2) make_second(), make_first(), make_watcher();
            if (order == 3) make_second(), make_watcher(), make_first();
            if (order == 4) make_watcher(), make_first(), make_second();
            if (order == 5) make_watcher(), make_second(), make_first();
            const Ref<Hub> hub = make_hub(3);
            first->any = hub;
            hub->at(0) = Ref<Object>(first);
            hub->at(1) = Ref<Object>(opaque);
            hub->at(2) = Ref<Object>(watcher);
            second->left = second;
            second->any = watcher;
        }
        EXPECT_EQ(collect(), 4u) << "two rings and the weak reference";
        EXPECT_EQ(events::all(), "") << order;
        EXPECT_EQ(live_objects(), 0u);
    }
}

// Case 135, test_do_not_cleanup_type_subclasses_before_finalization: what the heap itself needs to
// tell types apart works in every finalizer and callback of the garbage.
TEST_F(ConformanceWeak, types_are_told_apart_while_finalizers_of_a_ring_run) {
    int right = 0;
    const auto look = [&](Finalized& object) {
        const Ref<Object> other = object.left.load();
        right += cast<Finalized>(other) && !cast<Plain>(other) ? 1 : 0;
        right += type_name(id(other)).value() == type_name(id(self(&object))).value() ? 1 : 0;
    };
    Finalized::on_finalize[1] = look;
    Finalized::on_finalize[2] = look;
    drop_ring_of_two<Finalized>(managed(), 1, 2);
    EXPECT_EQ(collect(), 2u);
    EXPECT_EQ(right, 4);
}

}  // namespace
}  // namespace ouro::testing
