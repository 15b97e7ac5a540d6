// Goal: the cases of CPython's test_gc and test_finalization that no script can express hold here,
// or what stands in their place does. Method: each case in C++; the numbers are those of
// docs/semantics.md.
#include <gtest/gtest.h>

#include <cstddef>
#include <vector>

#include "platform/atomic.h"
#include "platform/thread.h"
#include "tests/support/heap_test.h"
#include "tests/support/sanitizer.h"
#include "tests/support/threads.h"

namespace ouro::testing {
namespace {

using std::memory_order_seq_cst;

platform::atomic<std::uint32_t> nested_made{0}, nested_finalized{0};

/// One level of a nest. Its finalizer gives the processor away.
struct Level {
    Level() { nested_made.fetch_add(1, memory_order_seq_cst); }
    void finalize() {
        nested_finalized.fetch_add(1, memory_order_seq_cst);
        platform::yield_thread();
    }
    Field<Level> inner;
    static constexpr auto ouro_fields = fields<&Level::inner>;
};

/// Not tracked, though it has fields.
struct Opaque {
    using ouro_acyclic = void;
    Field<Leaf> first;
    Field<Leaf> second;
    static constexpr auto ouro_fields = fields<&Opaque::first, &Opaque::second>;
};

class Conformance : public HeapTest {
protected:
    ~Conformance() override { LeafProbe::on_finalize = nullptr; }
    static std::size_t rounds(std::size_t count) { return kCoverage ? count / 10 : repeats(count); }
};

// Case 13, test_non_gc: an object that no collector tracks has its finalizer and its weak
// references like any other.
TEST_F(Conformance, an_untracked_object_is_finalized_and_its_weak_references_die) {
    Ref<LeafProbe> object = make<LeafProbe>(1);
    const Ref<WeakReference> weak = make<WeakReference>(object);
    bool alive_in_finalizer = false;
    LeafProbe::on_finalize = [&](LeafProbe&) { alive_in_finalizer = !weak->expired(); };
    object.reset();
    EXPECT_TRUE(alive_in_finalizer);
    EXPECT_TRUE(weak->expired());
    collect();
    EXPECT_EQ(events::all(), "F1 D1");
}

// Case 18, test_trashcan_threads: two threads drop nests whose finalizers let the other one run.
TEST_F(Conformance, nests_that_two_threads_drop_are_finalized_whole) {
    nested_made.store(0, memory_order_seq_cst);
    nested_finalized.store(0, memory_order_seq_cst);
    run_threads(2, [&](std::size_t) {
        for (std::size_t i = 0; i < rounds(50); ++i) {
            Ref<Level> nest;
            for (int depth = 0; depth < 60; ++depth) {
                const Ref<Level> level = make<Level>();
                level->inner = std::move(nest);
                nest = level;
            }
        }
    });
    EXPECT_EQ(nested_made.load(memory_order_seq_cst), 2 * 60 * rounds(50));
    EXPECT_EQ(nested_finalized.load(memory_order_seq_cst), nested_made.load(memory_order_seq_cst));
}

// Case 49, test_get_objects_arguments: there is no generation to ask for, so none that is wrong.
template <class T>
concept CollectsGenerations = requires(T& collector) { collector.collect(2); };
template <class T>
concept ListsGenerations = requires(T& collector, void (*visit)(void*, const Ref<Object>&)) {
    collector.get_objects(visit, nullptr, 2);
};

TEST_F(Conformance, no_call_takes_a_generation) {
    static_assert(!CollectsGenerations<Collector> && !ListsGenerations<Collector>);
    const Ref<Plain> old = make<Plain>(1);
    collect();
    const Ref<Plain> young = make<Plain>(2);
    std::size_t listed = 0;
    collector().get_objects(
        [](void* count, const Ref<Object>&) { ++*static_cast<std::size_t*>(count); }, &listed);
    EXPECT_EQ(listed, 2u) << "the objects of every age";
}

// Case 50, test_get_referents_on_capsule: untracked objects can be asked. Here they tell what they
// refer to, which CPython's may keep to themselves.
TEST_F(Conformance, referents_of_an_untracked_object_are_its_fields) {
    const Ref<Opaque> opaque = make<Opaque>();
    opaque->first = make<Leaf>();
    opaque->second = opaque->first;
    ASSERT_FALSE(collector().is_tracked(opaque));
    std::vector<Id> found;
    collector().referents(
        opaque,
        [](void* self, const Ref<Object>& target) {
            static_cast<std::vector<Id>*>(self)->push_back(id(target));
        },
        &found);
    const Id leaf = id(opaque->first.load());
    EXPECT_EQ(found, (std::vector<Id>{leaf, leaf}));
}

// Case 107, test_gc_during_ref_creation: while the shared weak reference of an object is garbage
// and a thread collects all the time, who asks gets a living one. Case 168 races too.
TEST_F(Conformance, a_weak_reference_that_is_made_during_collections_is_not_the_dying_one) {
    const Ref<Plain> target = make<Plain>(1);
    platform::atomic<std::uint32_t> done{0};
    run_threads(2, [&](std::size_t thread) {
        if (thread == 1) {
            while (done.load(memory_order_seq_cst) == 0) collector().collect();
            return;
        }
        for (std::size_t i = 0; i < rounds(10'000); ++i) {  // so few references are counted (C)
            const Ref<WeakReference> weak = try_weak_reference(target).value();
            EXPECT_EQ(weak->lock(), target);
            const Ref<Plain> holder = make<Plain>(2);  // the reference ends as garbage
            holder->left = holder;
            holder->any = weak;
            if (i % 100 == 0) collector().collect();
        }
        done.store(1, memory_order_seq_cst);
    });
    collect();
    EXPECT_EQ(weak_count(target), 0u);
    EXPECT_EQ(live_objects(), 1u);
}

// Case 153, test_incremental_gc_handles_fast_cycle_creation: beside a list that lives, rings of all
// sizes are made for as long as it takes to fill the region many times over. That they fit is the
// bound on what lives.
TEST_F(Conformance, endless_garbage_fits_into_a_bounded_heap) {
    restart(with_background());
    std::vector<Ref<Plain>> live;
    for (int i = 0; i < 10'000; ++i) live.push_back(make<Plain>(i));
    const std::size_t bytes_per_object = sizeof(Plain);
    std::size_t made_bytes = 0;
    for (std::size_t size = 1; made_bytes < rounds(10) * kBytes; size = size % 1000 + 7) {
        const Ref<Plain> first = make<Plain>(kSilent);
        Ref<Plain> last = first;
        for (std::size_t i = 1; i < size; ++i) {
            last->left = make<Plain>(kSilent);
            last = last->left;
        }
        last->left = first;
        made_bytes += size * bytes_per_object;
    }
    for (int i = 0; i < 10'000; ++i) ASSERT_EQ(live[static_cast<std::size_t>(i)]->id, i);
    collect();
    EXPECT_EQ(live_objects(), live.size());
}

}  // namespace
}  // namespace ouro::testing
