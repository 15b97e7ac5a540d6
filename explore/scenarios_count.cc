// Scenarios of the living: handles, fields, loads, reuse of memory.
#include "explore/scenario.h"

namespace ouro::explore {

namespace {

/// A container that all threads see through ref[0], with one object in `left`.
void prepare_shared(World& w) {
    w.plain.ref[0] = w.make<Plain>();
    w.plain.ref[0]->left = w.make<Plain>();
    {
        const Ref<Plain> spare = w.make<Plain>();
    }
}

// ---- publish

void publish(World& w) {
    Ref<Plain> mine = w.make<Plain>();
    w.plain.ref[0]->left = mine;
    use(mine);
}
void load_and_use(World& w) {
    w.plain.ref[2] = w.plain.ref[0]->left.load();
    use(w.plain.ref[2]);
}
void clear_left(World& w) { w.plain.ref[0]->left = nullptr; }

void run_publish() { run_threads(publish, load_and_use, clear_left); }

// ---- hand: an object that only its field refers to is handed over

void make_and_hand(World& w) { w.plain.ref[0]->left = w.make<Plain>(); }

void run_hand() { run_threads(make_and_hand, load_and_use); }

// ---- exchange

void exchange_left(World& w) {
    w.plain.ref[1] = w.plain.ref[0]->left.exchange(w.make<Plain>());
    use(w.plain.ref[1]);
}

void run_exchange() { run_threads(exchange_left, load_and_use); }

// ---- drop: the last of two handles ends the object, whoever holds it

void prepare_drop(World& w) {
    w.plain.ref[1] = w.make<Plain>();
    w.plain.ref[2] = w.plain.ref[1];
    w.plain.ref[1]->left = w.make<Plain>();
    w.destroyed.ref[1] = w.make<Destroyed>();
    w.destroyed.ref[2] = w.destroyed.ref[1];
}
void drop_first(World& w) {
    use(w.plain.ref[1]->left.load());
    w.plain.ref[1].reset();
    w.destroyed.ref[1].reset();
}
void write_and_drop_second(World& w) {
    platform::plain_write(&w.plain.ref[2]->id, sizeof w.plain.ref[2]->id);
    platform::plain_write(&w.destroyed.ref[2]->id, sizeof w.destroyed.ref[2]->id);
    w.destroyed.ref[2].reset();
    w.plain.ref[2].reset();
}

void run_drop() { run_threads(drop_first, write_and_drop_second); }

// ---- drop_destroyed: the same with a destructor, which reads what the other handle's owner wrote

void prepare_drop_destroyed(World& w) {
    w.destroyed.ref[1] = w.make<Destroyed>();
    w.destroyed.ref[2] = w.destroyed.ref[1];
}
void drop_first_destroyed(World& w) { w.destroyed.ref[1].reset(); }
void write_and_drop_destroyed(World& w) {
    platform::plain_write(&w.destroyed.ref[2]->id, sizeof w.destroyed.ref[2]->id);
    w.destroyed.ref[2].reset();
}

void run_drop_destroyed() { run_threads(drop_first_destroyed, write_and_drop_destroyed); }

// ---- reuse: a load meets the next object in the same cell

void clear_and_make(World& w) {
    w.plain.ref[0]->left = nullptr;
    w.plain.ref[1] = w.make<Plain>();
}
void load_unkept(World& w) { use(w.plain.ref[0]->left.load()); }

void run_reuse() { run_threads(clear_and_make, load_unkept); }

// ---- pages: a span changes its cell size while somebody loads from it

void prepare_pages(World& w) {
    {
        const Ref<Plain> spare = w.make<Plain>();
    }
    w.wide.ref[0] = w.make<Wide>();
    w.wide.ref[0]->left = w.make<Wide>();
    // All other pages are taken, so that what is needed next can only come from the one given up.
    Ref<Wide> last = w.wide.ref[0];
    for (;;) {
        auto made = try_make<Wide>(w.heap->heap(), w.next_id + 1);
        if (!made) break;
        w.take_id();
        last->right = *made;
        last = *made;
    }
}
void give_up_page(World& w) {
    w.wide.ref[0]->left = nullptr;
    auto made = try_make<Destroyed>(w.heap->heap(), w.next_id + 1);
    if (!made) return;
    w.must_destroy[w.take_id()] = true;
    w.destroyed.ref[1] = std::move(*made);
}
void load_wide(World& w) {
    w.wide.ref[2] = w.wide.ref[0]->left.load();
    use(w.wide.ref[2]);
}

void run_pages() { run_threads(give_up_page, load_wide); }

// ---- short of memory: two threads ask at once, garbage must be found by one of them

void prepare_short(World& w) {
    prepare_pages(w);
    const Ref<Wide> ring = w.wide.ref[0]->left.take();
    ring->left = ring;
}
template <unsigned kIndex>
void make_when_short(World& w) {
    auto made = try_make<Wide>(w.heap->heap(), w.next_id + 1);
    if (!made) return;
    w.take_id();
    w.wide.ref[kIndex] = std::move(*made);
    use(w.wide.ref[kIndex]);
}

void run_short() { run_threads(make_when_short<1>, make_when_short<2>); }

// ---- interrupt: an interrupt copies and releases while threads do

void interrupt_copy(void* world) {
    auto& w = *static_cast<World*>(world);
    Ref<Plain> copy = w.plain.ref[0];
    Ref<Plain> child = copy->left.load();
    use(child);
}

constexpr Scenario kScenarios[] = {
    {"publish", "rules 3, 4, 15: a copy is stored while others load and clear the field",
     prepare_shared, run_publish},
    {"hand", "rules 6, 19: a new object is moved into a field and loaded", prepare_shared,
     run_hand},
    {"exchange", "rules 4, 5, 15: an exchange against a load", prepare_shared, run_exchange},
    {"drop", "rules 3, 19: two handles are dropped; the memory is reused after both", prepare_drop,
     run_drop},
    {"drop_destroyed", "rule 19: the same; the destructor reads what others wrote",
     prepare_drop_destroyed, run_drop_destroyed},
    {"reuse", "rules 1, 15: a load against clearing and reuse of the cell", prepare_shared,
     run_reuse},
    {"pages", "rule 2: a load against a page that changes its cell size", prepare_pages, run_pages},
    {"short", "rule 21: two threads need memory that only a collection finds", prepare_short,
     run_short},
    {"interrupt", "an interrupt copies, loads and releases at any step", prepare_shared,
     run_publish, interrupt_copy},
};

}  // namespace

std::span<const Scenario> count_scenarios() { return kScenarios; }

}  // namespace ouro::explore
