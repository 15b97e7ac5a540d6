// Scenarios of guards: what is borrowed stays whole, and what was withheld ends.
#include "explore/lent.h"
#include "explore/rings.h"
#include "explore/scenario.h"

namespace ouro::explore {

namespace {

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

// ---- lent_bare: what nobody is told of when it ends is borrowed while it does, and its child

void prepare_lent_bare(World& w) {
    w.bare.ref[0] = w.make<Bare>();
    w.bare.ref[0]->left = w.make<Bare>();
    w.bare.ref[0]->left.load()->left = w.make<Bare>();
}
void borrow_bare(World& w) {
    Guard guard(w.heap->heap());
    auto at = w.bare.ref[0]->left.borrow(guard);
    look(at);
    if (at) at = at->left.borrow(guard);
    look(at);
}
void drop_bare(World& w) { w.bare.ref[0]->left = nullptr; }
void replace_bare(World& w) { w.bare.ref[0]->left = w.make<Bare>(); }

void run_lent_bare() {
    run_threads(borrow_bare, drop_bare, replace_bare);
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

// ---- lent_inside: destructors open guards, too

void borrow_and_drop_right(void*, std::uint64_t) {
    World& w = world();
    Guard guard(w.heap->heap());
    const auto at = w.destroyed.ref[0]->right.borrow(guard);
    if (at) platform::plain_read(&at->id, sizeof at->id);
    w.destroyed.ref[0]->right = nullptr;
}
void prepare_lent_inside(World& w) {
    prepare_lent(w);
    w.destroyed.ref[0]->right = w.make<Destroyed>();
    w.on_destroy = borrow_and_drop_right;
}
void run_lent_inside() {
    run_lent();
    world().on_destroy = nullptr;
}

// ---- lent_interrupted: an interrupt releases the last reference

void prepare_lent_interrupted(World& w) {
    prepare_lent(w);
    w.destroyed.ref[1] = w.destroyed.ref[0]->left.load();
}
void drop_in_interrupt(void* world) { static_cast<World*>(world)->destroyed.ref[1].reset(); }
void drop_left_and_collect(World& w) {
    drop_left(w);
    w.collect();
}
void run_lent_interrupted() {
    run_threads(borrow_left, drop_left_and_collect);
    world().collect();
    check_nothing_withheld();
}

// ---- lent_bounded: one object ends with each release, the rest by a collection

void end_one(ManagedHeapConfig& config) { config.heap.cascade_objects_max = 1; }
void run_lent_bounded() {
    run_threads(borrow_left, drop_left, replace_left);
    world().collect();
    check_nothing_withheld();
}

constexpr Scenario kScenarios[] = {
    {"lent", "an object and its child are borrowed while the last reference goes", prepare_lent,
     run_lent},
    {"lent_twice", "by two guards, of which the last ends it", prepare_lent, run_lent_twice},
    {"lent_moved", "and after the field was moved out of", prepare_lent, run_lent_moved},
    {"lent_bare", "the same of objects of whose end nobody is told", prepare_lent_bare,
     run_lent_bare},
    {"lent_long", "objects end beside an open guard, but for the borrowed ones", prepare_lent_long,
     run_lent_long},
    {"lent_ring", "members of a ring are borrowed while it is collected",
     Rings<Plain>::prepare_lent_ring, Rings<Plain>::run_lent_ring},
    {"lent_loaded", "a member of a ring is counted through a borrowed one",
     Rings<Plain>::prepare_lent_ring, Rings<Plain>::run_lent_loaded},
    {"lent_taken", "the members of a ring move while they are borrowed",
     Rings<Plain>::prepare_lent_ring, Rings<Plain>::run_lent_taken},
    {"lent_inside", "destructors borrow, too", prepare_lent_inside, run_lent_inside},
    {"lent_interrupted", "an interrupt releases what is borrowed", prepare_lent_interrupted,
     run_lent_interrupted, drop_in_interrupt},
    {"lent_bounded", "what a bound leaves withheld, a collection ends", prepare_lent,
     run_lent_bounded, nullptr, end_one},
};

}  // namespace

std::span<const Scenario> guard_scenarios() { return kScenarios; }

}  // namespace ouro::explore
