// Operations that look at the heap, which must never show a dying object, and those that ask the
// collector for work.
#include "absl/strings/str_cat.h"
#include "stress/operations.h"
#include "stress/worker.h"

namespace ouro::stress {

namespace {

Worker::Remembered& some_id(Worker& w) {
    return w.ids[w.random.below(static_cast<std::uint32_t>(w.ids.size()))];
}

/// Checks every object that a listing shows.
struct Listing {
    Worker& worker;
    const char* name;

    static void visit(void* self, const Ref<Object>& object) {
        auto& listing = *static_cast<Listing*>(self);
        const Serial serial = listing.worker.check(object, listing.name);
        if (has_mark(object.bits()) && refcount(object) == 0)
            listing.worker.world.evidence.violation("a listed object has count 0", serial);
    }
};

}  // namespace

void remember_id(Worker& w) {
    Ref<Object>* handle = w.some();
    if (handle == nullptr) return;
    some_id(w) = {id(*handle), serial_of(*handle), false};
}

void ask_by_id(Worker& w) {
    Worker::Remembered& asked = some_id(w);
    if (asked.serial == 0) return;
    const bool alive = is_alive(asked.id);
    const auto count = refcount(asked.id);
    const auto name = type_name(asked.id);
    const auto resolved = resolve(asked.id);
    alive ? ++w.tally().ids_alive : ++w.tally().ids_dead;
    w.note(resolved ? "id resolved" : "id dead", asked.serial);
    if ((count.ok() || name.ok() || resolved.ok()) && (!alive || asked.seen_dead))
        w.world.evidence.violation("the id of a dead object answers again", asked.serial);
    if (!alive) asked.seen_dead = true;
    if (!resolved) return;
    // Held only here: to store it could resurrect a ring whose weak references are dead already.
    auto held = resolve(asked.id);
    if (!held) {
        w.world.evidence.violation("an id is dead while its object is held", asked.serial);
    } else if (w.check(*held, "an id") != asked.serial) {
        w.world.evidence.violation(absl::StrCat("the id of object ", asked.serial, " gave another"),
                                   serial_of(*held));
    }
}

void ask_by_address(Worker& w) {
    const Worker::Remembered& asked = some_id(w);
    if (asked.serial == 0) return;
    const std::uint32_t offset = w.random.one_in(2) ? 0 : w.random.below(40);
    auto found =
        offset == 0 ? object_at(asked.id.address) : object_containing(asked.id.address + offset);
    if (!found) return;
    // Whoever lives there now: perhaps a string, which has no mark.
    auto object = resolve(*found);
    if (!object || cast<String>(*object) || cast<Integer>(*object)) return;
    w.check(*object, "an address");
}

void ask_by_handle(Worker& w) {
    Ref<Object>* handle = w.some();
    if (handle == nullptr) return;
    const Serial serial = w.check(*handle, "a handle");
    Evidence& evidence = w.world.evidence;
    if (refcount(*handle) == 0) evidence.violation("count 0 of an object that is held", serial);
    if (getrefcount(*handle) < 2) evidence.violation("the argument is not counted", serial);
    const Id identity = id(*handle);
    if (!is_alive(identity)) evidence.violation("the id of a held object is dead", serial);
    const auto count = refcount(identity);
    if (!count) evidence.violation("no count for the id of a held object", serial);
    const auto at = object_at(identity.address);
    // What escaped from its constructor is found by address when that has ended.
    if (!at && mark_of(*handle).kind() != Kind::escaper)
        evidence.violation("nothing lives where a held object is", serial);
    Collector& collector = w.world.heap.collector();
    if (collector.is_tracked(*handle) != info_of(mark_of(*handle).kind()).tracked)
        evidence.violation("is_tracked() is wrong", serial);
}

void list_objects(Worker& w) {
    Listing listing{w, "get_objects()"};
    w.note("list objects");
    w.world.heap.collector().get_objects(&Listing::visit, &listing);
}

void list_neighbours(Worker& w) {
    Ref<Object>* handle = w.some();
    if (handle == nullptr) return;
    Listing holders{w, "referrers()"};
    Listing held{w, "referents()"};
    w.note("list neighbours", serial_of(*handle));
    if (cast<Node>(*handle)) return;  // its value may be a string, which has no mark
    w.world.heap.collector().referents(*handle, &Listing::visit, &held);
    w.world.heap.collector().referrers(*handle, &Listing::visit, &holders);
}

void call_collect(Worker& w) {
    w.note("collect");
    const CollectResult result = w.world.heap.collect();
    ++w.tally().collect_calls;
    w.tally().collected += result.unreachable;
    if (result.error != Error::none)
        w.world.evidence.violation(absl::StrCat("collect() failed: ", to_string(result.error)));
}

void call_step(Worker& w) {
    w.note("step");
    const std::uint32_t units = w.random.between(1, 2000);
    for (std::uint32_t i = w.random.between(1, 10); i > 0; --i)
        w.world.heap.collector().step(units);
}

void call_drain(Worker& w) {
    w.note("drain");
    w.world.heap.collector().drain(w.random.between(1, 200));
}

void switch_collector(Worker& w) {
    Collector& collector = w.world.heap.collector();
    if (w.random.one_in(4)) {
        collector.disable();
    } else {
        collector.enable();
    }
    collector.set_threshold(w.random.between(1, 64));
    if (w.random.one_in(2) && collector.threshold() > 64)
        w.world.evidence.violation("a threshold that nobody set");
}

}  // namespace ouro::stress
