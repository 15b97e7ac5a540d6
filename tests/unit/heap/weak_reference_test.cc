// Goal: weak reference objects call back once, in the right order and moment, and are shared when
// they have no callback. Method: small graphs; callbacks note which reference was called.
#include "heap/weak_reference.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "heap/query.h"
#include "tests/support/heap_test.h"

namespace ouro {
namespace {

using testing::HeapTest;
using testing::Plain;
using testing::Probe;
namespace events = testing::events;

struct Watcher : WeakReference {
    template <class T>
    Watcher(int number, const Ref<T>& target, bool calls = true)
        : WeakReference(target, calls ? &Watcher::called : nullptr), id(number) {}
    static void called(WeakReference& self) {
        auto& watcher = static_cast<Watcher&>(self);
        events::add('C', watcher.id);
        watcher.count_seen = refcount(ouro::self(&watcher));
        watcher.expired_seen = watcher.expired();
    }
    int id;
    std::uint32_t count_seen = 0;
    bool expired_seen = false;
    Field<Object> own;
    static constexpr auto ouro_fields = fields<&Watcher::own>;
};

class WeakReferenceTest : public HeapTest {};

TEST_F(WeakReferenceTest, locks_while_the_target_lives) {
    Ref<Plain> target = make<Plain>(1);
    const Ref<WeakReference> weak = make<WeakReference>(target);
    EXPECT_EQ(refcount(target), 1u);
    EXPECT_EQ(weak->lock(), target);
    target.reset();
    EXPECT_TRUE(weak->expired());
}

TEST_F(WeakReferenceTest, calls_back_newest_first_after_the_finalizer_before_the_destructor) {
    Ref<Probe> target = make<Probe>(1);
    const Ref<Watcher> first = make<Watcher>(1, target);
    const Ref<Watcher> second = make<Watcher>(2, target);
    target.reset();
    EXPECT_EQ(events::all(), "F1 C2 C1 D1");
    EXPECT_TRUE(first->expired_seen) << "all are dead before the first callback";
    EXPECT_EQ(first->count_seen, 2u) << "the handle and self(): not the heap's own";
    EXPECT_EQ(refcount(first), 1u);
}

TEST_F(WeakReferenceTest, one_that_goes_first_never_calls) {
    Ref<Plain> target = make<Plain>(1);
    Ref<Watcher> watcher = make<Watcher>(1, target);
    watcher.reset();
    target.reset();
    EXPECT_EQ(events::all(), "");
}

TEST_F(WeakReferenceTest, a_callback_may_drop_its_own_reference) {
    static Ref<Watcher> held;
    Ref<Plain> target = make<Plain>(1);
    held = make<Watcher>(1, target);
    const Id watcher = id(held);
    struct Dropper {
        static void drop(WeakReference&) { held.reset(); }
    };
    const Ref<WeakReference> dropper = make<WeakReference>(target, &Dropper::drop);
    target.reset();
    EXPECT_EQ(events::all(), "C1") << "it was held until its callback had run";
    EXPECT_FALSE(is_alive(watcher));
}

TEST_F(WeakReferenceTest, by_collection_callbacks_come_before_finalizers_and_find_the_rest_intact) {
    static bool alive_in_callback;
    static Id first;
    struct Look {
        static void look(WeakReference&) {
            events::add('C', 9);
            alive_in_callback = is_alive(first);
        }
    };
    Ref<WeakReference> outside;
    {
        const Ref<Probe> a = make<Probe>(1);
        a->left = a;
        first = id(a);
        outside = make<WeakReference>(a, &Look::look);
    }
    EXPECT_EQ(collect(), 1u);
    EXPECT_EQ(events::all(), "C9 F1 D1");
    EXPECT_TRUE(alive_in_callback);
}

TEST_F(WeakReferenceTest, plain_garbage_is_intact_during_a_callback_too) {
    static std::size_t live_in_callback;
    static Heap* the_heap;
    the_heap = &heap();
    struct Look {
        static void look(WeakReference&) { live_in_callback = the_heap->statistics().live_objects; }
    };
    Ref<WeakReference> outside;
    {
        const Ref<Plain> a = make<Plain>(1);
        a->left = make<Plain>(2);
        a->left->left = a;
        outside = make<WeakReference>(a, &Look::look);
    }
    EXPECT_EQ(collect(), 2u);
    EXPECT_EQ(live_in_callback, 3u);
    EXPECT_EQ(live_objects(), 1u);
}

TEST_F(WeakReferenceTest, one_that_is_garbage_with_its_target_never_calls) {
    {
        const Ref<Plain> a = make<Plain>(1);
        a->left = a;
        a->any = make<Watcher>(1, a);
    }
    EXPECT_EQ(collect(), 2u) << "it is tracked, and counted";
    EXPECT_EQ(events::all(), "");
}

TEST_F(WeakReferenceTest, without_callback_all_share_one) {
    const Ref<Plain> target = make<Plain>(1);
    const Ref<Watcher> other = make<Watcher>(1, target);
    Ref<WeakReference> a = try_weak_reference(target).value();
    const Ref<WeakReference> b = try_weak_reference(target).value();
    EXPECT_EQ(a, b);
    EXPECT_EQ(weak_count(target), 2u);
    const Ref<Watcher> newest = make<Watcher>(2, target);
    EXPECT_EQ(try_weak_reference(target).value(), a) << "it stays in front";
    a.reset();
    EXPECT_EQ(refcount(b), 1u);
}

TEST_F(WeakReferenceTest, the_shared_one_is_made_anew_after_it_has_gone) {
    const Ref<Plain> target = make<Plain>(1);
    try_weak_reference(target).value();
    EXPECT_EQ(weak_count(target), 0u);
    const Ref<WeakReference> again = try_weak_reference(target).value();
    EXPECT_EQ(again->lock(), target);
}

TEST_F(WeakReferenceTest, any_object_can_be_asked) {
    const Ref<Object> no = none();
    EXPECT_EQ(weak_count(no), 0u);
    EXPECT_TRUE(make<WeakReference>(no)->expired());
    const Ref<Object> target = make<Plain>(1);
    EXPECT_FALSE(make<WeakReference>(target)->expired());
}

TEST_F(WeakReferenceTest, asking_whether_it_has_expired_touches_nothing) {
    const Ref<Plain> target = make<Plain>(1);
    const Ref<WeakReference> weak = make<WeakReference>(target);
    const auto before = testing::header_of(target)->load_word().bits;
    EXPECT_FALSE(weak->expired());
    EXPECT_EQ(testing::header_of(target)->load_word().bits, before);
}

TEST_F(WeakReferenceTest, null_has_no_shared_reference) {
    EXPECT_EQ(try_weak_reference(Ref<Plain>()).error(), Error::wrong_type);
}

struct Asking {
    explicit Asking(const Ref<Plain>& its_target) : target(its_target.get()) {}
    ~Asking() {
        const Ref<Plain> object = self(target);
        auto asked = try_weak_reference(object);
        events::add(asked.ok() && (*asked)->lock() == object ? 'Y' : 'N', 1);
    }
    Plain* target;
    Field<WeakReference> reference;
    Field<Asking> next;
    static constexpr auto ouro_fields = fields<&Asking::reference, &Asking::next>;
};

TEST_F(WeakReferenceTest, one_that_dies_with_its_holder_is_not_shared_any_more) {
    constexpr std::size_t kRing = 300;  // over several pages: some end before their references
    std::vector<Ref<Plain>> targets;
    std::vector<Ref<Asking>> ring;
    for (std::size_t i = 0; i < kRing; ++i) {
        targets.push_back(make<Plain>(1));
        ring.push_back(make<Asking>(targets.back()));
        ring.back()->reference = try_weak_reference(targets.back()).value();
        if (i > 0) ring[i - 1]->next = ring[i];
    }
    ring.back()->next = ring.front();
    ring.clear();
    EXPECT_EQ(collect(), 2 * kRing);
    EXPECT_EQ(events::count('Y'), static_cast<int>(kRing));
}

TEST_F(WeakReferenceTest, without_memory_there_is_no_shared_reference) {
    const Ref<Plain> target = make<Plain>(1);
    Ref<Plain> chain;
    for (;;) {
        auto made = try_make<Plain>(heap(), 2);
        if (!made) break;
        (*made)->left = std::move(chain);
        chain = *made;
    }
    // Smaller blocks may be left.
    std::vector<Ref<WeakReference>> others;
    while (auto made = try_make<WeakReference>(heap(), target)) others.push_back(*made);
    // Those have no callback either, but were not asked for as the shared one.
    EXPECT_EQ(try_weak_reference(target).error(), Error::out_of_memory);
    chain.reset();
    EXPECT_TRUE(try_weak_reference(target).ok());
}

}  // namespace
}  // namespace ouro
