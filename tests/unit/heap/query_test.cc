// Goal: queries answer exactly and change nothing; an id is dead once its object is, whatever lives
// at its address now. Method: the documents' own sequences, and every moment of an object's end.
#include "heap/query.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "heap/values.h"
#include "tests/support/heap_test.h"

namespace ouro {
namespace {

using testing::Finalized;
using testing::HeapTest;
using testing::Hub;
using testing::Plain;
using testing::Probe;
namespace events = testing::events;

class QueryTest : public HeapTest {
protected:
    static std::string hex_of(const Id& id) {
        char text[kHexBytes];
        return hex(id, text);
    }
};

// The sequence of the first document: 1, 2, 3, 2, 1.
TEST_F(QueryTest, counts_follow_handles_and_fields) {
    Ref<Plain> x = make<Plain>(1);
    EXPECT_EQ(refcount(x), 1u);
    Ref<Plain> b = x;
    EXPECT_EQ(refcount(x), 2u);
    const Ref<Plain> holder = make<Plain>(2);
    holder->left = x;
    EXPECT_EQ(refcount(x), 3u);
    b.reset();
    EXPECT_EQ(refcount(x), 2u);
    holder->left = nullptr;
    EXPECT_EQ(refcount(x), 1u);
}

TEST_F(QueryTest, getrefcount_counts_its_argument) {
    const Ref<Plain> a = make<Plain>(1);
    EXPECT_EQ(refcount(a), 1u);
    EXPECT_EQ(getrefcount(a), 2u);
    const Ref<Plain> b = a;  // NOLINT: the copy is what is tested
    EXPECT_EQ(refcount(a), 2u);
    EXPECT_EQ(getrefcount(a), 3u);
    EXPECT_EQ(refcount(a), 2u);
}

TEST_F(QueryTest, getrefcount_of_a_moved_handle_counts_what_is_left) {
    Ref<Plain> a = make<Plain>(1);
    EXPECT_EQ(getrefcount(std::move(a)), 1u);
    EXPECT_EQ(live_objects(), 0u);
}

TEST_F(QueryTest, a_query_by_id_adds_no_reference_and_changes_no_word) {
    const Ref<Plain> a = make<Plain>(1);
    const Id id_of_a = id(a);
    const std::uint64_t before = testing::header_of(a)->load_word().bits;
    EXPECT_EQ(refcount(id_of_a).value(), 1u);
    EXPECT_TRUE(is_alive(id_of_a));
    EXPECT_TRUE(object_at(id_of_a.address).ok());
    EXPECT_TRUE(object_containing(id_of_a.address).ok());
    EXPECT_STREQ(type_name(id_of_a).value(), "Plain");
    EXPECT_EQ(testing::header_of(a)->load_word().bits, before);
}

TEST_F(QueryTest, an_id_is_dead_after_the_object) {
    Ref<Plain> a = make<Plain>(1);
    const Id id_of_a = id(a);
    a.reset();
    EXPECT_EQ(refcount(id_of_a).error(), Error::dead);
    EXPECT_FALSE(is_alive(id_of_a));
    EXPECT_EQ(object_at(id_of_a.address).error(), Error::dead);
    EXPECT_EQ(type_name(id_of_a).error(), Error::dead);
    EXPECT_EQ(resolve(id_of_a).error(), Error::dead);
}

TEST_F(QueryTest, an_id_stays_dead_through_every_reuse_of_its_memory) {
    Ref<Plain> a = make<Plain>(1);
    const Id first = id(a);
    std::vector<Id> ids = {first};
    for (int i = 0; i < 1000; ++i) {
        a.reset();
        a = make<Plain>(i);
        const Id now = id(a);
        ASSERT_EQ(now.address, first.address) << "the cell must be reused for this test";
        for (const Id& old : {first, ids.back()}) {
            ASSERT_NE(old, now);
            ASSERT_EQ(refcount(old).error(), Error::dead);
            ASSERT_EQ(resolve(old).error(), Error::dead);
        }
        ASSERT_EQ(object_at(first.address).value(), now);
        ids.push_back(now);
    }
}

TEST_F(QueryTest, an_id_stays_dead_when_its_memory_is_part_of_a_larger_object) {
    std::vector<Ref<Plain>> small;
    for (int i = 0; i < 100'000; ++i) small.push_back(make<Plain>(i));
    const Id middle = id(small[50'000]);
    small.clear();
    const Ref<Hub> large = make_hub(1'500'000);
    EXPECT_EQ(refcount(middle).error(), Error::dead);
    EXPECT_EQ(object_at(middle.address).error(), Error::dead);
    EXPECT_EQ(object_containing(middle.address).value(), id(large));
}

struct Large {
    Field<Large> next;
    char rest[2484];
    static constexpr auto ouro_fields = fields<&Large::next>;
};

// Pages that were the first of a small span become part of a longer one, and back: whichever page's
// counter a generation is drawn from, an {address, generation} pair does not come again.
TEST(QueryOfSmallRegion, no_id_comes_again_when_pages_change_their_spans) {
    const testing::Region region(64 * 1024);
    ManagedHeap managed(region.span(), testing::manual());
    std::set<std::pair<std::uintptr_t, std::uint32_t>> seen;
    const auto is_new = [&](const Id& id) {
        return seen.insert({id.address, id.generation}).second;
    };
    for (int round = 0; round < 20; ++round) {
        std::vector<Ref<Plain>> small;
        while (auto made = managed.try_make<Plain>()) small.push_back(std::move(*made));
        for (std::size_t i = 0; i < 2000; ++i) {
            Ref<Plain>& at = small[i % (small.size() / (round % 3 + 1))];
            at.reset();
            at = managed.make<Plain>();
            ASSERT_TRUE(is_new(id(at))) << "round " << round;
        }
        small.clear();
        std::vector<Ref<Large>> large;
        while (auto made = managed.try_make<Large>()) {
            ASSERT_TRUE(is_new(id(*made))) << "round " << round;
            large.push_back(std::move(*made));
        }
    }
}

TEST_F(QueryTest, an_object_is_found_from_every_address_of_it) {
    const Ref<Hub> small = make_hub(3);
    const Ref<Hub> large = make_hub(5000);
    for (const Ref<Hub>& hub : {small, large}) {
        const std::size_t bytes =
            sizeof(Hub) + sizeof(Trailing) + 8 * std::size_t{trailing_of(hub.get()).field_count};
        for (std::size_t offset = 0; offset < bytes; ++offset) {
            ASSERT_EQ(object_containing(hub.bits() + offset).value(), id(hub));
            if (offset > 0) {
                ASSERT_EQ(object_at(hub.bits() + offset).error(), Error::dead);
            }
        }
    }
}

TEST_F(QueryTest, addresses_outside_objects_hold_none) {
    int outside = 0;
    EXPECT_EQ(object_at(reinterpret_cast<std::uintptr_t>(&outside)).error(), Error::dead);
    EXPECT_EQ(object_containing(0).error(), Error::dead);
    for (std::size_t i = 0; i < region().size(); i += 4096 + 16) {
        const auto address = reinterpret_cast<std::uintptr_t>(region().data() + i);
        ASSERT_EQ(object_containing(address).error(), Error::dead);
    }
}

TEST_F(QueryTest, ids_of_nonsense_are_dead) {
    const Ref<Plain> a = make<Plain>(1);
    const Id good = id(a);
    for (const Id& bad :
         {Id{}, Id{0, 5}, Id{good.address, good.generation + 1},
          Id{good.address + 16, good.generation}, Id{good.address + 8, 1},
          Id{~std::uintptr_t{1}, 1}, Id{0x7, 0}, Id{0x1235, 0}, Id{0x9, 0},
          Id{detail::small_int_bits(kSmallIntMax + 1), 0}, Id{detail::small_int_bits(10), 1},
          Id{detail::kInternedTag, 0}, Id{good.address | detail::kInternedTag, 0}}) {
        EXPECT_FALSE(is_alive(bad));
        EXPECT_EQ(refcount(bad).error(), Error::dead);
        EXPECT_EQ(resolve(bad).error(), Error::dead);
        EXPECT_EQ(type_name(bad).error(), Error::dead);
    }
}

TEST_F(QueryTest, immediates_are_alive_and_immortal_under_their_id) {
    const Id ten = id(try_integer(heap(), 10).value());
    EXPECT_EQ(ten.generation, 0u);
    EXPECT_TRUE(is_alive(ten));
    EXPECT_EQ(refcount(ten).value(), kImmortal);
    EXPECT_EQ(as_integer(resolve(ten).value()), 10);
    EXPECT_EQ(refcount(none()), kImmortal);
    EXPECT_EQ(getrefcount(none()), kImmortal);
}

TEST_F(QueryTest, resolve_gives_a_counted_reference) {
    Ref<Plain> a = make<Plain>(1);
    {
        const Ref<Object> b = resolve(id(a)).value();
        EXPECT_EQ(b, a);
        EXPECT_EQ(refcount(a), 2u);
    }
    EXPECT_EQ(refcount(a), 1u);
}

TEST_F(QueryTest, hex_prints_the_address) {
    EXPECT_EQ(hex_of({0, 7}), "0x0");
    EXPECT_EQ(hex_of({0xabc, 7}), "0xabc");
    EXPECT_EQ(hex_of({0xffffffffffffffff, 7}), "0xffffffffffffffff");
    const Ref<Plain> a = make<Plain>(1);
    EXPECT_EQ(std::strtoull(hex_of(id(a)).c_str(), nullptr, 16), a.bits());
}

// What the heap holds for itself around a finalizer does not show.
TEST_F(QueryTest, counts_inside_a_finalizer_are_the_programs_own) {
    Ref<Finalized> a = make<Finalized>(1);
    const Id id_of_a = id(a);
    std::uint32_t bare = 99;
    std::uint32_t with_handle = 99;
    bool alive = false;
    Finalized::on_finalize[1] = [&](Finalized& object) {
        bare = refcount(id_of_a).value();
        alive = is_alive(id_of_a);
        const Ref<Finalized> me = self(&object);
        with_handle = refcount(me);
    };
    a.reset();
    EXPECT_EQ(bare, 0u);
    EXPECT_TRUE(alive);
    EXPECT_EQ(with_handle, 1u);
    EXPECT_FALSE(is_alive(id_of_a));
}

TEST_F(QueryTest, in_the_destructor_the_id_is_dead) {
    Ref<Probe> a = make<Probe>(1);
    const Id id_of_a = id(a);
    bool dead = false;
    Probe::on_destroy[1] = [&](Probe&) {
        dead = !is_alive(id_of_a) && !resolve(id_of_a).ok() &&
               refcount(id_of_a).error() == Error::dead;
    };
    a.reset();
    EXPECT_TRUE(dead);
}

TEST_F(QueryTest, live_objects_have_distinct_ids) {
    std::vector<Ref<Plain>> objects;
    std::vector<std::uintptr_t> addresses;
    for (int i = 0; i < 1000; ++i) {
        objects.push_back(make<Plain>(i));
        addresses.push_back(id(objects.back()).address);
    }
    std::sort(addresses.begin(), addresses.end());
    EXPECT_EQ(std::unique(addresses.begin(), addresses.end()), addresses.end());
}

TEST_F(QueryTest, immediates_have_the_names_of_their_types) {
    EXPECT_STREQ(type_name(id(none())).value(), "constant");
    EXPECT_STREQ(type_name(id(try_integer(heap(), 5).value())).value(), "int");
}

/// Asks for itself before it is complete.
struct Curious {
    explicit Curious(bool& found) {
        found = object_at(reinterpret_cast<std::uintptr_t>(this)).ok();
    }
    using ouro_leaf = void;
    int value = 0;
};

TEST_F(QueryTest, an_object_under_construction_is_at_no_address) {
    bool found = true;
    const Ref<Curious> object = make<Curious>(found);
    EXPECT_FALSE(found);
    EXPECT_TRUE(object_at(reinterpret_cast<std::uintptr_t>(object.get())).ok());
}

TEST_F(QueryTest, an_immortal_object_says_so_under_its_id) {
    const Ref<Plain> object = make<Plain>(1);
    Header* header = testing::header_of(object);
    const WordValue mortal = header->load_word();
    header->word.store(mortal.saturated().bits, platform::memory_order_relaxed);
    EXPECT_EQ(refcount(id(object)).value(), kImmortal);
    EXPECT_EQ(refcount(object), kImmortal);
    header->word.store(mortal.bits, platform::memory_order_relaxed);
}

TEST_F(QueryTest, an_immortal_object_that_is_no_interned_string_is_resolved_as_what_it_is) {
    const Ref<Plain> object = make<Plain>(1);
    const Ref<String> text = try_string(heap(), "text").value();
    for (const Ref<Object>& each : {Ref<Object>(object), Ref<Object>(text)}) {
        Header* header = ouro::header_of(detail::object_of(each.bits()));
        const WordValue mortal = header->load_word();
        header->word.store(mortal.saturated().bits, platform::memory_order_relaxed);
        EXPECT_EQ(resolve(id(each)).value(), each);
        header->word.store(mortal.bits, platform::memory_order_relaxed);
    }
}

TEST_F(QueryTest, the_address_of_what_has_ended_names_no_interned_string) {
    Ref<Plain> object = make<Plain>(1);
    const std::uintptr_t address = object.bits();
    object.reset();
    EXPECT_FALSE(is_alive({address | detail::kInternedTag, 0}));
    EXPECT_FALSE(is_alive({(address + 16) | detail::kInternedTag, 0}));
}

struct Never {
    using ouro_leaf = void;
    int value = 0;
};

TEST_F(QueryTest, of_a_type_that_was_never_made_none_are_live) {
    EXPECT_EQ(ouro::live_objects<Never>(heap()), 0u);
}

}  // namespace
}  // namespace ouro
