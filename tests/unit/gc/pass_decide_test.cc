// Goal: what is condemned is garbage, whatever the program does to the members while the pass runs.
// Method: one kind of change, made before every single step of a pass in turn; afterwards what the
// program holds is alive, with exact counts, and what it does not hold is found by a later pass.
#include <gtest/gtest.h>

#include <functional>
#include <utility>

#include "heap/weak.h"
#include "tests/support/pass_test.h"

namespace ouro {
namespace {

using testing::Finalized;
using testing::PassTest;
using testing::Plain;

class PassDecide : public PassTest {
protected:
    struct Scene {
        Ref<Plain> held;     ///< what the program holds of the ring
        Ref<Plain> kept;     ///< what it took meanwhile
        Weak<Plain> weak;    ///< to the ring's first object
        Ref<Plain> outside;  ///< live, not part of the ring
    };

    /// A ring a -> b -> c -> a and an object outside. Held or not.
    Scene build(bool held) {
        Scene scene;
        Ref<Plain> a = make<Plain>(1);
        a->left = make<Plain>(2);
        a->left->left = make<Plain>(3);
        a->left->left->left = a;
        scene.weak = a;
        scene.outside = make<Plain>(9);
        touch(a);
        if (held) scene.held = std::move(a);
        return scene;
    }

    /// Makes `change` before step 0, 1, 2 ... of a pass each time; `expected` objects of the ring
    /// are alive afterwards.
    void at_every_moment(bool held, const std::function<void(Scene&)>& change,
                         std::size_t expected) {
        for (int moment = 0;; ++moment) {
            Scene scene = build(held);
            pass_.begin({});
            for (int i = 0; i < moment && !pass_.idle(); ++i) pass_.step(1);
            const bool over = pass_.idle();
            if (over) break;
            change(scene);
            finish();
            check(scene, expected, moment);
            scene = {};
            while (run_all().collected > 0) {
            }
            ASSERT_EQ(live_objects(), 0u) << "after step " << moment;
        }
    }
    void check(const Scene& scene, std::size_t expected, int moment) {
        const Ref<Plain>& ring = scene.kept ? scene.kept : scene.held;
        if (!ring) return;
        ASSERT_EQ(live_objects(), expected + 1) << "after step " << moment;
        Ref<Plain> at = ring;
        for (std::size_t i = 0; i < expected; ++i) {
            ASSERT_TRUE(is_alive(id(at))) << moment;
            at = at->left;
            if (!at) break;
        }
        ASSERT_EQ(at, ring) << "the ring is whole";
    }
};

TEST_F(PassDecide, a_ring_that_nobody_holds_is_condemned) {
    Scene scene = build(false);
    EXPECT_EQ(run().collected, 3u);
    EXPECT_TRUE(scene.weak.expired());
    EXPECT_EQ(live_objects(), 1u);
}

TEST_F(PassDecide, a_ring_that_is_held_lives) {
    Scene scene = build(true);
    EXPECT_EQ(run().collected, 0u);
    EXPECT_EQ(refcount(scene.held), 2u);
}

TEST_F(PassDecide, an_upgrade_of_a_weak_reference_saves_the_ring_or_finds_it_dead) {
    int saved = 0;
    int dead = 0;
    at_every_moment(
        false,
        [&](Scene& scene) {
            scene.kept = scene.weak.lock();
            ++(scene.kept ? saved : dead);
        },
        3);
    EXPECT_GT(saved, 10);
    EXPECT_GT(dead, 2);
}

TEST_F(PassDecide, an_upgrade_that_is_dropped_again_at_once_loses_nothing) {
    at_every_moment(false, [](Scene& scene) { scene.weak.lock().reset(); }, 3);
}

TEST_F(PassDecide, a_handle_that_is_copied_keeps_the_ring) {
    at_every_moment(
        true,
        [](Scene& scene) {
            scene.kept = scene.held;
            scene.held.reset();
        },
        3);
}

TEST_F(PassDecide, a_handle_that_moves_along_the_ring_keeps_it) {
    at_every_moment(
        true,
        [](Scene& scene) {
            scene.kept = scene.held->left;
            scene.held.reset();
        },
        3);
}

TEST_F(PassDecide, a_handle_that_is_dropped_leaves_garbage_for_later) {
    at_every_moment(true, [](Scene& scene) { scene.held.reset(); }, 3);
}

// DESIGN, the trace of rule 5: take the field's reference, move the handle into the object taken.
TEST_F(PassDecide, a_taken_reference_keeps_the_ring_it_enters) {
    at_every_moment(
        true,
        [](Scene& scene) {
            Ref<Plain> taken = scene.held->left.take();  // a.left was b
            taken->right = std::move(scene.held);        // b.right = a, moved
            taken->right->left = taken;                  // a.left = b again
            scene.kept = std::move(taken);
            scene.kept->right = nullptr;
        },
        3);
}

// DESIGN, the trace of rule 11: a new object enters the set's edges after its word was read.
TEST_F(PassDecide, a_handle_moved_into_a_new_object_of_the_ring_keeps_it) {
    at_every_moment(
        true,
        [this](Scene& scene) {
            Ref<Plain> fresh = make<Plain>(7);
            scene.held->right = fresh;
            scene.held->right = nullptr;
            fresh->left = std::move(scene.held);
            scene.kept = fresh->left;
            fresh->left = nullptr;
        },
        3);
}

TEST_F(PassDecide, a_reference_that_leaves_the_set_keeps_the_ring) {
    at_every_moment(
        true,
        [](Scene& scene) {
            scene.outside->left = std::move(scene.held);
            scene.kept = scene.outside->left.load();
        },
        3);
}

TEST_F(PassDecide, exchanging_two_fields_inside_the_ring_keeps_what_is_held) {
    at_every_moment(
        true,
        [](Scene& scene) {
            const Ref<Plain>& a = scene.held;
            a->right = a->left->left.load();
            for (int i = 0; i < 2; ++i) a->right = a->left.exchange(a->right.take());
            a->right = nullptr;
        },
        3);
}

TEST_F(PassDecide, a_ring_that_is_cut_dies_by_count_at_once) {
    for (int moment = 0;; ++moment) {
        Scene scene = build(true);
        pass_.begin({});
        for (int i = 0; i < moment && !pass_.idle(); ++i) pass_.step(1);
        const bool over = pass_.idle();
        scene.held->left->left->left = nullptr;
        scene.held.reset();
        EXPECT_TRUE(scene.weak.expired());
        EXPECT_EQ(live_objects(), 1u);
        finish();
        ASSERT_EQ(
            heap_.statistics().used_bytes,
            heap_.blocks().cell_bytes(heap_.blocks().cell_of(header_of(scene.outside.get()))));
        if (over) break;
    }
}

TEST_F(PassDecide, a_live_member_does_not_save_garbage_beside_it) {
    const Ref<Plain> live = make<Plain>(1);
    link(live, make<Plain>(2));
    touch(live);
    for (int i = 0; i < 5; ++i) {
        const Ref<Plain> a = make<Plain>(i);
        link(a, make<Plain>(i));
        a->right = live;  // garbage that refers to what lives
    }
    EXPECT_EQ(run().collected, 10u);
    EXPECT_EQ(refcount(live), 2u);
}

TEST_F(PassDecide, what_garbage_holds_from_the_live_is_given_back_exactly) {
    const Ref<Plain> live = make<Plain>(1);
    for (int i = 0; i < 10; ++i) {
        const Ref<Plain> a = make<Plain>(i);
        a->left = a;
        a->right = live;
        a->any = live;
    }
    EXPECT_EQ(refcount(live), 21u);
    EXPECT_EQ(run().collected, 10u);
    EXPECT_EQ(refcount(live), 1u);
}

TEST_F(PassDecide, a_change_of_a_member_by_the_version_alone_is_seen) {
    Scene scene = build(false);
    const Ref<Plain> held = scene.weak.lock();
    pass_.begin({});
    while (!pass_.idle() && !word_of(held.get()).has(WordValue::kClaimed)) pass_.step(1);
    detail::touch(held.get());
    EXPECT_FALSE(word_of(held.get()).unchanged());
    EXPECT_EQ(finish().collected, 0u);
    EXPECT_EQ(refcount(held), 2u);
}

}  // namespace
}  // namespace ouro
