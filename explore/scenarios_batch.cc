// Scenarios of garbage that waits: callbacks of weak references, bounded steps, emergencies over a
// waiting batch, the garbage list, objects set aside.
#include "explore/scenario.h"

namespace ouro::explore {

namespace {

void collect(World& w) { w.collect(); }

/// The pass gives its lock up every few objects, so that others take part in it.
void short_steps(ManagedHeapConfig& config) { config.collector.step_units = 4; }

template <class T>
Ref<T> ring_of_two(World& w) {
    const Ref<T> first = w.make<T>();
    first->left = w.make<T>();
    first->left->left = first;
    return first;
}

template <unsigned kIndex>
void make_when_short(World& w) {
    auto made = try_make<Wide>(w.heap->heap(), w.next_id + 1);
    if (!made) return;
    w.take_id();
    w.wide.ref[kIndex] = std::move(*made);
    use(w.wide.ref[kIndex]);
}

// ---- callback: weak references with callbacks, inside the garbage and outside

void prepare_callback(World& w) {
    // Weak references lie before their targets and behind them: a pass goes by addresses.
    Ref<Plain> target = w.make<Plain>();
    Ref<Watcher> spare = w.make_watcher(target, Calls::never);
    const Ref<Plain> ring = ring_of_two<Plain>(w);
    w.watch(w.plain, 0, ring);
    w.watch(w.plain, 1, ring->left.load());
    spare.reset();
    target.reset();
    ring->any = w.make_watcher(ring, Calls::never);
    w.watchers[0] = w.make_watcher(ring, Calls::once);
    ring->left->any = w.make_watcher(ring->left.load(), Calls::never);
}
template <unsigned kWeak>
void upgrade_and_drop(World& w) {
    const Ref<Plain> locked = w.plain.weak[kWeak].lock();
    use(locked);
    if (locked) use(locked->left.load());
}

void run_callback_scenario() { run_threads(collect, upgrade_and_drop<0>, upgrade_and_drop<1>); }

// ---- callback_by_count: the target, its weak reference and an upgrade race

void prepare_callback_by_count(World& w) {
    w.plain.ref[1] = w.make<Plain>();
    w.watch(w.plain, 0, w.plain.ref[1]);
    w.watchers[0] = w.make_watcher(w.plain.ref[1], Calls::at_most_once);
    w.watchers[1] = w.make_watcher(w.plain.ref[1], Calls::once);
}
void drop_target(World& w) { w.plain.ref[1].reset(); }
void drop_watcher(World& w) { w.watchers[0].reset(); }

void run_callback_by_count() { run_threads(drop_target, drop_watcher, upgrade_and_drop<0>); }

// ---- stepped: one context works in bounded steps, another drains, a third collects

void prepare_stepped(World& w) {
    const Ref<Finalized> ring = ring_of_two<Finalized>(w);
    w.watch(w.finalized, 0, ring);
    ring->any = w.make<Destroyed>();
    const Ref<Plain> plain = ring_of_two<Plain>(w);
    plain->any = w.make<Destroyed>();
}
void step_on(World& w) {
    for (int i = 0; i < 40 && w.heap->collector().step(2); ++i) {
    }
}
void drain(World& w) {
    for (int i = 0; i < 20 && w.heap->collector().drain(1); ++i) platform::yield_thread();
}
void upgrade_finalized(World& w) {
    const Ref<Finalized> locked = w.finalized.weak[0].lock();
    use(locked);
}

void run_stepped() { run_threads(step_on, drain, upgrade_finalized); }
void run_stepped_and_collected() { run_threads(step_on, collect, drain); }

// ---- due: memory is short while finalizers wait; they need what hangs on their objects

void use_own(void* object, std::uint64_t) {
    const Ref<Object> own = static_cast<Finalized*>(object)->any.load();
    if (!own) violated("a finalizer finds its object's reference gone", object);
    platform::yield_thread();
}
void prepare_due(World& w) {
    const Ref<Finalized> ring = ring_of_two<Finalized>(w);
    const Ref<Wide> needed = w.make<Wide>();
    ring->any = needed;
    ring->left->any = needed;
    const Ref<Wide> plain = w.make<Wide>();
    plain->left = plain;
    plain->any = ring;
    w.on_finalize = use_own;
    fill_memory(w);
}

void run_due() { run_threads(collect, make_when_short<1>, make_when_short<2>); }

// ---- saved: what is collected goes to the garbage list; it is cleared meanwhile

void prepare_saved(World& w) {
    const Ref<Plain> ring = ring_of_two<Plain>(w);
    w.watch(w.plain, 0, ring);
    const Ref<Finalized> finalized = ring_of_two<Finalized>(w);
    w.watch(w.finalized, 0, finalized);
    w.heap->collector().set_save_all(true);
}
void use_garbage(void*, const Ref<Object>& object) {
    if (header_of(object.get())->load_word().count() == 0)
        violated("an object on the garbage list is dead", object.get());
}
void visit_and_clear(World& w) {
    w.heap->collector().garbage(&use_garbage, nullptr);
    w.heap->collector().clear_garbage();
}

void run_saved() {
    run_threads(collect, visit_and_clear, upgrade_finalized);
    world().heap->collector().set_save_all(false);
    world().heap->collector().clear_garbage();
}

// ---- legacy: garbage with finalizers is kept, with what it reaches

void old_finalizers(ManagedHeapConfig& config) { config.heap.legacy_finalizers = true; }
void prepare_legacy(World& w) {
    const Ref<Finalized> ring = ring_of_two<Finalized>(w);
    ring->any = w.make<Plain>();
    const Ref<Plain> plain = ring_of_two<Plain>(w);
    plain->any = ring;
    w.watch(w.plain, 0, plain);
}
void break_ring(void*, const Ref<Object>& object) {
    static_cast<Finalized*>(static_cast<void*>(object.get()))->left = nullptr;
}
void break_garbage(World& w) {
    w.heap->collector().garbage(&break_ring, nullptr);
    w.heap->collector().clear_garbage();
}

void run_legacy() {
    run_threads(collect, upgrade_and_drop<0>, break_garbage);
    world().collect();
    break_garbage(world());
}

// ---- frozen: what is set aside is not collected, and is again when it is taken back

void prepare_frozen(World& w) {
    w.watch(w.plain, 0, ring_of_two<Plain>(w));
    w.heap->collector().freeze();
    w.watch(w.plain, 1, ring_of_two<Plain>(w));
}

void run_frozen() {
    run_threads(collect, collect, upgrade_and_drop<0>);
    if (world().plain.weak[0].expired()) violated("an object that was set aside is gone", nullptr);
    world().heap->collector().unfreeze();
}

void freeze_and_unfreeze(World& w) {
    w.heap->collector().freeze();
    w.heap->collector().unfreeze();
}

void run_freezing() {
    run_threads(collect, freeze_and_unfreeze, upgrade_and_drop<0>);
    world().heap->collector().unfreeze();
}

// ---- rehearsed: a pass that decides nothing, against a collection and an upgrade

void rehearse(World& w) { w.heap->collector().rehearse(); }

void prepare_rehearsed(World& w) { w.watch(w.plain, 0, ring_of_two<Plain>(w)); }
void run_rehearsed() { run_threads(rehearse, collect, upgrade_and_drop<0>); }

// ---- settled: garbage made before settle() is gone after it

void prepare_nothing(World&) {}
void make_and_settle(World& w) {
    w.watch(w.plain, 0, ring_of_two<Plain>(w));
    if (!w.heap->collector().settle()) return;
    if (!w.plain.weak[0].expired()) violated("garbage is there after settle()", nullptr);
}
void make_garbage(World& w) { ring_of_two<Plain>(w); }
template <ThreadFunction kSecond>
void run_with_background() {
    world().heap->collector().start();
    run_threads(make_and_settle, kSecond);
    world().heap->collector().stop();
}

void run_settled() { run_with_background<collect>(); }

// ---- listed: another thread stands between its candidate's mark and the list (rule 9)

void run_listed() { run_with_background<make_garbage>(); }

// ---- saturated: counts at the edge of what they can hold

void prepare_saturated(World& w) {
    w.plain.ref[0] = w.make<Plain>();
    w.plain.ref[0]->left = w.plain.ref[0];
    w.watch(w.plain, 0, w.plain.ref[0]);
    Header* header = header_of(w.plain.ref[0].get());
    const WordValue::Bits others = header->load_word().bits & ~WordValue::kCountMask;
    // order: relaxed; nobody else is there yet.
    header->store_word({others | (WordValue::kImmortalBit - 2 * WordValue::kCountOne)},
                       platform::memory_order_relaxed);
}
template <unsigned kIndex>
void copy_and_drop(World& w) {
    w.plain.ref[kIndex] = w.plain.ref[0];
    const Ref<Plain> second = w.plain.ref[kIndex];
    const Ref<Plain> third = w.plain.weak[0].lock();
    use(third);
    w.plain.ref[kIndex].reset();
}

void run_saturated() { run_threads(copy_and_drop<1>, copy_and_drop<2>, collect); }

constexpr Scenario kScenarios[] = {
    {"callback", "rule 17: weak references that call back, outside the garbage and part of it",
     prepare_callback, run_callback_scenario},
    {"callback_by_count", "a weak reference that calls back goes with its target",
     prepare_callback_by_count, run_callback_by_count},
    {"stepped", "rules 17, 21: bounded steps, draining, an upgrade", prepare_stepped, run_stepped,
     nullptr, short_steps},
    {"stepped_and_collected", "rule 21: bounded steps against a collection and draining",
     prepare_stepped, run_stepped_and_collected, nullptr, short_steps},
    {"due", "B4: memory is short while finalizers wait", prepare_due, run_due, nullptr,
     short_steps},
    {"saved", "the garbage list, filled and cleared", prepare_saved, run_saved},
    {"legacy", "garbage with legacy finalizers is kept", prepare_legacy, run_legacy, nullptr,
     old_finalizers, false},
    {"frozen", "objects that are set aside", prepare_frozen, run_frozen},
    {"freezing", "objects are set aside and taken back during a collection", prepare_frozen,
     run_freezing, nullptr, short_steps},
    {"rehearsed", "rule 13: a pass that decides nothing", prepare_rehearsed, run_rehearsed, nullptr,
     short_steps},
    {"settled", "liveness: garbage is gone after settle()", prepare_nothing, run_settled},
    {"listed", "rule 9: a candidate is asked though another thread is about to list its page",
     prepare_nothing, run_listed},
    {"saturated", "counts at the edge of what they can hold", prepare_saturated, run_saturated,
     nullptr, nullptr, false},
};

}  // namespace

std::span<const Scenario> batch_scenarios() { return kScenarios; }

}  // namespace ouro::explore
