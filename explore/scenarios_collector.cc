// Scenarios of the dead in rings: a collection against threads that move references.
#include "explore/scenario.h"

namespace ouro::explore {

namespace {

void collect(World& w) { w.collect(); }

/// Makes an object a candidate: one reference more, one less.
template <class T>
void make_candidate(const Ref<T>& ref) {
    const Ref<T> copy = ref;
}

// ---- take: s->p, p.left->o; o is taken out, p moved into it (rule 5)

void prepare_take(World& w) {
    w.plain.ref[1] = w.make<Plain>();
    w.plain.ref[1]->left = w.make<Plain>();
    make_candidate(w.plain.ref[1]);
}
void take_and_move(World& w) {
    w.plain.ref[2] = w.plain.ref[1]->left.take();
    w.plain.ref[2]->right = std::move(w.plain.ref[1]);
    use(w.plain.ref[2]);
}

void run_take() { run_threads(collect, take_and_move); }

// ---- hop: words and edges read at different times must not fit together (rule 11)

void hop(World& w) {
    w.plain.ref[2] = w.make<Plain>();
    w.plain.ref[1]->left = w.plain.ref[2];
    w.plain.ref[1]->left = nullptr;
    w.plain.ref[2]->right = std::move(w.plain.ref[1]);
    use(w.plain.ref[2]);
}
void prepare_hop(World& w) {
    w.plain.ref[1] = w.make<Plain>();
    make_candidate(w.plain.ref[1]);
}

void run_hop() { run_threads(collect, hop); }

// ---- swing: a reference to a ring member swings between handle and field

void prepare_swing(World& w) {
    w.plain.ref[1] = w.make<Plain>();
    w.plain.ref[1]->left = w.make<Plain>();
    w.plain.ref[1]->left->left = w.plain.ref[1];
    make_candidate(w.plain.ref[1]);
}
void swing(World& w) {
    w.plain.ref[2] = w.plain.ref[1]->left.load();
    w.plain.ref[1].reset();
    w.plain.ref[1] = w.plain.ref[2]->left.load();
    w.plain.ref[2].reset();
    use(w.plain.ref[1]);
}

void run_swing() { run_threads(collect, swing); }

// ---- clear: an edge is cleared before the count that it explains falls (rules 11, 19)

void prepare_clear(World& w) {
    w.plain.ref[1] = w.make<Plain>();
    w.plain.ref[2] = w.make<Plain>();
    w.plain.ref[1]->left = w.plain.ref[2];
    make_candidate(w.plain.ref[1]);
    make_candidate(w.plain.ref[2]);
}
void clear_edge_move_holder(World& w) {
    w.plain.ref[1]->left = nullptr;
    w.plain.ref[2]->right = std::move(w.plain.ref[1]);
    use(w.plain.ref[2]);
}

void run_clear() { run_threads(collect, clear_edge_move_holder); }

// ---- leave: the edge of a member that leaves explains nothing (rule 22)

void prepare_leave(World& w) {
    w.plain.ref[1] = w.make<Plain>();
    w.plain.ref[1]->left = w.make<Plain>();
    make_candidate(w.plain.ref[1]);
}
void take_only(World& w) {
    w.plain.ref[2] = w.plain.ref[1]->left.take();
    use(w.plain.ref[2]);
}

void run_leave() { run_threads(collect, take_only); }

// ---- inside: a reference is moved into a field of its own object (rule 7)

void prepare_inside(World& w) { w.plain.ref[1] = w.make<Plain>(); }
void move_inside(World& w) {
    Plain* object = w.plain.ref[1].get();
    object->left = std::move(w.plain.ref[1]);
}

void run_inside() { run_threads(collect, move_inside); }

// ---- ring: two handles to a ring are dropped while it is collected (rules 9, 10)

void prepare_ring(World& w) {
    w.plain.ref[1] = w.make<Plain>();
    w.plain.ref[2] = w.make<Plain>();
    w.plain.ref[1]->left = w.plain.ref[2];
    w.plain.ref[2]->left = w.plain.ref[1];
    make_candidate(w.plain.ref[1]);
}
template <unsigned kIndex>
void drop(World& w) {
    use(w.plain.ref[kIndex]);
    w.plain.ref[kIndex].reset();
}

void run_ring() { run_threads(collect, drop<1>, drop<2>); }

// ---- chain: what dies by count lets go of a ring (rule 9 in a cascade)

void prepare_chain(World& w) {
    w.plain.ref[1] = w.make<Plain>();
    w.plain.ref[1]->left = w.make<Plain>();
    w.plain.ref[1]->left->left = w.plain.ref[1]->left.load();
}

void run_chain() { run_threads(collect, drop<1>); }

// ---- beside: the last handle to a ring is dropped beside one that is asked already (rule 9)

void make_ring(World& w) {
    const Ref<Plain> ring = w.make<Plain>();
    ring->left = ring;
}
void prepare_beside(World& w) {
    make_ring(w);  // its page is listed
    // Made without a decrement, so that no member of it is marked.
    w.plain.ref[1] = w.make<Plain>();
    Ref<Plain> second = w.make<Plain>();
    second->left = w.plain.ref[1];
    w.plain.ref[1]->left = std::move(second);
}

void run_beside() { run_threads(collect, drop<1>); }

// ---- joined: the collector walks over blocks that are joined and used again (C4)

void prepare_joined(World& w) {
    w.plain.ref[0] = w.make<Plain>();
    w.plain.ref[1] = w.make<Plain>();
    w.plain.ref[2] = w.make<Plain>();
    make_ring(w);
}
void join_and_make(World& w) {
    w.plain.ref[1].reset();
    w.plain.ref[2].reset();
    w.plain.ref[0]->any = w.make<Broad>();
}

void run_joined() { run_threads(collect, join_and_make); }

// ---- apart: members die by count while the pass has them (G1)

void take_apart(World& w) {
    w.plain.ref[1]->left = nullptr;
    w.plain.ref[1].reset();
    w.plain.ref[2].reset();
    const Ref<Plain> next = w.make<Plain>();
    use(next);
}

void run_apart() { run_threads(collect, take_apart); }

// ---- out: garbage refers to what lives, and to what dies with it (rule 16)

void prepare_out(World& w) {
    Ref<Plain> ring = w.make<Plain>();
    ring->left = ring;
    w.plain.ref[1] = w.make<Plain>();
    ring->right = w.plain.ref[1];
    w.plain.ref[1]->left = w.make<Plain>();
}

void run_out() { run_threads(collect, drop<1>); }

// ---- busy: two threads collect, a third makes garbage (rule 21)

void step_on(World& w) {
    for (int i = 0; i < 3 && w.heap->collector().step(3); ++i) {
    }
}

void run_busy() { run_threads(collect, step_on, make_ring); }

// ---- newborn: an object under construction shows itself and is let go

void prepare_newborn(World& w) {
    // The first one finds no container to show itself in.
    w.escaping.ref[0] = w.make<Escaping>();
}
void escape(World& w) {
    w.escaping.ref[1] = w.make<Escaping>();
    use(w.escaping.ref[1]);
}

void run_newborn() { run_threads(collect, escape); }

// ---- late: a report about an object that is dead meets the next one in its cell (rule 9)

const void* late_report = nullptr;

void prepare_late(World& w) { late_report = w.make<Plain>().get(); }
void report_late(World& w) { w.heap->heap().report_candidate(late_report); }

void run_late() { run_threads(collect, make_ring, report_late); }

// ---- evidence: a member loses its last handle before its page is gathered (rule 10)

void prepare_evidence(World& w) {
    const Ref<Plain> ring = w.make<Plain>();
    w.wide.ref[1] = w.make<Wide>();  // on another page
    ring->any = w.wide.ref[1];
    w.wide.ref[1]->any = ring;
    Ref<Wide>(w.wide.ref[1]).reset();  // its page is listed first, and gathered last
}
void drop_wide(World& w) { w.wide.ref[1].reset(); }

void run_evidence() { run_threads(collect, drop_wide); }

constexpr Scenario kScenarios[] = {
    {"take", "rule 5: a reference is taken out of a field, its holder moved in", prepare_take,
     run_take},
    {"hop", "rule 11: counts that hop between objects in step with the collector", prepare_hop,
     run_hop},
    {"swing", "rules 11, 12, 15: a handle swings round a ring", prepare_swing, run_swing},
    {"clear", "rules 11, 19: an edge is cleared, its holder moved into the target", prepare_clear,
     run_clear},
    {"leave", "rule 22: a reference is taken out of a member that leaves the set", prepare_leave,
     run_leave},
    {"inside", "rule 7: a reference is moved into a field of its own object", prepare_inside,
     run_inside},
    {"ring", "rules 9, 10, 12: the last handles to a ring are dropped", prepare_ring, run_ring},
    {"chain", "rule 9: a cascade lets go of a ring", prepare_chain, run_chain},
    {"beside", "rule 9: a ring is let go of beside a candidate that is just being asked",
     prepare_beside, run_beside},
    {"joined", "rule 2, C4: a look at blocks that are joined and used again", prepare_joined,
     run_joined},
    {"apart", "G1: members of the set die by count", prepare_ring, run_apart},
    {"out", "rule 16: garbage refers to the living", prepare_out, run_out},
    {"busy", "rule 21: one pass, two contexts that work on it", prepare_ring, run_busy},
    {"late", "rule 9: a report about a dead object meets the next one in its cell", prepare_late,
     run_late},
    {"evidence", "rule 10: a member is let go of before its page is gathered", prepare_evidence,
     run_evidence},
    {"newborn", "an object under construction shows itself and is let go", prepare_newborn,
     run_newborn},
};

}  // namespace

std::span<const Scenario> collector_scenarios() { return kScenarios; }

}  // namespace ouro::explore
