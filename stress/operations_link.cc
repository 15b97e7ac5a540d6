// Operations that move references through fields: DESIGN rules 4 to 7 and 15, from many threads at
// once where the objects are shared.
#include "stress/operations.h"
#include "stress/worker.h"

namespace ouro::stress {

namespace {

/// Something to store: mostly an object, now and then an immediate.
Ref<Object> something(Worker& w) {
    if (!w.random.one_in(12)) return w.any();
    if (w.random.one_in(2)) return boolean(w.random.one_in(2));
    auto small = try_integer(w.world.heap.heap(), w.random.below(200));
    return small ? *small : none();
}

}  // namespace

void store_copy(Worker& w) {
    Ref<Object>* holder = w.some();
    if (holder == nullptr) return;
    if (Field<Object>* slot = w.slot_of(*holder)) {
        const Ref<Object> value = something(w);
        w.note("store", serial_of(*holder), serial_of(value));
        slot->store(value);
    }
}

void store_moved(Worker& w) {
    Ref<Object>* holder = w.some();
    if (holder == nullptr) return;
    const Ref<Object> kept = *holder;  // the handle that is moved may be this very one
    if (Field<Object>* slot = w.slot_of(kept)) {
        Ref<Object>& value = w.any();
        w.note("store moved", serial_of(kept), serial_of(value));
        slot->store(std::move(value));
    }
}

void store_nothing(Worker& w) {
    Ref<Object>* holder = w.some();
    if (holder == nullptr) return;
    if (Field<Object>* slot = w.slot_of(*holder)) {
        w.note("store null", serial_of(*holder));
        *slot = nullptr;
    }
}

void store_self(Worker& w) {
    Ref<Object>* holder = w.some();
    if (holder == nullptr) return;
    if (Field<Object>* slot = w.slot_of(*holder)) {
        w.note("store self", serial_of(*holder));
        slot->store(std::move(*holder));  // DESIGN rule 7: the handle keeps the field alive
    }
}

void store_upwards(Worker& w) {
    Ref<Object>* holder = w.some();
    if (holder == nullptr) return;
    Field<Object>* slot = w.slot_of(*holder);
    if (slot == nullptr) return;
    const Ref<Object> child = slot->load();
    w.check(child, "a load");
    if (Field<Object>* back = w.slot_of(child)) {
        w.note("store upwards", serial_of(child), serial_of(*holder));
        back->store(std::move(*holder));
    }
}

void exchange_field(Worker& w) {
    Ref<Object>* holder = w.some();
    if (holder == nullptr) return;
    if (Field<Object>* slot = w.slot_of(*holder)) {
        const Serial serial = serial_of(*holder);
        Ref<Object> old = slot->exchange(something(w));
        w.note("exchange", serial, w.check(old, "an exchange"));
        w.keep(std::move(old));
    }
}

void take_field(Worker& w) {
    Ref<Object>* holder = w.some();
    if (holder == nullptr) return;
    if (Field<Object>* slot = w.slot_of(*holder)) {
        Ref<Object> taken = slot->take();
        w.note("take", serial_of(*holder), w.check(taken, "a take"));
        w.keep(std::move(taken));
    }
}

void swap_fields(Worker& w) {
    Ref<Object>* first = w.some();
    Ref<Object>* second = w.some();
    if (first == nullptr || second == nullptr) return;
    Field<Object>* one = w.slot_of(*first);
    Field<Object>* other = w.slot_of(*second);
    if (one == nullptr || other == nullptr) return;
    w.note("swap", serial_of(*first), serial_of(*second));
    one->store(other->exchange(one->take()));
}

void follow_fields(Worker& w) {
    Ref<Object> at = w.random.one_in(2) ? w.any() : w.hub_slot().load();
    const std::uint32_t steps = w.random.between(1, 12);
    for (std::uint32_t i = 0; i < steps; ++i) {
        w.check(at, "a chain of loads");
        Field<Object>* slot = w.slot_of(at);
        if (slot == nullptr) break;
        Ref<Object> next = slot->load();
        if (!has_mark(next.bits())) break;
        at = std::move(next);
    }
    // A deep temporary: p->f->g with every step held to the end of the expression.
    if (const Ref<Node> node = has_mark(at.bits()) ? cast<Node>(at) : Ref<Node>()) {
        if (node->up && w.random.one_in(2)) {
            const Ref<Node> up = node->up.load();
            if (up) w.check(Ref<Object>(up), "up");
        }
    }
    w.keep(std::move(at));
}

void link_typed(Worker& w) {
    Ref<Object>* first = w.some();
    Ref<Object>* second = w.some();
    if (first == nullptr || second == nullptr) return;
    w.note("link typed", serial_of(*first), serial_of(*second));
    if (const Ref<Node> node = cast<Node>(*first)) {
        node->up = cast<Node>(*second);
    } else if (const Ref<Derived> derived = cast<Derived>(*first)) {
        if (Ref<Derived> next = cast<Derived>(*second)) {
            derived->next = Ref<Counted>(std::move(next));
        } else {
            derived->next.exchange(cast<Counted>(*second));
        }
    } else if (const Ref<WideEnded> wide = cast<WideEnded>(*first)) {
        wide->first.store(std::move(*second));
    }
}

void write_hub(Worker& w) {
    Field<Object>& slot = w.hub_slot();
    if (w.random.one_in(3)) {
        slot = nullptr;
    } else if (w.random.one_in(2)) {
        Ref<Object> value = something(w);
        w.note("publish moved", serial_of(value));
        slot.store(std::move(value));
    } else {
        w.note("publish", serial_of(w.any()));
        slot = w.any();
    }
}

void read_hub(Worker& w) {
    Ref<Object> read = w.random.one_in(4) ? w.hub_slot().take() : w.hub_slot().load();
    w.note("read hub", w.check(read, "a hub's field"));
    w.keep(std::move(read));
}

void rotate_hub(Worker& w) {
    Ref<Object> travelling = w.any();
    const std::uint32_t steps = w.random.between(1, 8);
    for (std::uint32_t i = 0; i < steps; ++i) {
        travelling = w.hub_slot().exchange(std::move(travelling));
        w.note("rotate", w.check(travelling, "a hub's exchange"));
    }
    w.keep(std::move(travelling));
}

}  // namespace ouro::stress
