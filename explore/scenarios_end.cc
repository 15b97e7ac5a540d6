// Scenarios of ends: finalizers that misbehave, the background thread, shutdown.
#include <string_view>

#include "explore/scenario.h"

namespace ouro::explore {

namespace {

void collect(World& w) { w.collect(); }

void ring_of_two(World& w) {
    Ref<Finalized> first = w.make<Finalized>();
    Ref<Finalized> second = w.make<Finalized>();
    first->left = second;
    second->left = first;
}

// ---- resurrect: a finalizer stores its object where a thread can load it (rule 17)

void store_self(void* object, std::uint64_t) {
    auto* cell = static_cast<Finalized*>(object);
    world().finalized.ref[0]->left = self(cell);
}
void prepare_resurrect(World& w) {
    w.finalized.ref[0] = w.make<Finalized>();
    ring_of_two(w);
    w.on_finalize = store_self;
}
void load_resurrected(World& w) {
    w.finalized.ref[1] = w.finalized.ref[0]->left.load();
    use(w.finalized.ref[1]);
    if (w.finalized.ref[1]) use(w.finalized.ref[1]->left.load());
}

void run_resurrect() { run_threads(collect, load_resurrected); }

// ---- lazarus: resurrected, dropped again, dead without a second finalizer

void drop_resurrected(World& w) {
    w.finalized.ref[0]->left = nullptr;
    w.finalized.ref[0]->left = w.make<Finalized>();
    w.finalized.ref[0]->left = nullptr;
}

void prepare_lazarus(World& w) {
    w.finalized.ref[0] = w.make<Finalized>();
    w.finalized.ref[0]->left = w.make<Finalized>();
    w.finalized.ref[0]->left->right = w.finalized.ref[0]->left.load();
    w.on_finalize = store_self;
}

void run_lazarus() { run_threads(drop_resurrected, collect); }

// ---- wild: finalizers allocate, collect and let go of their own object's last references

void run_wild_code(void* object, std::uint64_t) {
    auto* cell = static_cast<Finalized*>(object);
    const Ref<Plain> made = world().make<Plain>();
    made->left = made;
    world().collect();
    cell->left = nullptr;
}
void prepare_wild(World& w) {
    {
        const Ref<Plain> spare = w.make<Plain>();
    }
    ring_of_two(w);
    w.on_finalize = run_wild_code;
}

void run_wild() { run_threads(collect, collect); }

// ---- self: resurrected by a reference to itself alone (rule 9)

void store_self_in_self(void* object, std::uint64_t) {
    auto* cell = static_cast<Finalized*>(object);
    cell->left = self(cell);
}
void prepare_self(World& w) {
    w.finalized.ref[1] = w.make<Finalized>();
    w.on_finalize = store_self_in_self;
}
void drop_first(World& w) { w.finalized.ref[1].reset(); }

void run_self() { run_threads(drop_first, collect); }

// ---- crowded: a finalizer needs memory that only a collection finds

void make_wide(void*, std::uint64_t) {
    auto made = try_make<Wide>(world().heap->heap(), world().next_id + 1);
    if (made) world().take_id();
}
void prepare_crowded(World& w) {
    ring_of_two(w);
    w.on_finalize = make_wide;
    fill_memory(w);
}

void run_crowded() { run_threads(collect, collect); }

// ---- bounded: a release ends one object, the rest waits for the collector (rule 8)

void bound_cascades(ManagedHeapConfig& config) { config.heap.cascade_objects_max = 1; }

template <class T>
void prepare_chain(World& w, Handles<T>& handles) {
    handles.ref[1] = w.make<T>();
    handles.ref[1]->left = w.make<T>();
    handles.ref[1]->right = w.make<T>();
    handles.ref[1]->left->left = w.make<T>();
    w.watch(handles, 0, handles.ref[1]->left->left.load());
    w.watch(handles, 1, handles.ref[1]->right.load());
}
void prepare_bounded(World& w) { prepare_chain(w, w.plain); }
void prepare_bounded_finalized(World& w) { prepare_chain(w, w.finalized); }
template <class T>
void upgrade_both(Handles<T>& handles) {
    handles.ref[2] = handles.weak[0].lock();
    use(handles.ref[2]);
    handles.ref[3] = handles.weak[1].lock();
    use(handles.ref[3]);
    handles.ref[2].reset();
}
void upgrade_plain(World& w) { upgrade_both(w.plain); }
void upgrade_finalized(World& w) { upgrade_both(w.finalized); }
void drop_plain(World& w) { w.plain.ref[1].reset(); }

void run_bounded() { run_threads(drop_plain, upgrade_plain, collect); }
void run_bounded_finalized() { run_threads(drop_first, upgrade_finalized, collect); }

// ---- quiet: garbage found when memory is short refers to an object whose end runs user code

void prepare_quiet(World& w) {
    Ref<Plain> ring = w.make<Plain>();
    ring->left = ring;
    Ref<Finalized> last = w.make<Finalized>();
    ring->any = last;
    w.watch(w.finalized, 0, last);
    last = w.make<Finalized>();
    w.watch(w.finalized, 1, last);
    w.finalized.ref[1] = last;
    ring->right = w.make<Plain>();
    ring->right->any = last;
    Ref<Plain>(ring).reset();  // a candidate: asked below, it lives, and will be asked later
    fill_memory(w);
}
void make_new_ring(World& w) {
    auto made = try_make<Plain>(w.heap->heap(), w.next_id + 1);
    if (!made) return;
    w.take_id();
    Ref<Plain> ring = std::move(*made);
    ring->left = ring;
    ring->any = w.finalized.weak[1].lock();
    ring.reset();
    make_wide(nullptr, 0);
}

void run_quiet() { run_threads(make_new_ring, upgrade_finalized, drop_first); }

// ---- background: the collector's own thread, started and stopped while there is garbage

void make_garbage(World& w) {
    const Ref<Plain> ring = w.make<Plain>();
    ring->left = ring;
}
void prepare_background(World& w) { make_garbage(w); }

void run_background() {
    World& w = world();
    w.heap->collector().start();
    run_threads(make_garbage, make_garbage);
    w.heap->collector().stop();
}

// ---- awaited: a finalizer collects while its object's next end waits for it, and so for the
// collection, which the background thread never lets go of for long

void collect_awaited(void* object, std::uint64_t id) {
    auto* cell = static_cast<Finalized*>(object);
    {
        const Ref<Plain> ring = world().make<Plain>();
        ring->left = ring;
        ring->any = self(cell);
    }
    make_wide(object, id);  // no memory: a plain pass ends the ring, and puts off the object's end
    world().collect();
}
void prepare_awaited(World& w) {
    w.finalized.ref[1] = w.make<Finalized>();
    w.on_finalize = collect_awaited;
    {
        const Ref<Plain> spare = w.make<Plain>();
    }
    fill_memory(w);
}
void collect_at_once(ManagedHeapConfig& config) { config.collector.threshold_pages = 1; }

void run_awaited() {
    World& w = world();
    w.heap->collector().start();
    run_threads(drop_first, make_garbage);
    w.heap->collector().stop();
}

// ---- portions: its passes decide after each object, and leave the other candidates to the next

void one_at_a_time(ManagedHeapConfig& config) { config.collector.objects_per_pass = 1; }
void make_large_garbage(World& w) {
    const Ref<Wide> ring = w.make<Wide>();
    ring->left = ring;
}
void prepare_portions(World& w) {
    make_large_garbage(w);
    make_large_garbage(w);
}
void make_and_collect(World& w) {
    make_large_garbage(w);
    w.collect();
}

void run_portions() {
    World& w = world();
    w.heap->collector().start();
    run_threads(make_large_garbage, make_and_collect);
    w.heap->collector().stop();
}

// ---- assisted: threads that allocate do parts of passes, the background thread its own (G5, G6)

void assist_at_once(ManagedHeapConfig& config) {
    config.collector.assist_bytes = 1;
    config.collector.assist_percent = 0;
    config.collector.objects_per_pass = 1;
    config.heap.cache_percent = 0;  // each allocation comes to the lock
}
void prepare_assisted(World& w) {
    for (int i = 0; i < 2; ++i) {
        const Ref<Finalized> ring = w.make<Finalized>();
        ring->left = ring;
    }
    w.plain.ref[0] = w.make<Plain>();
}
void make_with_assistance(World& w) {
    make_garbage(w);
    make_garbage(w);
    const Ref<Plain> last = w.make<Plain>();
    use(last);
}

void run_assisted() {
    World& w = world();
    w.heap->collector().start();
    run_threads(make_with_assistance, make_with_assistance);
    w.heap->collector().stop();
}

// ---- shutdown: the heap ends, a handle outlives it and another thread lets it go

void drop_late(World& w) {
    use(w.plain.ref[1]);
    w.plain.ref[1].reset();
}
void prepare_shutdown(World& w) {
    make_garbage(w);
    w.plain.ref[0] = w.make<Plain>();  // never let go: the heap's records stay registered
    w.plain.ref[1] = w.make<Plain>();
}
void shut_down(World& w) { w.heap->heap().shut_down(); }
void make_when_shut(World& w) {
    auto made = try_make<Plain>(w.heap->heap(), w.next_id + 1);
    if (!made) return;
    w.take_id();
    w.plain.ref[2] = std::move(*made);
}

void run_shutdown() { run_threads(shut_down, drop_late, make_when_shut); }

constexpr Scenario kScenarios[] = {
    {"resurrect", "rule 17: finalizers store their objects, a thread loads them", prepare_resurrect,
     run_resurrect},
    {"lazarus", "rules 9, 17: resurrected by count, dropped, dead", prepare_lazarus, run_lazarus},
    {"wild", "rule 17: finalizers allocate, collect, break their ring", prepare_wild, run_wild},
    {"self", "rules 9, 17: resurrected by a reference to itself", prepare_self, run_self},
    {"crowded", "rules 17, 21: finalizers that need memory", prepare_crowded, run_crowded},
    {"bounded", "rule 8: a release that ends one object, an upgrade, a collection", prepare_bounded,
     run_bounded, nullptr, bound_cascades},
    {"bounded_finalized", "rule 8: the same with finalizers", prepare_bounded_finalized,
     run_bounded_finalized, nullptr, bound_cascades},
    {"quiet", "rules 8, 16: a pass for memory lets go of an object with user code", prepare_quiet,
     run_quiet},
    {"portions", "the background thread's passes decide before all candidates were asked",
     prepare_portions, run_portions, nullptr, one_at_a_time},
    {"assisted", "G5, G6: threads that allocate do parts of passes", prepare_assisted, run_assisted,
     nullptr, assist_at_once},
    {"background", "the background thread, started and stopped around two threads",
     prepare_background, run_background},
    {"awaited", "rule 21: a finalizer waits for the collection, which waits for the finalizer",
     prepare_awaited, run_awaited, nullptr, collect_at_once},
    {"shutdown", "no object is made after the end, handles may outlive it", prepare_shutdown,
     run_shutdown},
};

}  // namespace

std::span<const Scenario> end_scenarios() { return kScenarios; }

const Scenario* find_scenario(const char* name) {
    const Scenario* found = nullptr;
    for_each_scenario([&](const Scenario& scenario) {
        if (std::string_view(scenario.name) == name) found = &scenario;
    });
    return found;
}

}  // namespace ouro::explore
