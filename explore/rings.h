// Scenarios of the dead in rings, for objects of a type: T has the fields left, right and any.
#pragma once

#include <type_traits>
#include <utility>

#include "explore/lent.h"
#include "explore/scenario.h"

namespace ouro::explore {

template <class T>
struct Rings {
    /// Its handles.
    static Handles<T>& of(World& w) {
        if constexpr (std::is_same_v<T, Bare>) {
            return w.bare;
        } else {
            return w.plain;
        }
    }

    static void collect(World& w) { w.collect(); }

    /// Makes an object a candidate: one reference more, one less.
    static void make_candidate(const Ref<T>& ref) { const Ref<T> copy = ref; }

    // ---- take: s->p, p.left->o; o is taken out, p moved into it (rule 5)

    static void prepare_take(World& w) {
        of(w).ref[1] = w.make<T>();
        of(w).ref[1]->left = w.make<T>();
        make_candidate(of(w).ref[1]);
    }
    static void take_and_move(World& w) {
        of(w).ref[2] = of(w).ref[1]->left.take();
        of(w).ref[2]->right = std::move(of(w).ref[1]);
        use(of(w).ref[2]);
    }

    static void run_take() { run_threads(collect, take_and_move); }

    // ---- hop: words and edges read at different times must not fit together (rule 11)

    static void hop(World& w) {
        of(w).ref[2] = w.make<T>();
        of(w).ref[1]->left = of(w).ref[2];
        of(w).ref[1]->left = nullptr;
        of(w).ref[2]->right = std::move(of(w).ref[1]);
        use(of(w).ref[2]);
    }
    static void prepare_hop(World& w) {
        of(w).ref[1] = w.make<T>();
        make_candidate(of(w).ref[1]);
    }

    static void run_hop() { run_threads(collect, hop); }

    // ---- swing: a reference to a ring member swings between handle and field

    static void prepare_swing(World& w) {
        of(w).ref[1] = w.make<T>();
        of(w).ref[1]->left = w.make<T>();
        of(w).ref[1]->left->left = of(w).ref[1];
        make_candidate(of(w).ref[1]);
    }
    static void swing(World& w) {
        of(w).ref[2] = of(w).ref[1]->left.load();
        of(w).ref[1].reset();
        of(w).ref[1] = of(w).ref[2]->left.load();
        of(w).ref[2].reset();
        use(of(w).ref[1]);
    }

    static void run_swing() { run_threads(collect, swing); }

    // ---- clear: an edge is cleared before the count that it explains falls (rules 11, 19)

    static void prepare_clear(World& w) {
        of(w).ref[1] = w.make<T>();
        of(w).ref[2] = w.make<T>();
        of(w).ref[1]->left = of(w).ref[2];
        make_candidate(of(w).ref[1]);
        make_candidate(of(w).ref[2]);
    }
    static void clear_edge_move_holder(World& w) {
        of(w).ref[1]->left = nullptr;
        of(w).ref[2]->right = std::move(of(w).ref[1]);
        use(of(w).ref[2]);
    }

    static void run_clear() { run_threads(collect, clear_edge_move_holder); }

    // ---- leave: the edge of a member that leaves explains nothing (rule 22)

    static void prepare_leave(World& w) {
        of(w).ref[1] = w.make<T>();
        of(w).ref[1]->left = w.make<T>();
        make_candidate(of(w).ref[1]);
    }
    static void take_only(World& w) {
        of(w).ref[2] = of(w).ref[1]->left.take();
        use(of(w).ref[2]);
    }

    static void run_leave() { run_threads(collect, take_only); }

    // ---- inside: a reference is moved into a field of its own object (rule 7)

    static void prepare_inside(World& w) { of(w).ref[1] = w.make<T>(); }
    static void move_inside(World& w) {
        T* object = of(w).ref[1].get();
        object->left = std::move(of(w).ref[1]);
    }

    static void run_inside() { run_threads(collect, move_inside); }

    // ---- ring: two handles to a ring are dropped while it is collected (rules 9, 10)

    static void prepare_ring(World& w) {
        of(w).ref[1] = w.make<T>();
        of(w).ref[2] = w.make<T>();
        of(w).ref[1]->left = of(w).ref[2];
        of(w).ref[2]->left = of(w).ref[1];
        make_candidate(of(w).ref[1]);
    }
    template <unsigned kIndex>
    static void drop(World& w) {
        use(of(w).ref[kIndex]);
        of(w).ref[kIndex].reset();
    }

    static void run_ring() { run_threads(collect, drop<1>, drop<2>); }

    // ---- chain: what dies by count lets go of a ring (rule 9 in a cascade)

    static void prepare_chain(World& w) {
        of(w).ref[1] = w.make<T>();
        of(w).ref[1]->left = w.make<T>();
        of(w).ref[1]->left->left = of(w).ref[1]->left.load();
    }

    static void run_chain() { run_threads(collect, drop<1>); }

    // ---- beside: the last handle to a ring is dropped beside one that is asked already (rule 9)

    static void make_ring(World& w) {
        const Ref<T> ring = w.make<T>();
        ring->left = ring;
    }
    static void prepare_beside(World& w) {
        make_ring(w);  // its page is listed
        // Made without a decrement, so that no member of it is marked.
        of(w).ref[1] = w.make<T>();
        Ref<T> second = w.make<T>();
        second->left = of(w).ref[1];
        of(w).ref[1]->left = std::move(second);
    }

    static void run_beside() { run_threads(collect, drop<1>); }

    // ---- joined: the collector walks over blocks that are joined and used again (C4)

    static void prepare_joined(World& w) {
        of(w).ref[0] = w.make<T>();
        of(w).ref[1] = w.make<T>();
        of(w).ref[2] = w.make<T>();
        make_ring(w);
    }
    static void join_and_make(World& w) {
        of(w).ref[1].reset();
        of(w).ref[2].reset();
        of(w).ref[0]->any = w.make<Broad>();
    }

    static void run_joined() { run_threads(collect, join_and_make); }

    // ---- apart: members die by count while the pass has them (G1)

    static void take_apart(World& w) {
        of(w).ref[1]->left = nullptr;
        of(w).ref[1].reset();
        of(w).ref[2].reset();
        const Ref<T> next = w.make<T>();
        use(next);
    }

    static void run_apart() { run_threads(collect, take_apart); }

    // ---- out: garbage refers to what lives, and to what dies with it (rule 16)

    static void prepare_out(World& w) {
        Ref<T> ring = w.make<T>();
        ring->left = ring;
        of(w).ref[1] = w.make<T>();
        ring->right = of(w).ref[1];
        of(w).ref[1]->left = w.make<T>();
    }

    static void run_out() { run_threads(collect, drop<1>); }

    // ---- busy: two threads collect, a third makes garbage (rule 21)

    static void step_on(World& w) {
        for (int i = 0; i < 3 && w.heap->collector().step(3); ++i) {
        }
    }

    static void run_busy() { run_threads(collect, step_on, make_ring); }

    // ---- lent_ring: the member of a ring is borrowed, and gained, while the ring becomes garbage

    static void prepare_lent_ring(World& w) {
        of(w).ref[0] = w.make<T>();
        const Ref<T> one = w.make<T>();
        one->left = w.make<T>();
        one->left.load()->left = one;
        of(w).ref[0]->left = one;
    }
    static void hop_and_borrow(World& w) {
        Guard guard(w.heap->heap());
        auto at = of(w).ref[0]->left.borrow(guard);
        // Each step uses another place than the one before.
        for (int step = 0; at && step < 8; ++step) at = at->left.borrow(guard);
        look(at);
    }
    static void hop_and_load(World& w) {
        Guard guard(w.heap->heap());
        const auto at = of(w).ref[0]->left.borrow(guard);
        if (at) of(w).ref[2] = at->left.load();
    }
    static void drop_and_collect(World& w) {
        of(w).ref[0]->left = nullptr;
        w.collect();
    }

    static void run_lent_ring() { run_threads(hop_and_borrow, drop_and_collect); }
    static void run_lent_loaded() {
        run_threads(hop_and_load, drop_and_collect);
        use(of(world()).ref[2]);
    }

    // ---- lent_taken: the members of a ring are moved about while they are lent

    static void move_about(World& w) {
        Ref<T> one = of(w).ref[0]->left.take();
        if (one) of(w).ref[0]->right = one->left.take();
        one.reset();
        of(w).ref[0]->right = nullptr;
    }
    static void run_lent_taken() { run_threads(hop_and_borrow, move_about, collect); }
};

}  // namespace ouro::explore
