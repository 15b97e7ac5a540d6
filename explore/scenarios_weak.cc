// Scenarios of weak references: upgrades against every way to die.
#include "explore/scenario.h"

namespace ouro::explore {

namespace {

void collect(World& w) { w.collect(); }

template <class T>
void make_ring_of_two(World& w, Handles<T>& handles) {
    Ref<T> first = w.make<T>();
    Ref<T> second = w.make<T>();
    first->left = second;
    second->left = first;
    w.watch(handles, 0, first);
    w.watch(handles, 1, second);
}

// ---- condemned: an upgrade meets the garbage that is being decided about (rules 13, 14)

void prepare_condemned(World& w) {
    {
        const Ref<Plain> spare = w.make<Plain>();
    }
    make_ring_of_two(w, w.plain);
}
void upgrade(World& w) {
    w.plain.ref[1] = w.plain.weak[0].lock();
    use(w.plain.ref[1]);
    if (w.plain.ref[1]) use(w.plain.ref[1]->left.load());
}
void upgrade_second(World& w) {
    w.plain.ref[4] = w.plain.weak[1].lock();
    use(w.plain.ref[4]);
    w.plain.ref[4].reset();
}

void run_condemned() { run_threads(collect, upgrade, upgrade_second); }

// ---- again: the decision that an upgrade reads is about an earlier condemnation

void collect_twice(World& w) {
    w.collect();
    w.collect();
}
void upgrade_and_drop(World& w) {
    const Ref<Plain> locked = w.plain.weak[0].lock();
    use(locked);
}

void run_again() { run_threads(collect_twice, upgrade_and_drop, upgrade); }

// ---- spared: an upgrade aborts the decision about a ring and another one beside it (rule 10)

void prepare_spared(World& w) {
    make_ring_of_two(w, w.plain);
    const Ref<Plain> other = w.make<Plain>();
    other->left = other;
}

void run_spared() { run_threads(collect, upgrade_and_drop); }

// ---- mistaken: an earlier condemnation is read together with a later decision

void collect_more(World& w) {
    w.collect();
    {
        const Ref<Plain> ring = w.make<Plain>();
        ring->left = ring;
    }
    w.collect();
}
void upgrade_to_third(World& w) { w.plain.ref[3] = w.plain.weak[0].lock(); }

void run_mistaken() {
    run_threads(collect_more, upgrade, upgrade_to_third);
    const World& w = world();
    if (!w.plain.ref[1] != !w.plain.ref[3])
        violated("an upgrade found an object dead that another one has", w.plain.ref[1].get());
}

// ---- last: the last handle goes while an upgrade is under way; the cell is used again

void prepare_last(World& w) {
    w.plain.ref[0] = w.make<Plain>();
    w.watch(w.plain, 0, w.plain.ref[0]);
}
void drop_and_make(World& w) {
    w.plain.ref[0].reset();
    w.plain.ref[2] = w.make<Plain>();
}

void run_last() { run_threads(drop_and_make, upgrade); }

// ---- list: weak references come and go while the target dies

void attach_and_detach(World& w) {
    const Ref<Plain> locked = w.plain.weak[0].lock();
    const Weak<Plain> second(locked);
    use(second.lock());
}

void run_list() { run_threads(drop_and_make, attach_and_detach); }

// ---- limbo: an upgrade meets count 0 before the finalizer (W4)

void prepare_limbo(World& w) {
    w.finalized.ref[0] = w.make<Finalized>();
    w.watch(w.finalized, 0, w.finalized.ref[0]);
}
void drop_finalized(World& w) { w.finalized.ref[0].reset(); }
void upgrade_finalized(World& w) {
    w.finalized.ref[1] = w.finalized.weak[0].lock();
    use(w.finalized.ref[1]);
    w.finalized.ref[1].reset();
}

void run_limbo() { run_threads(drop_finalized, upgrade_finalized); }

// ---- batches: rings whose end runs user code (rule 17), then the cells are used again

template <class T>
void prepare_batch(World& w, Handles<T>& handles) {
    {
        const Ref<T> spare = w.make<T>();
    }
    make_ring_of_two(w, handles);
}
void prepare_finalized(World& w) { prepare_batch(w, w.finalized); }
void prepare_destroyed(World& w) { prepare_batch(w, w.destroyed); }
void upgrade_destroyed(World& w) {
    w.destroyed.ref[1] = w.destroyed.weak[0].lock();
    use(w.destroyed.ref[1]);
    w.destroyed.ref[1].reset();
    w.destroyed.ref[2] = w.make<Destroyed>();
}

void run_finalized() { run_threads(collect, upgrade_finalized); }
void run_destroyed() { run_threads(collect, upgrade_destroyed); }

// ---- cut: dead cells are used again; their weak references must not yield the next object

template <class T, unsigned kWeak>
void reuse_all(World& w, Handles<T>& handles) {
    w.collect();
    handles.ref[1] = w.make<T>();
    handles.ref[2] = w.make<T>();
    handles.ref[3] = w.make<T>();
    for (unsigned i = 0; i < kWeak; ++i) {
        const Ref<T> locked = handles.weak[i].lock();
        if (locked && locked->id != handles.weak_id[i])
            violated("a weak reference yields another object", locked.get());
    }
}
void collect_and_reuse(World& w) { reuse_all<Plain, 2>(w, w.plain); }
void collect_and_reuse_destroyed(World& w) { reuse_all<Destroyed, 2>(w, w.destroyed); }

void run_cut() { run_threads(collect_and_reuse, upgrade_second); }
void run_cut_batch() { run_threads(collect_and_reuse_destroyed, collect); }

// ---- interrupt: an upgrade in an interrupt aborts a pass

void interrupt_upgrade(void* world) {
    auto& w = *static_cast<World*>(world);
    use(w.plain.weak[0].lock());
}

void run_interrupt() { run_threads(collect, upgrade_second); }

constexpr Scenario kScenarios[] = {
    {"condemned", "rules 13, 14: upgrades of what is being condemned", prepare_condemned,
     run_condemned},
    {"again", "rule 14: an upgrade between two condemnations", prepare_condemned, run_again},
    {"spared", "rule 10: a ring whose condemnation is aborted because of another one",
     prepare_spared, run_spared},
    {"mistaken", "rule 14: a condemnation read with a later decision", prepare_condemned,
     run_mistaken},
    {"last", "rules 14, 15: an upgrade against the last release and reuse", prepare_last, run_last},
    {"list", "weak references come and go while the target dies", prepare_last, run_list},
    {"limbo", "W4: an upgrade between count 0 and the finalizer", prepare_limbo, run_limbo},
    {"finalized", "rule 17: a ring with finalizers against an upgrade", prepare_finalized,
     run_finalized},
    {"destroyed", "a ring with destructors against an upgrade and reuse", prepare_destroyed,
     run_destroyed},
    {"cut", "weak references to a collected ring, its cells reused", prepare_condemned, run_cut},
    {"cut_batch", "the same for a ring with destructors", prepare_destroyed, run_cut_batch},
    {"upgrade_in_interrupt", "rule 21: an upgrade in an interrupt aborts the pass",
     prepare_condemned, run_interrupt, interrupt_upgrade},
};

}  // namespace

std::span<const Scenario> weak_scenarios() { return kScenarios; }

}  // namespace ouro::explore
