// The mutators' operations: every way in which references move.
#include <utility>

#include "tests/conformance/suite.h"
#include "tests/mcu/stress/world.h"

namespace ouro::stress {

namespace {

void make_one(Worker& w) { w.keep(w.make()); }

void build_ring(Worker& w) {
    Ref<Object> first = w.make();
    Ref<Object> last = first;
    for (std::uint32_t length = w.random.below(5); last && length > 0; --length) {
        Field<Object>* slot = w.slot_of(last);
        Ref<Object> next = w.make();
        if (slot == nullptr || !next) break;
        *slot = next;
        last = std::move(next);
    }
    if (Field<Object>* slot = w.slot_of(last)) *slot = first;
    if (w.random.one_in(4)) w.keep(std::move(first));
}

void build_list(Worker& w) {
    Ref<Object> list;
    for (std::uint32_t length = w.random.between(2, 12); length > 0; --length) {
        Ref<Object> node = w.make();
        if (!node) break;
        if (Field<Object>* slot = w.slot_of(node)) *slot = std::move(list);
        list = std::move(node);
    }
    if (w.random.one_in(3)) w.keep(std::move(list));
}

/// Until there is no memory: then all of it goes again. Rarely, for it takes long.
void exhaust(Worker& w) {
    if (!w.random.one_in(4)) return;
    Ref<Object> list;
    for (std::uint32_t i = 0; i < kObjectsMax; ++i) {
        Ref<Object> node = try_make_wide(*w.world.heap, 8);
        if (!node) break;
        *w.slot_of(node) = std::move(list);
        list = std::move(node);
    }
}

void store(Worker& w) {
    const Ref<Object> holder = w.any();
    Field<Object>* slot = w.slot_of(holder);
    if (slot == nullptr) return;
    switch (w.random.below(4)) {
        case 0: *slot = nullptr; break;
        case 1: slot->store(std::move(w.any())); break;
        case 2: slot->store(boolean(true)); break;
        default: *slot = w.any(); break;
    }
}

void exchange(Worker& w) {
    const Ref<Object> holder = w.any();
    Field<Object>* slot = w.slot_of(holder);
    if (slot == nullptr) return;
    Ref<Object> old = w.random.one_in(2) ? slot->take() : slot->exchange(w.any());
    w.world.check(old, "what leaves a field lives");
    w.keep(std::move(old));
}

void follow(Worker& w) {
    Ref<Object> at = w.random.one_in(2) ? w.any() : w.hub_slot().load();
    for (std::uint32_t steps = w.random.between(1, 6); steps > 0; --steps) {
        w.world.check(at, "what a load gives lives");
        Field<Object>* slot = w.slot_of(at);
        if (slot == nullptr) break;
        Ref<Object> next = slot->load();
        if (!next) break;
        at = std::move(next);
    }
    w.keep(std::move(at));
}

void use_hub(Worker& w) {
    Field<Object>& slot = w.hub_slot();
    switch (w.random.below(5)) {
        case 0: slot = nullptr; break;
        case 1: slot = w.any(); break;
        case 2: slot.store(std::move(w.any())); break;
        case 3: w.keep(slot.take()); break;
        default: w.keep(slot.exchange(std::move(w.any()))); break;
    }
}

void drop(Worker& w) { w.any().reset(); }

void make_weak(Worker& w) {
    const Ref<Body> target = body_of(w.random.one_in(2) ? w.any() : w.hub_slot().load());
    if (!target) return;
    Worker::WeakRecord& record = w.weaks[w.random.below(kWeaks)];
    record.revivals = w.world.revivals.load(std::memory_order_seq_cst);
    record.weak = target;
    record.target = id(target);
    record.seen_dead = false;
}

void lock_weak(Worker& w) {
    Worker::WeakRecord& record = w.weaks[w.random.below(kWeaks)];
    const Ref<Body> locked = record.weak.lock();
    Tally& tally = w.world.tally;
    (locked ? tally.locks_won : tally.locks_lost).fetch_add(1, std::memory_order_seq_cst);
    if (!locked) {
        record.seen_dead = true;
        return;
    }
    OURO_CONFORMS(!record.seen_dead, "a dead weak reference stays dead");
    OURO_CONFORMS(id(locked) == record.target, "a weak reference leads to its own target");
    w.world.check(Ref<Object>(locked), "a weak reference gives a living object");
    w.keep(Ref<Object>(locked));
}

void remember_id(Worker& w) {
    const Ref<Object> object = w.random.one_in(2) ? w.any() : w.hub_slot().load();
    if (is_object(object.bits())) w.ids[w.random.below(kIds)] = {id(object), false};
}

void ask_id(Worker& w) {
    Worker::IdRecord& record = w.ids[w.random.below(kIds)];
    auto found = resolve(record.id);
    Tally& tally = w.world.tally;
    (found.ok() ? tally.ids_alive : tally.ids_dead).fetch_add(1, std::memory_order_seq_cst);
    OURO_CONFORMS(!found.ok() || !record.seen_dead, "an id that was dead stays dead");
    if (found.ok()) w.world.check(found.value(), "an id leads to a living object");
    record.seen_dead = !found.ok();
}

void collect(Worker& w) {
    Collector& collector = w.world.heap->collector();
    switch (w.random.below(4)) {
        case 0: collector.step(w.random.between(1, 60)); break;
        case 1: collector.drain(w.random.between(1, 10)); break;
        default: {
            const auto found = static_cast<std::uint32_t>(collector.collect().unreachable);
            w.world.tally.collected.fetch_add(found, std::memory_order_seq_cst);
        }
    }
}

struct Operation {
    void (*run)(Worker&);
    std::uint32_t weight;
};
constexpr Operation kOperations[] = {
    {make_one, 12},  {build_ring, 6},  {build_list, 3}, {exhaust, 1}, {store, 20},
    {exchange, 12},  {follow, 10},     {use_hub, 20},   {drop, 8},    {make_weak, 6},
    {lock_weak, 10}, {remember_id, 6}, {ask_id, 6},     {collect, 2},
};

}  // namespace

void Worker::work(unsigned operations) {
    constexpr std::uint32_t kTotal = [] {
        std::uint32_t sum = 0;
        for (const Operation& operation : kOperations) sum += operation.weight;
        return sum;
    }();
    for (unsigned i = 0; i < operations; ++i) {
        std::uint32_t ticket = random.below(kTotal);
        const Operation* drawn = kOperations;
        for (; ticket >= drawn->weight; ++drawn) ticket -= drawn->weight;
        drawn->run(*this);
        world.tally.operations.fetch_add(1, std::memory_order_seq_cst);
    }
}

Field<Object>* Worker::slot_of(const Ref<Object>& object) {
    if (!is_object(object.bits())) return nullptr;
    const std::span<Field<Object>> slots = slots_at(object.bits());
    if (slots.empty()) return nullptr;
    return &slots[random.below(static_cast<std::uint32_t>(slots.size()))];
}

Field<Object>& Worker::hub_slot() { return world.hub_slot(random.below(kHubs * kHubFields)); }

Ref<Object> Worker::make() {
    Ref<Object> object = try_make_some(*world.heap, static_cast<std::uint32_t>(random.next()));
    if (object) return object;
    for (Ref<Object>& held : pocket) held.reset();  // memory is short
    return {};
}

}  // namespace ouro::stress
