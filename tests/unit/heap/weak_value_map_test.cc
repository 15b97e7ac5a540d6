// Goal: a weak-valued map finds values while they live and never one that dies, lets keys go with
// them, and stays in order whatever dies when. Method: small maps; deaths by count, by collection,
// during visits, inside operations, on other threads.
#include "heap/weak_value_map.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <mutex>
#include <set>
#include <vector>

#include "tests/support/heap_test.h"
#include "tests/support/threads.h"

namespace ouro {
namespace {

using testing::HeapTest;
using testing::Leaf;
using testing::Plain;
using testing::Probe;
namespace events = testing::events;

class WeakValueMapTest : public HeapTest {
protected:
    using Map = WeakValueMap<Plain>;
    Ref<Object> integer(std::int64_t value) { return try_integer(heap(), value).value(); }
    Ref<Object> string(const char* text) { return try_string(heap(), text).value(); }
    void set(const Ref<Map>& map, const Ref<Object>& key, const Ref<Plain>& value) {
        ASSERT_EQ(map->set(key, value), Error::none);
    }
};

TEST_F(WeakValueMapTest, an_empty_map_has_nothing_and_takes_one_object) {
    const Ref<Map> map = make<Map>();
    EXPECT_EQ(live_objects(), 1u);
    EXPECT_FALSE(map->get(integer(1)));
    EXPECT_FALSE(map->contains(integer(1)));
    EXPECT_FALSE(map->remove(integer(1)));
    EXPECT_EQ(map->size(), 0u);
}

TEST_F(WeakValueMapTest, finds_values_by_equal_keys_and_does_not_count) {
    const Ref<Map> map = make<Map>();
    const Ref<Plain> a = make<Plain>(1);
    const Ref<Plain> b = make<Plain>(2);
    set(map, string("a"), a);
    set(map, integer(5000), b);
    EXPECT_EQ(refcount(a), 1u);
    EXPECT_EQ(map->get(string("a")), a);
    EXPECT_EQ(map->get(integer(5000)), b);
    EXPECT_EQ(map->size(), 2u);
    EXPECT_EQ(refcount(a), 1u);
}

TEST_F(WeakValueMapTest, an_entry_goes_with_its_value_and_lets_its_key_go_at_once) {
    const Ref<Map> map = make<Map>();
    const Ref<Leaf> key = make<Leaf>();
    Ref<Plain> value = make<Plain>(1);
    set(map, key, value);
    EXPECT_EQ(refcount(key), 2u);
    value.reset();
    EXPECT_EQ(refcount(key), 1u) << "without an operation on the map";
    EXPECT_FALSE(map->get(key));
    EXPECT_FALSE(map->contains(key));
    EXPECT_EQ(map->size(), 0u);
    EXPECT_EQ(live_objects(), 3u) << "map, buckets, key";
}

TEST_F(WeakValueMapTest, an_entry_of_a_ring_stays_until_the_collection) {
    const Ref<Map> map = make<Map>();
    {
        const Ref<Plain> a = make<Plain>(1);
        a->left = a;
        set(map, integer(1), a);
    }
    EXPECT_EQ(map->size(), 1u);
    EXPECT_EQ(collect(), 1u);
    EXPECT_EQ(map->size(), 0u);
}

TEST_F(WeakValueMapTest, a_new_value_replaces_the_old_one) {
    const Ref<Map> map = make<Map>();
    Ref<Plain> a = make<Plain>(1);
    const Ref<Plain> b = make<Plain>(2);
    set(map, integer(1), a);
    set(map, integer(1), b);
    EXPECT_EQ(map->size(), 1u);
    a.reset();
    EXPECT_EQ(map->get(integer(1)), b) << "the end of the old value does not touch it";
}

TEST_F(WeakValueMapTest, a_key_of_a_dead_value_can_be_used_again) {
    const Ref<Map> map = make<Map>();
    for (int i = 0; i < 100; ++i) {
        const Ref<Plain> value = make<Plain>(i);
        set(map, string("k"), value);
        ASSERT_EQ(map->get(string("k")), value);
    }
    EXPECT_LE(live_objects(), 3u) << "map, buckets, at most one dead entry";
}

TEST_F(WeakValueMapTest, set_default_keeps_a_living_value) {
    const Ref<Map> map = make<Map>();
    Ref<Plain> a = make<Plain>(1);
    const Ref<Plain> b = make<Plain>(2);
    EXPECT_EQ(map->set_default(integer(1), a).value(), a);
    EXPECT_EQ(map->set_default(integer(1), b).value(), a);
    a.reset();
    EXPECT_EQ(map->set_default(integer(1), b).value(), b);
    EXPECT_EQ(map->set_default(nullptr, b).error(), Error::wrong_type);
}

TEST_F(WeakValueMapTest, pop_and_remove_take_out) {
    const Ref<Map> map = make<Map>();
    const Ref<Plain> a = make<Plain>(1);
    set(map, integer(1), a);
    EXPECT_EQ(map->pop(integer(1)), a);
    EXPECT_FALSE(map->pop(integer(1)));
    set(map, integer(1), a);
    EXPECT_TRUE(map->remove(integer(1)));
    EXPECT_FALSE(map->remove(integer(1)));
    EXPECT_EQ(weak_count(a), 0u);
}

TEST_F(WeakValueMapTest, what_cannot_be_entered_is_refused) {
    const Ref<WeakValueMap<Object>> map = make<WeakValueMap<Object>>();
    EXPECT_EQ(map->set(integer(1), nullptr), Error::wrong_type);
    EXPECT_EQ(map->set(nullptr, make<Plain>(1)), Error::wrong_type);
    EXPECT_EQ(map->set(integer(1), integer(2)), Error::not_supported);
    EXPECT_EQ(map->set(integer(1), make<Leaf>()), Error::not_supported);
    testing::Region region(testing::kMiB);
    ManagedHeap other(region.span(), testing::manual());
    EXPECT_EQ(map->set(integer(1), other.make<Plain>(1)), Error::wrong_heap);
    EXPECT_EQ(map->size(), 0u);
}

TEST_F(WeakValueMapTest, grows_and_finds_all) {
    constexpr int kMany = 5000;
    const Ref<Map> map = make<Map>();
    std::vector<Ref<Plain>> values;
    for (int i = 0; i < kMany; ++i) {
        values.push_back(make<Plain>(i));
        set(map, integer(i * 7), values.back());
    }
    EXPECT_EQ(map->size(), std::size_t{kMany});
    for (int i = 0; i < kMany; ++i) ASSERT_EQ(map->get(integer(i * 7)), values[i]);
    values.resize(10);
    EXPECT_EQ(map->size(), 10u);
    EXPECT_EQ(live_objects(), 2u + 2 * 10u) << "a value and an entry each; the keys are small";
}

TEST_F(WeakValueMapTest, dead_entries_do_not_pile_up) {
    const Ref<Map> map = make<Map>();
    std::size_t most = 0;
    for (int i = 0; i < 10000; ++i) {
        const Ref<Plain> value = make<Plain>(i);
        set(map, integer(i), value);
        most = std::max(most, live_objects());
    }
    EXPECT_LT(most, 40u);
}

TEST_F(WeakValueMapTest, entries_may_die_and_be_removed_during_a_visit) {
    const Ref<Map> map = make<Map>();
    std::vector<Ref<Plain>> values;
    for (int i = 0; i < 20; ++i) {
        values.push_back(make<Plain>(i));
        set(map, integer(i), values.back());
    }
    std::set<int> seen;
    map->for_each([&](const Ref<Object>& key, const Ref<Plain>& value) {
        EXPECT_EQ(as_integer(key), value->id);
        EXPECT_TRUE(seen.insert(value->id).second);
        EXPECT_TRUE(map->remove(key));
        values[static_cast<std::size_t>(value->id ^ 1)] = nullptr;  // its neighbour, if not seen
    });
    EXPECT_EQ(seen.size(), 10u);
    EXPECT_EQ(map->size(), 0u);
}

TEST_F(WeakValueMapTest, a_visit_may_do_anything_and_who_stays_comes_once) {
    const auto map = make<WeakValueMap<Plain>>();
    std::vector<Ref<Plain>> values;
    for (int i = 0; i < 500; ++i) {
        values.push_back(make<Plain>(i));
        ASSERT_EQ(map->set(try_integer(heap(), i).value(), values.back()), Error::none);
    }
    std::vector<int> seen(600, 0);
    int visits = 0;
    map->for_each([&](const Ref<Object>& key, const Ref<Plain>& value) {
        const int at = static_cast<int>(*as_integer(key));
        ++seen[static_cast<std::size_t>(at)];
        EXPECT_EQ(value->id % 1000, at);
        if (++visits % 3 == 0) map->size();
        if (visits % 5 == 0) {  // a new value for the key at hand
            values.push_back(make<Plain>(1000 + at));
            EXPECT_EQ(map->set(key, values.back()), Error::none);
        }
        if (visits < 100) {  // a new key
            values.push_back(make<Plain>(500 + visits));
            EXPECT_EQ(map->set(try_integer(heap(), 500 + visits).value(), values.back()),
                      Error::none);
        }
    });
    for (int i = 0; i < 500; ++i) EXPECT_EQ(seen[static_cast<std::size_t>(i)], 1) << i;
    for (int i = 500; i < 600; ++i) EXPECT_LE(seen[static_cast<std::size_t>(i)], 1) << i;
    int after_clear = 0;
    map->for_each([&](const Ref<Object>&, const Ref<Plain>&) {
        ++after_clear;
        map->clear();
    });
    EXPECT_EQ(after_clear, 1);
}

TEST_F(WeakValueMapTest, who_is_removed_before_its_turn_does_not_come) {
    const auto map = make<WeakValueMap<Plain>>();
    std::vector<Ref<Plain>> values;
    for (int i = 0; i < 300; ++i) {
        values.push_back(make<Plain>(i));
        ASSERT_EQ(map->set(try_integer(heap(), i).value(), values.back()), Error::none);
    }
    std::vector<bool> removed(300, false);
    map->for_each([&](const Ref<Object>& key, const Ref<Plain>&) {
        const std::int64_t at = *as_integer(key);
        EXPECT_FALSE(removed[static_cast<std::size_t>(at)]) << at;
        const std::int64_t other = (at * 7 + 3) % 300;
        removed[static_cast<std::size_t>(other)] = true;
        map->remove(try_integer(heap(), other).value());
    });
}

TEST_F(WeakValueMapTest, a_value_can_be_found_in_its_finalizer_by_count) {
    const Ref<WeakValueMap<Probe>> map = make<WeakValueMap<Probe>>();
    Ref<Probe> value = make<Probe>(1);
    ASSERT_EQ(map->set(integer(1), value), Error::none);
    bool found = false;
    Probe::on_finalize[1] = [&](Probe&) { found = map->contains(integer(1)); };
    value.reset();
    EXPECT_TRUE(found);
    EXPECT_FALSE(map->contains(integer(1)));
}

TEST_F(WeakValueMapTest, the_end_of_a_key_may_use_the_map) {
    const Ref<Map> map = make<Map>();
    const Ref<Plain> other = make<Plain>(2);
    Probe::on_finalize[1] = [&](Probe&) {
        for (int i = 0; i < 50; ++i) set(map, integer(i), other);
    };
    {
        const Ref<Plain> value = make<Plain>(1);
        set(map, make<Probe>(1), value);
        set(map, integer(100), other);
    }
    EXPECT_EQ(events::count('F', 1), 1);
    EXPECT_EQ(map->size(), 51u);
}

TEST_F(WeakValueMapTest, goes_with_its_entries_and_is_collected_in_rings) {
    const Ref<Plain> value = make<Plain>(1);
    {
        const Ref<Map> map = make<Map>();
        set(map, integer(1), value);
    }
    EXPECT_EQ(live_objects(), 1u) << "by count: nothing of a map refers back to it";
    EXPECT_EQ(weak_count(value), 0u);
    {
        const Ref<Map> map = make<Map>();
        const Ref<Plain> key = make<Plain>(2);
        key->any = map;
        set(map, key, value);
    }
    EXPECT_EQ(collect(), 4u) << "map, buckets, entry, key";
}

TEST_F(WeakValueMapTest, clear_lets_all_go) {
    const Ref<Map> map = make<Map>();
    const Ref<Plain> value = make<Plain>(1);
    set(map, integer(1), value);
    map->clear();
    EXPECT_EQ(map->size(), 0u);
    EXPECT_EQ(live_objects(), 2u);
    set(map, integer(1), value);
    EXPECT_EQ(map->get(integer(1)), value);
}

TEST_F(WeakValueMapTest, without_memory_it_stays_as_it_was) {
    const Ref<Map> map = make<Map>();
    const Ref<Plain> value = make<Plain>(1);
    set(map, integer(1), value);
    Ref<Plain> chain;
    while (auto made = managed().try_make<Plain>(2)) {
        (*made)->left = std::move(chain);
        chain = std::move(*made);
    }
    Error error = Error::none;
    for (int i = 2; i < 1000 && error == Error::none; ++i) error = map->set(integer(i), value);
    EXPECT_EQ(error, Error::out_of_memory);
    EXPECT_EQ(map->get(integer(1)), value);
    chain.reset();
    set(map, integer(1001), value);
    EXPECT_EQ(map->get(integer(1001)), value);
}

// One thread makes and drops values of few keys, the others get what is there, each operation under
// the user's lock; values end outside it, and a collector runs all the time.
TEST_F(WeakValueMapTest, never_yields_a_dying_value_to_any_thread) {
    restart(testing::with_background());
    {
        const Ref<Map> map = make<Map>();
        std::mutex lock;
        testing::run_threads(4, [&](std::size_t thread) {
            for (int i = 0; i < 3000; ++i) {
                const Ref<Object> key = integer(i % 5);
                if (thread == 0) {
                    Ref<Plain> value = make<Plain>(i % 5 + 1);
                    if (i % 3 == 0) value->left = value;
                    const std::lock_guard guard(lock);
                    EXPECT_EQ(map->set(key, value), Error::none);
                } else if (thread == 1) {
                    const Ref<Plain> fresh = make<Plain>(i % 5 + 1);
                    const std::lock_guard guard(lock);
                    const Ref<Plain> value = map->set_default(key, fresh).value();
                    EXPECT_TRUE(value && value->id == i % 5 + 1);
                } else if (thread == 2) {
                    const std::lock_guard guard(lock);
                    EXPECT_LE(map->size(), 5u);
                    map->for_each([](const Ref<Object>& k, const Ref<Plain>& value) {
                        EXPECT_EQ(value->id, as_integer(k).value() + 1);
                    });
                } else {
                    Ref<Plain> value;
                    {
                        const std::lock_guard guard(lock);
                        value = i % 2 == 0 ? map->get(key) : map->pop(key);
                    }
                    if (value) {
                        EXPECT_EQ(value->id, i % 5 + 1);
                    }
                }
            }
        });
    }
    collect();
    EXPECT_EQ(live_objects(), 0u);
}

TEST_F(WeakValueMapTest, a_visit_of_a_map_that_never_had_an_entry_meets_none) {
    make<Map>()->for_each([](const Ref<Object>&, const Ref<Plain>&) { FAIL(); });
}

}  // namespace
}  // namespace ouro
