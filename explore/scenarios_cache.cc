// Scenarios of the caches of free cells (heap/paged/cell_cache.h): who gets them, how cells come
// back to them, and how they are taken away. The compact layout has none; there they are scenarios
// of making and ending.
#include "explore/scenario.h"

namespace ouro::explore {

namespace {

/// Every thread has a cache from its first object on.
void with_caches(ManagedHeapConfig& config) {
    config.heap.cache_percent = 100;
    config.heap.cache_after = 0;
}

void ask(World& w) {
    for (int i = 0; i < 2; ++i) {
        const Statistics s = w.heap->statistics();
        // One object lives throughout.
        if (s.live_objects - 1 >= kIdsMax) violated("fewer objects live than live", nullptr);
        if (s.used_bytes > s.capacity_bytes) violated("fewer than no bytes are in use", nullptr);
    }
}
void collect(World& w) { w.collect(); }

void prepare_shelf(World& w) { w.plain.ref[0] = w.make<Plain>(); }

// ---- cached_handoff: one thread's cells are freed by the other, and come back to it (K3)

void prepare_large_shelf(World& w) {
    w.roomy.ref[0] = w.make<Roomy>();
    w.roomy.ref[5] = w.make<Roomy>();
}
void make_and_hand(World& w) {
    for (int i = 0; i < 4; ++i) {
        Ref<Roomy> made = w.make<Roomy>();
        use(made);
        w.roomy.ref[0]->left = std::move(made);
    }
}
void take_and_drop(World& w) {
    for (int i = 0; i < 2; ++i) {
        const Ref<Roomy> taken = w.roomy.ref[0]->left.exchange(nullptr);
        use(taken);
    }
}
void run_cached_handoff() { run_threads(make_and_hand, take_and_drop); }

// ---- cached_emptied: a span's last cell comes back while a cache gets the span (P4)

/// Two where the last span is full, so on the next one, which is full then. They end behind one of
/// the last span, which is kept: the first of them goes onto the stack, which has room for one, and
/// the second is of another span, so that the cache gives back what it kept (K5).
Ref<Roomy> make_on_next_span(World& w) {
    Ref<Roomy> two = w.make<Roomy>();
    two->left = w.make<Roomy>();
    w.roomy.ref[5] = w.make<Roomy>();
    w.roomy.ref[5]->left = w.make<Roomy>();
    return two;
}
void prepare_emptied(World& w) {
    w.plain.ref[0] = w.make<Plain>();
    w.plain.ref[1] = w.make<Plain>();
    w.roomy.ref[1] = w.make<Roomy>();
    const Ref<Roomy> rest[] = {w.make<Roomy>(), w.make<Roomy>(), w.make<Roomy>()};
    w.roomy.ref[1]->left = make_on_next_span(w);
}
void drop_last(World& w) {
    w.plain.ref[1].reset();  // now it has a cache, and ends objects without the lock
    w.roomy.ref[1].reset();
}
void make_and_show(World& w) {
    w.plain.ref[0]->any = w.make<Roomy>();
    w.roomy.ref[2] = w.make<Roomy>();
    use(w.roomy.ref[2]);
}
void hide_and_make(World& w) {
    w.plain.ref[0]->any = nullptr;
    w.roomy.ref[3] = w.make<Roomy>();
    use(w.roomy.ref[3]);
}
void run_cached_emptied() { run_threads(drop_last, make_and_show, hide_and_make); }

// ---- cached_full: the last cell of a span goes while others of it come back

void prepare_full(World& w) {
    w.roomy.ref[0] = w.make<Roomy>();
    w.roomy.ref[0]->left = w.make<Roomy>();
    w.roomy.ref[1] = w.make<Roomy>();
    const Ref<Roomy> rest = w.make<Roomy>();
    w.roomy.ref[1]->left = make_on_next_span(w);
}
void drop_two(World& w) {
    w.roomy.ref[0]->left = nullptr;
    w.roomy.ref[1].reset();
}
void make_two(World& w) {
    for (unsigned i = 2; i < 4; ++i) {
        w.roomy.ref[i] = w.make<Roomy>();
        use(w.roomy.ref[i]);
    }
}
void make_third(World& w) {
    w.roomy.ref[4] = w.make<Roomy>();
    use(w.roomy.ref[4]);
}
void run_cached_full() { run_threads(drop_two, make_two, make_third); }

// ---- cached_revoked: memory is short, and one thread's cells are taken for another's object (K2)

void make_and_drop(World& w) {
    for (int i = 0; i < 2; ++i) {
        const Ref<Plain> made = w.make<Plain>();
        use(made);
    }
}
void make_large(World& w) {
    for (unsigned i = 0; i < 2; ++i) {
        auto made = try_make<Wide>(w.heap->heap(), w.next_id + 1);
        if (!made) return;
        w.take_id();
        w.wide.ref[1 + i] = std::move(*made);
        use(w.wide.ref[1 + i]);
    }
}
void prepare_short(World& w) {
    // What is left: two pages for a cache, one for its span, and not two for others.
    for (unsigned left = 11; left > 4; --left) {
        auto made = try_make<Wide>(w.heap->heap(), w.next_id + 1);
        if (!made) break;
        w.take_id();
        (*made)->left = std::move(w.wide.ref[0]);
        w.wide.ref[0] = *made;
    }
    w.may_run_out = true;
}
void run_cached_revoked() { run_threads(make_and_drop, make_large); }

// ---- cached_ends: threads end, and what they had at hand is another's (K1)

void prepare_ends(World& w) {
    prepare_short(w);
    w.plain.ref[0] = w.make<Plain>();
}
void run_cached_ends() {
    World& w = world();
    run_threads(make_and_drop, make_and_drop);
    if (w.heap->statistics().parked_bytes != 0)
        violated("a thread that has ended has memory at hand", nullptr);
}

// ---- cached_misfit: an object in a cell of a larger class ends where others are at hand (K5)

void prepare_full_region(World& w) {
    w.roomy.ref[0] = w.make<Roomy>();
    w.plain.ref[0] = w.make<Plain>();
    Ref<Ample> ample = w.make<Ample>();
    for (int i = 0; i < 3; ++i) {
        Ref<Ample> next = w.make<Ample>();
        next->left = std::move(ample);
        ample = std::move(next);
    }
    w.roomy.ref[0]->any = ample;
    w.plain.ref[0]->any = w.make<Ample>();  // now their span is full
    w.may_run_out = true;
    fill_memory(w);
    // What is left: two pages for a cache.
    for (int pages = 0; pages < 2 && w.wide.ref[0]; ++pages)
        w.wide.ref[0] = w.wide.ref[0]->left.load();
}
void make_misfit(World& w) {
    auto first = try_make<Plain>(w.heap->heap(), w.next_id + 1);
    if (!first) return;
    w.take_id();
    use(*first);
    w.plain.ref[0]->any = nullptr;  // is kept, and there is a stack for others of its class
    for (int i = 0; i < 2; ++i) {
        auto misfit = try_make<Ample>(w.heap->heap(), w.next_id + 1);
        if (!misfit) return;
        w.take_id();
        use(*misfit);
    }
}
void run_cached_misfit() { run_threads(make_misfit, ask); }

// ---- cached_collected: cells come back from the collector (K3)

void make_garbage(World& w) {
    const Ref<Plain> ring = w.make<Plain>();
    ring->left = ring;
    w.watch(w.plain, 0, ring);
}
void make_again(World& w) {
    make_garbage(w);
    w.plain.ref[1] = w.make<Plain>();
    use(w.plain.ref[1]);
    w.plain.ref[2] = w.plain.weak[0].lock();
    use(w.plain.ref[2]);
}
void run_cached_collected() { run_threads(make_again, collect); }

// ---- cached_figures: what has ended was made, at every moment

void drop_shelf(World& w) {
    for (int i = 0; i < 3; ++i) {
        w.plain.ref[0]->left = w.make<Plain>();
        w.plain.ref[0]->left = nullptr;
    }
}
void run_cached_figures() { run_threads(make_and_hand, take_and_drop, ask); }
void run_cached_short_figures() { run_threads(drop_shelf, ask); }

constexpr Scenario kScenarios[] = {
    {"cached_handoff", "K3: one thread makes, another ends", prepare_large_shelf,
     run_cached_handoff, nullptr, with_caches},
    {"cached_emptied", "P4: a span gets its last free cell and a holder at once", prepare_emptied,
     run_cached_emptied, nullptr, with_caches},
    {"cached_full", "K3, B5: cells come back while others are taken", prepare_full, run_cached_full,
     nullptr, with_caches},
    {"cached_revoked", "K2: cells are taken from a thread for another's object", prepare_short,
     run_cached_revoked, nullptr, with_caches},
    {"cached_ends", "K1: threads end with cells at hand", prepare_ends, run_cached_ends, nullptr,
     with_caches},
    {"cached_misfit", "K5: an object in a cell of a larger class", prepare_full_region,
     run_cached_misfit, nullptr, with_caches},
    {"cached_collected", "K3: cells come back from the collector", prepare_shelf,
     run_cached_collected, nullptr, with_caches},
    {"cached_figures", "K1: sums of what threads count by themselves", prepare_large_shelf,
     run_cached_figures, nullptr, with_caches},
    {"cached_short_figures", "K1: the same with one thread that makes and ends", prepare_shelf,
     run_cached_short_figures, nullptr, with_caches},
};

}  // namespace

std::span<const Scenario> cache_scenarios() { return kScenarios; }

}  // namespace ouro::explore
