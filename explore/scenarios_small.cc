// Scenarios of small groups that a pass decides about at once (gc/small_set.h): rings of objects
// that nobody refers to weakly, and what threads do with them.
#include "explore/rings.h"

namespace ouro::explore {

#if OURO_COMPACT

// That layout has no small groups.
std::span<const Scenario> small_scenarios() { return {}; }

#else

namespace {

using Small = Rings<Bare>;

void collect(World& w) { w.collect(); }

Ref<Bare> make_pair(World& w) {
    Ref<Bare> one = w.make<Bare>();
    one->left = w.make<Bare>();
    one->left.load()->left = one;
    return one;
}

// ---- two: one of two groups that share a decision comes back to life

void prepare_two(World& w) {
    make_pair(w);
    w.bare.ref[1] = make_pair(w);
    Small::make_candidate(w.bare.ref[1]);
    make_pair(w);
}
void move_round(World& w) {
    w.bare.ref[2] = w.bare.ref[1]->left.load();
    w.bare.ref[1].reset();
    use(w.bare.ref[2]);
    w.bare.ref[2].reset();
}
void run_two() { run_threads(collect, move_round); }

// ---- joined: two groups become one while they are looked at

void prepare_joined(World& w) {
    w.bare.ref[1] = make_pair(w);
    w.bare.ref[2] = make_pair(w);
    Small::make_candidate(w.bare.ref[1]);
    Small::make_candidate(w.bare.ref[2]);
}
void join(World& w) {
    w.bare.ref[2]->right = w.bare.ref[1];
    w.bare.ref[1]->right = std::move(w.bare.ref[2]);
    w.bare.ref[1].reset();
}
void run_joined() { run_threads(collect, join); }

// ---- unfit: what a group refers to may not be a member

void prepare_unfit(World& w) {
    w.bare.ref[1] = make_pair(w);
    const Ref<Plain> plain = w.make<Plain>();
    plain->any = w.bare.ref[1];
    w.bare.ref[1]->any = plain;
    w.plain.ref[1] = plain;
}
void drop_both(World& w) {
    w.bare.ref[1].reset();
    use(w.plain.ref[1]);
    w.plain.ref[1].reset();
}
void run_unfit() { run_threads(collect, drop_both); }

// ---- lent_late: a member is borrowed, and the group becomes garbage, while the pass looks at it

void prepare_lent_late(World& w) {
    Small::prepare_lent_ring(w);
    Small::make_candidate(w.bare.ref[0]->left.load());
}
void drop_left(World& w) { w.bare.ref[0]->left = nullptr; }
void run_lent_late() { run_threads(collect, Small::hop_and_borrow, drop_left); }

// ---- lent_tail: the last of a group is borrowed, the others do not keep it alive

void prepare_lent_tail(World& w) {
    w.bare.ref[0] = w.make<Bare>();
    const Ref<Bare> tail = w.make<Bare>();
    tail->left = tail;
    w.bare.ref[0]->left = tail;
    w.bare.ref[1] = make_pair(w);
    w.bare.ref[1]->right = tail;
}
void borrow_tail(World& w) {
    Guard guard(w.heap->heap());
    const auto at = w.bare.ref[0]->left.borrow(guard);
    look(at);
    if (at) look(at->left.borrow(guard));
}
void drop_pair_and_collect(World& w) {
    w.bare.ref[0]->left = nullptr;
    w.bare.ref[1].reset();
    w.collect();
}
void run_lent_tail() { run_threads(borrow_tail, drop_pair_and_collect); }

// ---- leaf: a group refers to what is in no cycle, which nobody else or a handle refers to

void prepare_leaf(World& w) {
    w.bare.ref[1] = make_pair(w);
    w.bare.ref[1]->any = w.make<Leaf>();
    w.bare.ref[1]->left.load()->any = w.bare.ref[1]->any.load();
    w.bare.ref[2] = make_pair(w);
    w.bare.ref[2]->any = w.bare.ref[1]->any.load();
}
void drop_pair(World& w) {
    w.bare.ref[1].reset();
    w.bare.ref[2]->any = nullptr;
}
void run_leaf() { run_threads(collect, drop_pair); }

// ---- many: more than a group may be

void prepare_many(World& w) {
    w.bare.ref[1] = w.make<Bare>();
    w.bare.ref[1]->left = w.bare.ref[1];
    for (std::uint32_t i = 0; i < SmallSet::kGroupMax; ++i) {
        Ref<Bare> more = w.make<Bare>();
        more->left = w.bare.ref[1]->left.take();
        w.bare.ref[1]->left = std::move(more);
    }
    Small::make_candidate(w.bare.ref[1]);
}
void take_first(World& w) {
    w.bare.ref[2] = w.bare.ref[1]->left.take();
    w.bare.ref[1].reset();
    use(w.bare.ref[2]);
    w.bare.ref[2].reset();
}
void run_many() { run_threads(collect, take_first); }

// ---- busy: three threads collect, of which two make garbage as well

void collect_pair(World& w) {
    make_pair(w);
    w.collect();
}
void run_busy() { run_threads(collect_pair, collect_pair, Small::take_apart); }

constexpr Scenario kScenarios[] = {
    {"small_take", "as take", Small::prepare_take, Small::run_take},
    {"small_hop", "as hop", Small::prepare_hop, Small::run_hop},
    {"small_swing", "as swing", Small::prepare_swing, Small::run_swing},
    {"small_clear", "as clear", Small::prepare_clear, Small::run_clear},
    {"small_leave", "as leave", Small::prepare_leave, Small::run_leave},
    {"small_inside", "as inside", Small::prepare_inside, Small::run_inside},
    {"small_ring", "as ring", Small::prepare_ring, Small::run_ring},
    {"small_chain", "as chain", Small::prepare_chain, Small::run_chain},
    {"small_beside", "as beside", Small::prepare_beside, Small::run_beside},
    {"small_apart", "as apart", Small::prepare_ring, Small::run_apart},
    {"small_out", "as out", Small::prepare_out, Small::run_out},
    {"small_lent_ring", "as lent_ring", Small::prepare_lent_ring, Small::run_lent_ring},
    {"small_lent_loaded", "as lent_loaded", Small::prepare_lent_ring, Small::run_lent_loaded},
    {"small_lent_taken", "as lent_taken", Small::prepare_lent_ring, Small::run_lent_taken},
    {"small_two", "S2: one of several groups with one decision shows life", prepare_two, run_two},
    {"small_joined", "S1: groups that have been looked at become one", prepare_joined, run_joined},
    {"small_unfit", "S3: a group refers to what may not be a member", prepare_unfit, run_unfit},
    {"small_lent_late", "U4: a guard opens while a pass looks at a group", prepare_lent_late,
     run_lent_late},
    {"small_lent_tail", "S6: the last of a group is borrowed", prepare_lent_tail, run_lent_tail},
    {"small_leaf", "rule 16: a group refers to what is in no cycle", prepare_leaf, run_leaf},
    {"small_many", "S2: a root reaches more than a group may be", prepare_many, run_many},
    {"small_busy", "rule 21: two threads decide about small groups", Small::prepare_ring, run_busy},
};

}  // namespace

std::span<const Scenario> small_scenarios() { return kScenarios; }

#endif

}  // namespace ouro::explore
