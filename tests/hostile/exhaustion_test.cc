// Goal: no memory, at whichever allocation of whichever operation, is a clear error: nothing leaks,
// nothing is half done, the heap is sound and goes on. Method: each program runs on fresh heaps
// with its first, second, ... allocation refused (faults/allocation.h) until a run completes: one
// look for a block, one request, everything from there on.
#include <gtest/gtest.h>

#include <functional>
#include <string>

#include "faults/allocation.h"
#include "tests/support/heap_test.h"

namespace ouro {
namespace {

using faults::Refuse;
using testing::Finalized;
using testing::Hub;
using testing::Leaf;
using testing::Plain;

/// The first error, or none. Its handles have gone when it returns.
using Program = std::function<Error(ManagedHeap& managed)>;

constexpr std::size_t kBytes = 256 * testing::kKiB;

/// Interned strings stay, with all else gone.
void expect_nothing_left(ManagedHeap& managed, const std::string& when) {
    while (managed.collector().collect().unreachable != 0) {
    }
    EXPECT_TRUE(testing::is_sound(managed.collector())) << when;
    EXPECT_EQ(managed.statistics().live_objects, managed.heap().interned().count()) << when;
}

/// Is a refused request always an error? Maps go on with the buckets that they have.
enum class Requests { fail, may_heal };

/// One run with one fault. True iff the fault came.
bool run_with(const Program& program, const faults::AllocationFault& fault,
              const testing::Region& region, Requests requests) {
    const std::string when = faults::to_text(fault);
    // No caches: what they have at hand is no allocation that could fail.
    auto made = ManagedHeap::create(region.span(), testing::changed(testing::manual(), [](auto& c) {
                                        c.heap.cache_percent = 0;
                                    }));
    EXPECT_TRUE(made.ok()) << when << ": the last heap has left something behind";
    if (!made) return false;
    ManagedHeap managed = std::move(made).value();
    faults::arm(fault);
    const Error error = program(managed);
    faults::disarm();
    const bool hit = faults::was_hit();
    const bool heals = fault.what == Refuse::request && requests == Requests::may_heal;
    const bool fails = hit && fault.what != Refuse::block && (!heals || error != Error::none);
    EXPECT_STREQ(to_string(error), to_string(fails ? Error::out_of_memory : Error::none)) << when;
    expect_nothing_left(managed, when);
    EXPECT_STREQ(to_string(program(managed)), to_string(Error::none)) << "after " << when;
    expect_nothing_left(managed, "after " + when);
    return hit;
}

/// All faults that the program can meet; at least `least` allocations are refused in each way.
void exhaust(const Program& program, unsigned least, Requests requests = Requests::fail) {
    const testing::Region region(kBytes);
    for (const Refuse what : {Refuse::block, Refuse::request, Refuse::rest}) {
        unsigned number = 1;
        while (run_with(program, {what, number}, region, requests)) ++number;
        EXPECT_GT(number, least) << faults::to_text({what, 1});
    }
}

template <class T>
Error error_of(const Result<T>& result) {
    return result.ok() ? Error::none : result.error();
}

TEST(Exhaustion, objects_and_rings) {
    exhaust(
        [](ManagedHeap& managed) {
            auto first = try_make<Finalized>(managed.heap());
            if (!first) return first.error();
            for (int i = 0; i < 5; ++i) {
                auto next = try_make<Finalized>(managed.heap());
                if (!next) return next.error();
                (*next)->left = *first;
                (*first)->left = *next;
                (*next)->right = (*first)->right.take();
                (*first)->right = *next;
            }
            return Error::none;
        },
        6);
}

TEST(Exhaustion, arrays) {
    exhaust(
        [](ManagedHeap& managed) {
            Ref<Hub> last;
            for (const std::uint32_t fields : {1u, 20u, 300u, 2000u}) {
                auto hub = try_make_variable<Hub>(managed.heap(), Trailing{fields, 7});
                if (!hub) return hub.error();
                (*hub)->at(fields - 1) = last;
                (*hub)->owner = *hub;
                last = *hub;
            }
            return Error::none;
        },
        4);
}

TEST(Exhaustion, strings_and_integers) {
    exhaust(
        [](ManagedHeap& managed) {
            for (const std::size_t bytes : {0, 3, 100, 3000, 10000}) {
                auto text = try_string(managed.heap(), std::string(bytes, 'x'));
                if (!text) return text.error();
                if ((*text)->text().size() != bytes) return Error::wrong_type;
            }
            auto large = try_integer(managed.heap(), std::int64_t{1} << 60);
            return error_of(large);
        },
        6);
}

TEST(Exhaustion, interned_strings) {
    exhaust(
        [](ManagedHeap& managed) {
            for (const char* text : {"alpha", "beta", "alpha", "gamma"}) {
                auto interned = try_intern(managed.heap(), text);
                if (!interned) return interned.error();
                if ((*interned)->text() != text) return Error::wrong_type;
            }
            return Error::none;
        },
        3);
}

TEST(Exhaustion, weak_references_with_callbacks) {
    exhaust(
        [](ManagedHeap& managed) {
            auto target = try_make<Plain>(managed.heap());
            if (!target) return target.error();
            for (int i = 0; i < 3; ++i) {
                auto weak = try_make<WeakReference>(managed.heap(), *target, [](WeakReference&) {});
                if (!weak) return weak.error();
                (*target)->any = *weak;
            }
            return Error::none;
        },
        4);
}

TEST(Exhaustion, finalizers_outside_objects) {
    exhaust(
        [](ManagedHeap& managed) {
            auto target = try_make<Plain>(managed.heap());
            if (!target) return target.error();
            for (int i = 0; i < 3; ++i) {
                auto argument = try_make<Leaf>(managed.heap());
                if (!argument) return argument.error();
                auto finalizer = try_finalize(
                    *target, [](const Ref<Object>& given) { return given; }, *argument);
                if (!finalizer) return finalizer.error();
                if (i == 1) (*finalizer)->detach();
            }
            return Error::none;
        },
        7);
}

/// Enters keys until the buckets have grown twice; after a failure the map is as it was.
template <class Map, class Enter>
Error fill_map(ManagedHeap& managed, Enter&& enter) {
    auto map = try_make<Map>(managed.heap());
    if (!map) return map.error();
    Ref<Plain> kept;  // a chain that keeps all targets alive
    for (std::size_t i = 0; i < 20; ++i) {
        auto target = try_make<Plain>(managed.heap());
        if (!target) return target.error();
        (*target)->left = kept;
        kept = *target;
        const Error error = enter(**map, *target, i);
        const std::size_t expected = error == Error::none ? i + 1 : i;
        if ((*map)->size() != expected) return Error::wrong_type;
        if (error != Error::none) return error;
    }
    return Error::none;
}

TEST(Exhaustion, weak_value_maps) {
    exhaust(
        [](ManagedHeap& managed) {
            return fill_map<WeakValueMap<Plain>>(
                managed, [&](auto& map, const Ref<Plain>& target, std::size_t i) {
                    auto key = try_integer(managed.heap(),
                                           (std::int64_t{1} << 50) + static_cast<std::int64_t>(i));
                    return key ? map.set(*key, target) : key.error();
                });
        },
        62, Requests::may_heal);
}

TEST(Exhaustion, weak_key_maps) {
    exhaust(
        [](ManagedHeap& managed) {
            return fill_map<WeakKeyMap<Plain>>(
                managed, [&](auto& map, const Ref<Plain>& target, std::size_t) {
                    auto value = try_string(managed.heap(), "value");
                    return value ? map.set(target, *value) : value.error();
                });
        },
        62, Requests::may_heal);
}

TEST(Exhaustion, finalizers_that_allocate) {
    static ManagedHeap* heap = nullptr;
    exhaust(
        [](ManagedHeap& managed) {
            heap = &managed;
            static Error in_finalizer = Error::none;
            in_finalizer = Error::none;
            Finalized::on_finalize[7] = [](Finalized& self) {
                auto made = try_make<Plain>(heap->heap());
                if (made) {
                    self.any = *made;
                } else {
                    in_finalizer = made.error();
                }
            };
            auto ring = try_make<Finalized>(managed.heap(), 7);
            if (!ring) return ring.error();
            (*ring)->left = *ring;
            (*ring).reset();
            managed.collector().collect();
            Finalized::forget_scripts();
            return in_finalizer;
        },
        2);
}

}  // namespace
}  // namespace ouro
