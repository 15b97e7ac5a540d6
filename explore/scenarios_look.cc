// Scenarios of looks at objects that nobody holds: what was seen first may be something else by the
// second look.
#include <cstring>

#include "explore/scenario.h"
#include "heap/query.h"
#include "heap/values.h"

namespace ouro::explore {

namespace {

void collect(World& w) { w.collect(); }

/// Of an object that is there when the threads begin, and of nothing that they make.
Id g_id;

// ---- resolved: an id whose object ends, and whose memory becomes an interned string

constexpr std::string_view kText = "as long as a Plain, less";  // so that it gets the same cell

void prepare_resolved(World& w) {
    w.plain.ref[1] = w.make<Plain>();
    g_id = id(w.plain.ref[1]);
    auto interned = try_intern(w.heap->heap(), "another");  // so that their type is known
    if (!interned) World::refused(interned.error());
}
void resolve_id(World& w) {
    w.operate();
    const auto found = resolve(g_id);
    if (found && found->bits() != g_id.address) violated("an id yields another object", nullptr);
}
void drop_and_intern(World& w) {
    w.plain.ref[1].reset();
    w.operate();
    auto interned = try_intern(w.heap->heap(), kText);
    if (!interned) World::refused(interned.error());
}

void run_resolved() { run_threads(resolve_id, drop_and_intern); }

// ---- named: an id whose object ends, and whose memory becomes one of another type

void prepare_named(World& w) {
    {
        const Ref<Finalized> known = w.make<Finalized>();
    }
    w.plain.ref[1] = w.make<Plain>();
    g_id = id(w.plain.ref[1]);
}
void ask_by_id(World& w) {
    w.operate();
    const bool alive = is_alive(g_id);
    const auto name = type_name(g_id);
    if (name && std::strcmp(*name, Plain::ouro_name) != 0)
        violated("an id has the name of another type", nullptr);
    if (!alive && (name || is_alive(g_id))) violated("an id that was dead is alive", nullptr);
}
void drop_and_make_other(World& w) {
    w.plain.ref[1].reset();
    w.finalized.ref[1] = w.make<Finalized>();
}

void run_named() { run_threads(ask_by_id, drop_and_make_other); }

// ---- contained: an address in free memory, of which a part becomes an object

constexpr std::size_t kPlainBytes = sizeof(Header) + sizeof(Plain);

void prepare_contained(World& w) { w.plain.ref[0] = w.make<Plain>(); }
void ask_for_address(World& w) {
    const auto inside = reinterpret_cast<std::uintptr_t>(w.plain.ref[0].get()) + 5 * kPlainBytes;
    w.operate();
    const auto found = object_containing(inside);
    if (found && inside - found->address >= kPlainBytes)
        violated("an address is said to be in an object that does not reach there", nullptr);
}
void make_three(World& w) {
    for (unsigned i = 1; i <= 3; ++i) w.plain.ref[i] = w.make<Plain>();
}

void run_contained() { run_threads(ask_for_address, make_three); }

// ---- spread: what a member that leaves the set refers to is no member, and its memory changes

void prepare_spread(World& w) {
    w.plain.ref[1] = w.make<Plain>();
    const Ref<Plain> candidate = w.plain.ref[1];
}
void put_in_and_reuse(World& w) {
    w.plain.ref[2] = w.make<Plain>();
    w.plain.ref[1]->left = w.make<Plain>();
    w.plain.ref[1]->left = nullptr;
    w.plain.ref[2].reset();
    const Ref<Broad> over_both = w.make<Broad>();
    platform::plain_write(over_both->bytes, sizeof over_both->bytes);
    std::memset(over_both->bytes, 0xff, sizeof over_both->bytes);
    w.operate();
    platform::plain_read(over_both->bytes, sizeof over_both->bytes);
    for (const std::byte byte : over_both->bytes) {
        if (byte != std::byte{0xff}) violated("bytes of an object were changed", over_both.get());
    }
}

void run_spread() { run_threads(collect, put_in_and_reuse); }

// ---- set_aside: an object ends by count while all objects are set aside

void prepare_set_aside(World& w) {
    for (Ref<Plain>& ref : w.plain.ref) ref = w.make<Plain>();
}
void freeze(World& w) {
    w.operate();
    w.heap->collector().freeze();
}
void drop(World& w) { w.plain.ref[1].reset(); }

void run_set_aside() {
    run_threads(freeze, drop);
    world().heap->collector().unfreeze();
}

constexpr Scenario kScenarios[] = {
    {"resolved", "an id is asked for while its object's memory becomes an interned string",
     prepare_resolved, run_resolved},
    {"named", "an id is asked for while its object's memory becomes one of another type",
     prepare_named, run_named},
    {"contained", "an address is asked for while what was free there becomes objects",
     prepare_contained, run_contained},
    {"spread", "rule 2: a member leaves the set, and what it refers to is gone", prepare_spread,
     run_spread},
    {"set_aside", "objects are set aside while one ends by count", prepare_set_aside,
     run_set_aside},
};

}  // namespace

std::span<const Scenario> look_scenarios() { return kScenarios; }

}  // namespace ouro::explore
