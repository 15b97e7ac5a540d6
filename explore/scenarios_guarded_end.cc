// Scenarios of guards and finalizers: what they make reachable again is borrowed, too.
#include "explore/lent.h"
#include "explore/scenario.h"

namespace ouro::explore {

namespace {

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

// ---- lent_again: finalizers of a ring store members, which are borrowed between two validations

void collect(World& w) { w.collect(); }
void store_self(void* object, std::uint64_t) {
    world().finalized.ref[0]->left = self(static_cast<Finalized*>(object));
}
void prepare_lent_again(World& w) {
    w.on_finalize = store_self;
    w.finalized.ref[0] = w.make<Finalized>();
    const Ref<Finalized> one = w.make<Finalized>();
    one->left = w.make<Finalized>();
    one->left.load()->left = one;
}
void borrow_stored(World& w) {
    Guard guard(w.heap->heap());
    auto at = w.finalized.ref[0]->left.borrow(guard);
    look_after_finalizer(at);
    if (at) at = at->left.borrow(guard);
    look_after_finalizer(at);
    look_after_finalizer(at);
}
void clear_stored(World& w) { w.finalized.ref[0]->left = nullptr; }

void run_lent_again() {
    run_threads(collect, borrow_stored, clear_stored);
    world().on_finalize = nullptr;
    check_nothing_withheld();
}

// ---- lent_resurrected: a finalizer stores its object, which is borrowed and let go again

void prepare_lent_resurrected(World& w) {
    w.on_finalize = store_self;
    w.finalized.ref[0] = w.make<Finalized>();
    w.finalized.ref[1] = w.make<Finalized>();
}
void drop_last(World& w) { w.finalized.ref[1].reset(); }
void borrow_resurrected(World& w) {
    Guard guard(w.heap->heap());
    const auto left = w.finalized.ref[0]->left.borrow(guard);
    look_after_finalizer(left);
    look_after_finalizer(left);
}

void run_lent_resurrected() {
    run_threads(drop_last, borrow_resurrected, clear_stored);
    world().on_finalize = nullptr;
    check_nothing_withheld();
}

// ---- lent_weak: a weak reference makes reachable what is about to be finalized, and it is lent

void prepare_lent_weak(World& w) {
    w.finalized.ref[0] = w.make<Finalized>();
    w.finalized.ref[0]->left = w.make<Finalized>();
    w.watch(w.finalized, 0, w.finalized.ref[0]->left.load());
}
void drop_finalized_left(World& w) { w.finalized.ref[0]->left = nullptr; }
void gain_weakly(World& w) {
    Ref<Finalized> gained = w.finalized.weak[0].lock();
    use(gained);
    if (gained) w.finalized.ref[0]->right = std::move(gained);
    w.finalized.ref[0]->right = nullptr;
}
void borrow_both_sides(World& w) {
    Guard guard(w.heap->heap());
    const auto left = w.finalized.ref[0]->left.borrow(guard);
    const auto right = w.finalized.ref[0]->right.borrow(guard);
    look_after_finalizer(left);
    look_after_finalizer(right);
    const Ref<Finalized> counted = right.counted();
    use(counted);
}
void run_lent_weak() {
    run_threads(drop_finalized_left, gain_weakly, borrow_both_sides);
    check_nothing_withheld();
}

constexpr Scenario kScenarios[] = {
    {"lent_counted", "borrowed objects become counted ones", prepare_lent_counted,
     run_lent_counted},
    {"lent_again", "what finalizers of a ring make reachable is borrowed", prepare_lent_again,
     run_lent_again},
    {"lent_resurrected", "what a finalizer by count makes reachable is borrowed and lost again",
     prepare_lent_resurrected, run_lent_resurrected},
    {"lent_weak", "so is what a weak reference has gained before its finalizer", prepare_lent_weak,
     run_lent_weak},
};

}  // namespace

std::span<const Scenario> guarded_end_scenarios() { return kScenarios; }

}  // namespace ouro::explore
