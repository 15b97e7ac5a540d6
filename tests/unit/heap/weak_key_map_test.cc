// Goal: a weak-keyed map keeps values for as long as their keys live and not longer, by identity,
// also when an address is used again. Method: small maps; deaths by count, by collection, on
// other threads.
#include "heap/weak_key_map.h"

#include <gtest/gtest.h>

#include <mutex>
#include <vector>

#include "tests/support/heap_test.h"
#include "tests/support/threads.h"

namespace ouro {
namespace {

using testing::HeapTest;
using testing::Leaf;
using testing::LeafProbe;
using testing::Plain;
using testing::Probe;
namespace events = testing::events;

class WeakKeyMapTest : public HeapTest {
protected:
    using Map = WeakKeyMap<Plain, Probe>;
};

TEST_F(WeakKeyMapTest, keeps_the_value_for_as_long_as_the_key_lives) {
    const Ref<Map> map = make<Map>();
    Ref<Plain> key = make<Plain>(1);
    ASSERT_EQ(map->set(key, make<Probe>(1)), Error::none);
    EXPECT_EQ(refcount(key), 1u);
    EXPECT_EQ(map->get(key)->id, 1);
    EXPECT_EQ(events::all(), "");
    key.reset();
    EXPECT_EQ(events::all(), "F1 D1") << "without an operation on the map";
    EXPECT_EQ(map->size(), 0u);
    EXPECT_EQ(live_objects(), 2u);
}

TEST_F(WeakKeyMapTest, a_ring_as_key_ends_its_value_with_the_collection) {
    const Ref<Map> map = make<Map>();
    {
        const Ref<Plain> key = make<Plain>(1);
        key->left = key;
        ASSERT_EQ(map->set(key, make<Probe>(1)), Error::none);
    }
    EXPECT_EQ(map->size(), 1u);
    collect();
    EXPECT_EQ(events::all(), "F1 D1");
    EXPECT_EQ(map->size(), 0u);
}

TEST_F(WeakKeyMapTest, keys_are_compared_by_identity) {
    const Ref<Map> map = make<Map>();
    const Ref<Plain> a = make<Plain>(1);
    const Ref<Plain> b = make<Plain>(1);
    const Ref<Probe> value = make<Probe>(1);
    ASSERT_EQ(map->set(a, value), Error::none);
    EXPECT_FALSE(map->contains(b));
    EXPECT_FALSE(map->get(b));
    EXPECT_TRUE(map->contains(a));
    EXPECT_FALSE(map->contains(nullptr));
}

TEST_F(WeakKeyMapTest, a_new_object_at_an_old_address_is_another_key) {
    const Ref<Map> map = make<Map>();
    std::size_t again = 0;
    std::uintptr_t last = 0;
    for (int i = 0; i < 100; ++i) {
        const Ref<Plain> key = make<Plain>(i);
        again += key.bits() == last ? 1 : 0;
        last = key.bits();
        ASSERT_FALSE(map->contains(key));
        ASSERT_EQ(map->set(key, nullptr), Error::none);
        ASSERT_TRUE(map->contains(key)) << "also with a null value";
    }
    EXPECT_GT(again, 0u);
}

TEST_F(WeakKeyMapTest, a_value_is_replaced_in_place) {
    const Ref<Map> map = make<Map>();
    const Ref<Plain> key = make<Plain>(1);
    ASSERT_EQ(map->set(key, make<Probe>(1)), Error::none);
    ASSERT_EQ(map->set(key, make<Probe>(2)), Error::none);
    EXPECT_EQ(events::all(), "F1 D1");
    EXPECT_EQ(map->get(key)->id, 2);
    EXPECT_EQ(map->set_default(key, nullptr).value()->id, 2);
    EXPECT_EQ(map->size(), 1u);
    EXPECT_EQ(weak_count(key), 1u);
}

TEST_F(WeakKeyMapTest, pop_and_remove_take_out) {
    const Ref<Map> map = make<Map>();
    const Ref<Plain> key = make<Plain>(1);
    EXPECT_EQ(map->set_default(key, make<Probe>(1)).value()->id, 1);
    EXPECT_EQ(map->pop(key)->id, 1);
    EXPECT_EQ(events::all(), "F1 D1");
    EXPECT_FALSE(map->pop(key));
    EXPECT_FALSE(map->remove(key));
    ASSERT_EQ(map->set(key, make<Probe>(2)), Error::none);
    EXPECT_TRUE(map->remove(key));
    EXPECT_EQ(events::all(), "F1 D1 F2 D2");
}

// As in Python: the map holds the value by a counted reference, and the value holds the key.
TEST_F(WeakKeyMapTest, a_value_that_refers_to_its_key_keeps_both_until_the_map_goes) {
    Ref<WeakKeyMap<Plain>> map = make<WeakKeyMap<Plain>>();
    {
        const Ref<Plain> key = make<Plain>(1);
        const Ref<Plain> value = make<Plain>(2);
        value->left = key;
        ASSERT_EQ(map->set(key, value), Error::none);
    }
    EXPECT_EQ(collect(), 0u);
    EXPECT_EQ(map->size(), 1u);
    map.reset();
    EXPECT_EQ(live_objects(), 0u);
}

TEST_F(WeakKeyMapTest, what_cannot_be_entered_is_refused) {
    const Ref<WeakKeyMap<Object>> map = make<WeakKeyMap<Object>>();
    EXPECT_EQ(map->set(nullptr, none()), Error::wrong_type);
    EXPECT_EQ(map->set(none(), none()), Error::not_supported);
    EXPECT_EQ(map->set(make<Leaf>(), none()), Error::not_supported);
    EXPECT_EQ(map->set_default(none(), none()).error(), Error::not_supported);
}

TEST_F(WeakKeyMapTest, visits_every_living_entry) {
    const Ref<WeakKeyMap<Plain>> map = make<WeakKeyMap<Plain>>();
    std::vector<Ref<Plain>> keys;
    for (int i = 0; i < 300; ++i) {
        keys.push_back(make<Plain>(i));
        ASSERT_EQ(map->set(keys.back(), try_integer(heap(), i).value()), Error::none);
    }
    keys.resize(200);
    int sum = 0;
    map->for_each([&](const Ref<Plain>& key, const Ref<Object>& value) {
        EXPECT_EQ(as_integer(value), key->id);
        sum += key->id;
    });
    EXPECT_EQ(sum, 200 * 199 / 2);
    EXPECT_EQ(map->size(), 200u);
}

TEST_F(WeakKeyMapTest, the_end_of_a_value_may_use_the_map) {
    const Ref<WeakKeyMap<Object>> map = make<WeakKeyMap<Object>>();
    std::vector<Ref<Plain>> keys;
    for (int i = 0; i < 50; ++i) keys.push_back(make<Plain>(i));
    LeafProbe::on_finalize = [&](LeafProbe&) {
        for (const Ref<Plain>& key : keys) EXPECT_EQ(map->set(key, none()), Error::none);
    };
    const Ref<Plain> kept = make<Plain>(100);
    ASSERT_EQ(map->set(kept, make<LeafProbe>(1)), Error::none);
    EXPECT_TRUE(map->remove(kept));
    EXPECT_EQ(map->size(), 50u);
    const Ref<Object> value = make<LeafProbe>(2);
    ASSERT_EQ(map->set(kept, value), Error::none);
}

// Keys end on one thread while another uses the map; values end with them on that thread.
TEST_F(WeakKeyMapTest, keys_may_die_on_any_thread) {
    restart(testing::with_background());
    {
        const Ref<Map> map = make<Map>();
        std::mutex lock;
        std::vector<Ref<Plain>> shared(64);
        testing::run_threads(3, [&](std::size_t thread) {
            for (int i = 0; i < 3000; ++i) {
                Ref<Plain> key;
                if (thread == 0) {
                    key = make<Plain>(i);
                    if (i % 3 == 0) key->left = key;
                    const std::lock_guard guard(lock);
                    EXPECT_EQ(map->set(key, make<Probe>(1)), Error::none);
                    shared[static_cast<std::size_t>(i) % shared.size()].swap(key);
                } else if (thread == 1) {
                    const std::lock_guard guard(lock);
                    shared[static_cast<std::size_t>(i) % shared.size()].swap(key);
                    if (key) {
                        EXPECT_TRUE(map->get(key));
                    }
                } else {
                    const std::lock_guard guard(lock);
                    map->for_each([](const Ref<Plain>&, const Ref<Probe>& value) {
                        EXPECT_TRUE(value) << "a key that is held has its value";
                    });
                }
            }
        });
        shared.clear();
        collect();
        EXPECT_EQ(map->size(), 0u);
    }
    EXPECT_EQ(events::count('F', 1), 3000);
}

TEST_F(WeakKeyMapTest, null_is_a_value_like_any_other) {
    const Ref<Plain> key = make<Plain>(1);
    const auto map = make<WeakKeyMap<Plain, Plain>>();
    ASSERT_EQ(map->set(key, nullptr), Error::none);
    EXPECT_FALSE(map->set_default(key, make<Plain>(2)).value());
    EXPECT_TRUE(map->contains(key));
}

}  // namespace
}  // namespace ouro
