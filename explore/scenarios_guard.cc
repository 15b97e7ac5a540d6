// Scenarios of guards: what is borrowed stays whole, and what was withheld ends.
#include "explore/scenario.h"

namespace ouro::explore {

namespace {

/// Uses a borrowed object as a program would: it is whole, and nothing of its end has begun.
template <class T>
void look(const Borrowed<T>& borrowed) {
    if (!borrowed) return;
    world().operate();
    platform::plain_read(&borrowed->id, sizeof borrowed->id);
    const std::uint64_t id = borrowed->id;
    if (id == 0 || id >= kIdsMax) violated("a borrowed object was overwritten", borrowed.get());
    if (world().destructors[id] != 0 || world().finalizers[id] != 0)
        violated("the end of a borrowed object has begun", borrowed.get());
}

/// Without an open guard nothing is withheld, also before anybody collects.
void check_nothing_withheld() {
    if (world().heap->statistics().withheld_objects != 0)
        violated("an object is withheld though no guard is open", nullptr);
}

// ---- lent: an object is borrowed while its last reference goes

void prepare_lent(World& w) {
    w.destroyed.ref[0] = w.make<Destroyed>();
    w.destroyed.ref[0]->left = w.make<Destroyed>();
    w.destroyed.ref[0]->left.load()->left = w.make<Destroyed>();
}
void borrow_left(World& w) {
    Guard guard(w.heap->heap());
    auto at = w.destroyed.ref[0]->left.borrow(guard);
    look(at);
    if (at) at = at->left.borrow(guard);
    look(at);
}
void drop_left(World& w) { w.destroyed.ref[0]->left = nullptr; }
void move_left_out(World& w) { w.destroyed.ref[0]->left.take().reset(); }
void replace_left(World& w) { w.destroyed.ref[0]->left = w.make<Destroyed>(); }

void run_lent() {
    run_threads(borrow_left, drop_left, replace_left);
    check_nothing_withheld();
}
void run_lent_twice() {
    run_threads(borrow_left, borrow_left, drop_left);
    check_nothing_withheld();
}

void run_lent_moved() {
    run_threads(borrow_left, move_left_out);
    check_nothing_withheld();
}

// ---- lent_long: so much is withheld that what is not borrowed ends beside an open guard

void prepare_lent_long(World& w) {
    w.roomy.ref[0] = w.make<Roomy>();
    w.roomy.ref[0]->left = w.make<Roomy>();
    w.roomy.ref[0]->left.load()->left = w.make<Roomy>();
}
void borrow_roomy(World& w) {
    Guard guard(w.heap->heap());
    auto at = w.roomy.ref[0]->left.borrow(guard);
    look(at);
    if (at) at = at->left.borrow(guard);
    look(at);
    look(at);
}
void replace_roomy(World& w) {
    w.roomy.ref[0]->left = w.make<Roomy>();
    w.roomy.ref[0]->left = w.make<Roomy>();
    w.roomy.ref[0]->left = nullptr;
}

void run_lent_long() {
    run_threads(borrow_roomy, replace_roomy);
    check_nothing_withheld();
}

// ---- lent_ring: the member of a ring is borrowed, and gained, while the ring becomes garbage

void prepare_lent_ring(World& w) {
    w.plain.ref[0] = w.make<Plain>();
    const Ref<Plain> one = w.make<Plain>();
    one->left = w.make<Plain>();
    one->left.load()->left = one;
    w.plain.ref[0]->left = one;
}
void hop_and_borrow(World& w) {
    Guard guard(w.heap->heap());
    auto at = w.plain.ref[0]->left.borrow(guard);
    // Each step uses another place than the one before.
    for (int step = 0; at && step < 8; ++step) at = at->left.borrow(guard);
    look(at);
}
void hop_and_load(World& w) {
    Guard guard(w.heap->heap());
    const auto at = w.plain.ref[0]->left.borrow(guard);
    if (at) w.plain.ref[2] = at->left.load();
}
void drop_and_collect(World& w) {
    w.plain.ref[0]->left = nullptr;
    w.collect();
}

void run_lent_ring() { run_threads(hop_and_borrow, drop_and_collect); }
void run_lent_loaded() {
    run_threads(hop_and_load, drop_and_collect);
    use(world().plain.ref[2]);
}

// ---- lent_counted: a borrowed object becomes a counted one, or was too late

void prepare_lent_counted(World& w) {
    w.finalized.ref[0] = w.make<Finalized>();
    const Ref<Finalized> one = w.make<Finalized>();
    one->left = one;
    w.finalized.ref[0]->left = one;
    w.finalized.ref[0]->right = w.make<Finalized>();
}
void gain_both(World& w) {
    Guard guard(w.heap->heap());
    const auto left = w.finalized.ref[0]->left.borrow(guard);
    const auto right = w.finalized.ref[0]->right.borrow(guard);
    w.finalized.ref[1] = left.counted();
    w.finalized.ref[2] = right.counted();
}
void drop_both(World& w) {
    w.finalized.ref[0]->left = nullptr;
    w.finalized.ref[0]->right = nullptr;
    w.collect();
}

void run_lent_counted() {
    run_threads(gain_both, drop_both);
    use(world().finalized.ref[1]);
    use(world().finalized.ref[2]);
}

constexpr Scenario kScenarios[] = {
    {"lent", "an object and its child are borrowed while the last reference goes", prepare_lent,
     run_lent},
    {"lent_twice", "by two guards, of which the last ends it", prepare_lent, run_lent_twice},
    {"lent_moved", "and after the field was moved out of", prepare_lent, run_lent_moved},
    {"lent_long", "objects end beside an open guard, but for the borrowed ones", prepare_lent_long,
     run_lent_long},
    {"lent_ring", "members of a ring are borrowed while it is collected", prepare_lent_ring,
     run_lent_ring},
    {"lent_loaded", "a member of a ring is counted through a borrowed one", prepare_lent_ring,
     run_lent_loaded},
    {"lent_counted", "borrowed objects become counted ones", prepare_lent_counted,
     run_lent_counted},
};

}  // namespace

std::span<const Scenario> guard_scenarios() { return kScenarios; }

}  // namespace ouro::explore
