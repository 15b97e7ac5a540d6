// Goal: the cases of CPython's test_weakref about weak dictionaries and finalize hold for
// WeakValueMap, WeakKeyMap and Finalizer. Method: each case in C++; the numbers are those of
// docs/semantics.md.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <vector>

#include "platform/atomic.h"
#include "tests/support/heap_test.h"
#include "tests/support/sanitizer.h"
#include "tests/support/threads.h"

namespace ouro::testing {
namespace {

using std::memory_order_seq_cst;

class ConformanceMaps : public HeapTest {
protected:
    using Values = WeakValueMap<Plain>;
    using Keys = WeakKeyMap<Plain>;

    ConformanceMaps() : HeapTest(kBytes, manual()) {}
    Ref<Object> integer(std::int64_t value) { return try_integer(heap(), value).value(); }
    /// An object that only a collection ends.
    Ref<Plain> loop(int number) {
        Ref<Plain> object = make<Plain>(number);
        object->left = object;
        return object;
    }
    static int rounds(int count) {
        return static_cast<int>(kCoverage ? count / 10 : repeats(static_cast<std::size_t>(count)));
    }
};

// Case 118, test_weak_valued_len_cycles, test_weak_keyed_len_cycles: a collection in the middle of
// a visit: what the visit stands on may stay, the rest has gone.
TEST_F(ConformanceMaps, rings_go_while_a_visit_stands_on_one) {
    const Ref<Values> values = make<Values>();
    const Ref<Keys> keys = make<Keys>();
    for (int i = 0; i < 20; ++i) {
        const Ref<Plain> object = loop(i);
        ASSERT_EQ(values->set(integer(i), object), Error::none);
        ASSERT_EQ(keys->set(object, integer(i)), Error::none);
    }
    EXPECT_EQ(values->size(), 20u);
    EXPECT_EQ(keys->size(), 20u);
    int visits = 0;
    values->for_each([&](const Ref<Object>&, const Ref<Plain>&) {
        ++visits;
        collector().collect();
        EXPECT_LE(values->size(), 1u);
        EXPECT_LE(keys->size(), 1u);
    });
    EXPECT_EQ(visits, 1) << "the other entries are dead";
    collect();
    EXPECT_EQ(values->size(), 0u);
    EXPECT_EQ(keys->size(), 0u);
}

// Case 119, test_weak_valued_len_race, test_weak_keyed_len_race: a size that is asked for while
// automatic collections end entries is never more than were entered.
TEST_F(ConformanceMaps, a_size_that_is_asked_for_during_collections_is_no_more_than_was_entered) {
    restart(with_background());
    const Ref<Values> values = make<Values>();
    const Ref<Keys> keys = make<Keys>();
    for (int threshold = 1; threshold <= rounds(100); ++threshold) {
        collector().set_threshold(static_cast<std::uint32_t>(threshold));
        values->clear();
        keys->clear();
        for (std::uint32_t entered = 0; entered < 50;) {
            const Ref<Plain> object = loop(1);
            ++entered;
            ASSERT_EQ(values->set(integer(entered), object), Error::none);
            ASSERT_EQ(keys->set(object, none()), Error::none);
            EXPECT_LE(values->size(), entered);
            EXPECT_LE(keys->size(), entered);
        }
    }
    values->clear();
    keys->clear();
    EXPECT_TRUE(collector().settle());
}

// Case 120, test_weak_keys_destroy_while_iterating: for maps with weak keys; for those with weak
// values see WeakValueMapTest.entries_may_die_and_be_removed_during_a_visit.
TEST_F(ConformanceMaps, keys_may_die_and_be_removed_during_a_visit) {
    const Ref<Keys> map = make<Keys>();
    std::vector<Ref<Plain>> keys;
    for (int i = 0; i < 100; ++i) {
        keys.push_back(make<Plain>(i));
        ASSERT_EQ(map->set(keys.back(), integer(i)), Error::none);
    }
    std::size_t visits = 0;
    map->for_each([&](const Ref<Plain>& key, const Ref<Object>& value) {
        ++visits;
        EXPECT_EQ(as_integer(value), key->id);
        const std::size_t next = static_cast<std::size_t>(key->id) ^ 1;
        if (key->id % 4 < 2) {
            keys[next].reset();
        } else if (keys[next]) {
            map->remove(keys[next]);
        }
    });
    EXPECT_EQ(visits, 50u) << "of two neighbours the first that comes takes out the other";
    EXPECT_EQ(map->size(), 50u);
}

// Case 121, test_weak_keyed_cascading_deletes: the value of a key holds the next key, so that one
// end sets off all; also by clear().
TEST_F(ConformanceMaps, keys_that_end_one_another_leave_the_map_in_order) {
    constexpr int kKeys = 1000;
    const Ref<WeakKeyMap<Plain>> map = make<WeakKeyMap<Plain>>();
    for (const bool clear : {false, true}) {
        Ref<Plain> first = make<Plain>(0);
        Ref<Plain> key = first;
        for (int i = 1; i <= kKeys; ++i) {
            const Ref<Plain> next = make<Plain>(i);
            ASSERT_EQ(map->set(key, next), Error::none);
            key = next;
        }
        key.reset();
        EXPECT_EQ(map->size(), static_cast<std::size_t>(kKeys));
        if (clear) {
            map->clear();
        } else {
            first.reset();
        }
        EXPECT_EQ(map->size(), 0u);
        EXPECT_EQ(ouro::live_objects<Plain>(heap()), clear ? 1u : 0u)
            << "the first key is held by its handle";
        EXPECT_EQ(map->set(make<Plain>(1), none()), Error::none) << "it goes on";
    }
}

// Cases 122, 123, test_threaded_weak_valued_setdefault, _pop, _consistency, _copy: threads with
// maps of their own beside one that collects all the time. What is got or made is never null, what
// was just entered is there, and a copy has nothing that the map has not.
TEST_F(ConformanceMaps, get_or_make_and_copies_beside_a_thread_that_collects) {
    restart(with_background());
    platform::atomic<std::uint32_t> busy{3};
    run_threads(4, [&](std::size_t thread) {
        if (thread == 3) {
            while (busy.load(memory_order_seq_cst) != 0) collector().collect();
            return;
        }
        const Ref<Values> map = make<Values>();
        for (int i = 0; i < rounds(2000); ++i) {
            const Ref<Object> key = integer(i % 10);
            {
                const Ref<Plain> value = map->set_default(key, loop(i)).value();
                ASSERT_TRUE(value);
                EXPECT_EQ(map->get(key), value) << "while a handle holds it";
            }
            if (i % 3 == 0) {
                const Ref<Plain> fresh = loop(i);
                ASSERT_EQ(map->set(key, fresh), Error::none);
                EXPECT_EQ(map->pop(key), fresh);
                EXPECT_FALSE(map->contains(key));
            }
            if (i % 20 != 0) continue;
            const Ref<Values> copy = make<Values>();
            std::uint32_t copied = 0;
            map->for_each([&](const Ref<Object>& k, const Ref<Plain>& value) {
                ++copied;
                EXPECT_EQ(copy->set(k, value), Error::none);
            });
            EXPECT_LE(copy->size(), copied);
        }
        busy.fetch_sub(1, memory_order_seq_cst);
    });
    collect();
    EXPECT_EQ(HeapTest::live_objects(), 0u);
}

// ---- finalize

Ref<Object> note(const Ref<Object>& argument) {
    events::add('f', static_cast<int>(as_integer(argument).value()));
    return {};
}

class ConformanceFinalize : public HeapTest {
protected:
    Ref<Finalizer> finalize(const Ref<Plain>& target, int number) {
        return try_finalize(target, &note, try_integer(heap(), number).value()).value();
    }
};

// Case 127, test_all_freed: the heap's list forgets a finalizer that has run, and its argument.
TEST_F(ConformanceFinalize, nothing_of_one_that_has_run_remains) {
    Ref<Plain> target = make<Plain>(1);
    try_finalize(
        target, [](const Ref<Object>&) -> Ref<Object> { return {}; }, make<Leaf>())
        .value();
    EXPECT_EQ(live_objects(), 3u);
    target.reset();
    EXPECT_EQ(live_objects(), 0u);
}

// Case 128, test_atexit: f1, f2 (not at exit), f3, which makes g1, f4; at exit: f4, f3, g1, f1.
TEST_F(ConformanceFinalize, at_exit_the_newest_first_and_what_they_make_next) {
    static Ref<Plain> target;
    target = make<Plain>(1);
    finalize(target, 1);
    finalize(target, 2)->set_at_exit(false);
    try_finalize(target, [](const Ref<Object>&) -> Ref<Object> {
        events::add('f', 3);
        EXPECT_TRUE(try_finalize(target, [](const Ref<Object>&) -> Ref<Object> {
                        events::add('g', 1);
                        return {};
                    }).ok());
        return {};
    }).value();
    finalize(target, 4);
    end_heap();
    EXPECT_EQ(events::all(), "f4 f3 g1 f1");
    target.reset();
}

}  // namespace
}  // namespace ouro::testing
