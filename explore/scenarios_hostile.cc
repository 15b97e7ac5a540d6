// Hostile scenarios: finalizers that throw their own object away, a collector that never comes,
// interrupts in the middle of passes that release and upgrade, and are refused memory.
#include "explore/scenario.h"

namespace ouro::explore {

namespace {

void collect(World& w) { w.collect(); }

// ---- suicide: a finalizer drops every reference to its object, its own last

void drop_all_own(void* object, std::uint64_t) {
    auto* cell = static_cast<Finalized*>(object);
    Ref<Finalized> own = self(cell);
    cell->left = nullptr;
    cell->any = nullptr;
    own.reset();
}
void prepare_suicide(World& w) {
    const Ref<Finalized> ring = w.make<Finalized>();
    ring->left = w.make<Finalized>();
    ring->left->left = ring;
    ring->any = ring;
    w.watch(w.finalized, 0, ring);
    w.finalized.ref[1] = w.make<Finalized>();
    w.finalized.ref[1]->any = w.finalized.ref[1];
    w.finalized.ref[2] = w.make<Finalized>();
    w.on_finalize = drop_all_own;
}
void break_and_drop(World& w) {
    w.finalized.ref[1]->any = nullptr;
    w.finalized.ref[1].reset();
    w.finalized.ref[2].reset();
}
void upgrade(World& w) {
    const Ref<Finalized> locked = w.finalized.weak[0].lock();
    use(locked);
}

void run_suicide() { run_threads(collect, break_and_drop, upgrade); }

// ---- starved: memory is used up several times over; the background thread may never come

void prepare_starved(World& w) { w.wide.ref[0] = w.make<Wide>(); }
void make_much_garbage(World& w) {
    for (int i = 0; i < 14; ++i) {
        const Ref<Wide> ring = w.make<Wide>();
        ring->left = ring;
    }
}

void run_starved() {
    world().heap->collector().start();
    run_threads(make_much_garbage, make_much_garbage);
    world().heap->collector().stop();
}

// ---- interrupt_in_pass: an interrupt releases last references, stores and upgrades

void prepare_interrupt(World& w) {
    w.plain.ref[0] = w.make<Plain>();
    w.plain.ref[1] = w.make<Plain>();
    w.plain.ref[1]->left = w.plain.ref[1];
    w.plain.ref[2] = w.make<Plain>();
    w.plain.ref[2]->left = w.make<Plain>();
    w.plain.ref[0]->right = w.make<Plain>();
    w.finalized.ref[0] = w.make<Finalized>();
    w.watch(w.plain, 0, w.plain.ref[1]);
    const Ref<Plain> ring = w.make<Plain>();
    ring->left = ring;
    ring->any = w.plain.ref[0];
    w.watch(w.plain, 1, ring);
}
void drop_ring(World& w) {
    w.plain.ref[1].reset();
    const Ref<Plain> made = w.make<Plain>();
    use(made);
}
void release_store_upgrade(void* world) {
    auto& w = *static_cast<World*>(world);
    const auto made = try_make<Plain>(w.heap->heap(), 0u);
    if (made.ok() || made.error() != Error::in_interrupt)
        violated("an interrupt made an object", &made);
    if (w.heap->collect().error != Error::in_interrupt) violated("an interrupt collects", nullptr);
    w.plain.ref[2].reset();
    w.finalized.ref[0].reset();
    w.plain.ref[0]->right = nullptr;
    const Ref<Plain> locked = w.plain.weak[1].lock();
    use(locked);
    w.plain.ref[3] = w.plain.weak[0].lock();
    w.plain.ref[0]->right = w.plain.ref[3];
}

void run_interrupt() { run_threads(collect, drop_ring); }

constexpr Scenario kScenarios[] = {
    {"suicide", "rule 17: finalizers drop every reference to their object", prepare_suicide,
     run_suicide},
    {"starved", "rule 21: memory is used up several times over, the background thread may not come",
     prepare_starved, run_starved},
    {"interrupt_in_pass", "an interrupt ends, stores and upgrades during a collection",
     prepare_interrupt, run_interrupt, release_store_upgrade},
};

}  // namespace

std::span<const Scenario> hostile_scenarios() { return kScenarios; }

}  // namespace ouro::explore
