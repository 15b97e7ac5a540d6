// Goal: an end by count runs in the order that heap/reclaim.cc states, whatever shape the graph
// has. Method: the events of small graphs, whole; of random trees against a recursive model.
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "heap/make.h"
#include "heap/query.h"
#include "heap/values.h"
#include "tests/support/heap_test.h"
#include "tests/support/pass_test.h"
#include "tests/support/random.h"
#include "tests/support/region.h"

namespace ouro {
namespace {

using testing::Destroyed;
using testing::HeapTest;
using testing::Hub;
using testing::Leaf;
using testing::LeafProbe;
using testing::Plain;
using testing::Probe;
namespace events = testing::events;

class ReclaimTest : public HeapTest {};

TEST_F(ReclaimTest, finalizer_then_destructor_then_children_depth_first_in_field_order) {
    Ref<Probe> root = make<Probe>(1);
    root->left = make<Probe>(2);
    root->left->left = make<Probe>(3);
    root->left->right = make<Probe>(4);
    root->right = make<Probe>(5);
    root->any = make<Probe>(6);
    root.reset();
    EXPECT_EQ(events::all(), "F1 D1 F2 D2 F3 D3 F4 D4 F5 D5 F6 D6");
}

TEST_F(ReclaimTest, the_destructor_still_finds_its_fields_set) {
    Ref<Probe> root = make<Probe>(1);
    root->left = make<Probe>(2);
    root->right = make<Probe>(3);
    int seen = 0;
    Probe::on_destroy[1] = [&](Probe& object) { seen = object.left->id * 10 + object.right->id; };
    root.reset();
    EXPECT_EQ(seen, 23);
    EXPECT_EQ(events::all(), "F1 D1 F2 D2 F3 D3");
}

TEST_F(ReclaimTest, a_child_that_others_hold_lives_and_is_reported) {
    const Ref<Probe> shared = make<Probe>(9);
    Ref<Probe> root = make<Probe>(1);
    root->left = shared;
    root->right = shared;
    EXPECT_EQ(refcount(shared), 3u);
    root.reset();
    EXPECT_EQ(events::all(), "F1 D1");
    EXPECT_EQ(refcount(shared), 1u);
    Header* header = testing::header_of(shared);
    EXPECT_TRUE(heap().candidates().lists(heap().blocks().cell_of(header), header->load_word()));
}

TEST_F(ReclaimTest, a_finalizer_that_drops_a_field_ends_the_child_inside) {
    Ref<Probe> root = make<Probe>(1);
    root->left = make<Probe>(2);
    Probe::on_finalize[1] = [](Probe& object) { object.left = nullptr; };
    root.reset();
    EXPECT_EQ(events::all(), "F1 F2 D2 D1");
}

TEST_F(ReclaimTest, a_finalizer_may_add_children_which_end_too) {
    Ref<Probe> root = make<Probe>(1);
    Probe::on_finalize[1] = [&](Probe& object) {
        object.left = make<Probe>(2);
        object.left->left = make<Probe>(3);
    };
    root.reset();
    EXPECT_EQ(events::all(), "F1 D1 F2 D2 F3 D3");
}

TEST_F(ReclaimTest, a_destructor_may_make_and_drop_objects) {
    Ref<Destroyed> root = make<Destroyed>(1);
    root->left = make<Destroyed>(2);
    Destroyed::on_destroy[1] = [&](Destroyed&) { make<Destroyed>(7); };
    root.reset();
    EXPECT_EQ(events::all(), "D1 D7 D2");
}

TEST_F(ReclaimTest, a_finalizer_runs_once_in_a_life) {
    Ref<Probe> root = make<Probe>(1);
    Ref<Probe> kept;
    Probe::on_finalize[1] = [&](Probe& object) { kept = self(&object); };
    root.reset();
    EXPECT_EQ(events::all(), "F1");
    EXPECT_EQ(refcount(kept), 1u);
    kept.reset();
    EXPECT_EQ(events::all(), "F1 D1");
    root = make<Probe>(1);
    Probe::on_finalize.clear();
    root.reset();
    EXPECT_EQ(events::all(), "F1 D1 F1 D1") << "a new object in the same cell has its own";
}

TEST_F(ReclaimTest, a_resurrected_object_keeps_its_children) {
    Ref<Probe> root = make<Probe>(1);
    root->left = make<Probe>(2);
    Ref<Probe> kept;
    Probe::on_finalize[1] = [&](Probe& object) { kept = self(&object); };
    root.reset();
    EXPECT_EQ(kept->left->id, 2);
    EXPECT_EQ(events::all(), "F1");
    kept.reset();
    EXPECT_EQ(events::all(), "F1 D1 F2 D2");
}

TEST_F(ReclaimTest, an_object_resurrected_into_its_own_field_is_left_to_the_collector) {
    Ref<Probe> root = make<Probe>(1);
    Probe::on_finalize[1] = [](Probe& object) { object.left = self(&object); };
    root.reset();
    EXPECT_EQ(events::all(), "F1");
    EXPECT_EQ(collect(), 1u);
    EXPECT_EQ(events::all(), "F1 D1");
}

TEST_F(ReclaimTest, immediates_among_the_children_are_passed_over) {
    Ref<Hub> hub = make_hub(5);
    hub->at(0) = none();
    hub->at(1) = make<LeafProbe>(1);
    hub->at(2) = try_integer(heap(), 7).value();
    hub->at(4) = make<LeafProbe>(2);
    hub.reset();
    EXPECT_EQ(events::all(), "F1 D1 F2 D2");
}

TEST_F(ReclaimTest, the_first_and_the_last_of_many_fields_are_released) {
    for (const std::uint32_t fields : {1u, 2u, 3u, 700u, 30'000u}) {
        events::clear();
        Ref<Hub> hub = make_hub(fields);
        hub->at(0) = make<LeafProbe>(1);
        if (fields > 1) hub->at(fields - 1) = make<LeafProbe>(2);
        hub.reset();
        EXPECT_EQ(events::all(), fields > 1 ? "F1 D1 F2 D2" : "F1 D1");
    }
}

// ---- random trees against a model that recurses

struct ModelNode {
    int id = 0;
    int left = -1;
    int right = -1;
};

std::string expected_events(const std::vector<ModelNode>& tree, int node) {
    if (node < 0) return "";
    const std::string number = std::to_string(tree[node].id);
    return "F" + number + " D" + number + " " + expected_events(tree, tree[node].left) +
           expected_events(tree, tree[node].right);
}

TEST_F(ReclaimTest, random_trees_end_as_the_recursive_model_says) {
    testing::SeededRandom random = testing::seeded_random();
    SCOPED_TRACE(random.seed_text());
    for (int round = 0; round < 50; ++round) {
        events::clear();
        std::vector<ModelNode> model = {{1, -1, -1}};
        std::vector<Ref<Probe>> objects = {make<Probe>(1)};
        while (model.size() < 100) {
            const auto parent = random.below(model.size());
            const bool left = random.below(2) == 0;
            int& slot = left ? model[parent].left : model[parent].right;
            if (slot >= 0) continue;
            slot = static_cast<int>(model.size());
            const int number = static_cast<int>(model.size()) + 1;
            objects.push_back(make<Probe>(number));
            (left ? objects[parent]->left : objects[parent]->right) = objects.back();
            model.push_back({number, -1, -1});
        }
        Ref<Probe> root = objects[0];
        objects.clear();
        root.reset();
        std::string expected = expected_events(model, 0);
        expected.pop_back();
        ASSERT_EQ(events::all(), expected);
    }
}

// ---- nesting

class Nesting : public HeapTest, public ::testing::WithParamInterface<std::uint32_t> {
protected:
    Nesting()
        : HeapTest(kBytes, testing::changed(testing::manual(),
                                            [](auto& c) { c.heap.nesting_max = GetParam(); })) {}
};

TEST_P(Nesting, goes_as_deep_as_is_allowed_and_the_release_ends_all) {
    constexpr int kLength = 300;
    int depth = 0;
    int deepest = 0;
    Ref<Destroyed> list;
    for (int i = kLength; i > 0; --i) {
        list = make<Destroyed>(i, std::move(list));
        Destroyed::on_destroy[i] = [&](Destroyed& node) {
            deepest = std::max(deepest, ++depth);
            node.left = nullptr;
            --depth;
        };
    }
    list.reset();
    EXPECT_EQ(events::count('D'), kLength) << "when the outermost release has returned";
    EXPECT_EQ(deepest, static_cast<int>(std::max(GetParam(), 2u)));
    Destroyed::forget_scripts();
}

TEST_P(Nesting, from_heap_to_heap_leaves_nothing_in_either) {
    constexpr int kLength = 300;
    testing::Region region(testing::kMiB);
    ManagedHeap other(region.span(), testing::changed(testing::manual(), [](auto& c) {
                          c.heap.nesting_max = GetParam();
                      }));
    Ref<Destroyed> list;
    for (int i = kLength; i > 0; --i) {
        list = (i % 2 != 0 ? managed() : other).make<Destroyed>(i, std::move(list));
        Destroyed::on_destroy[i] = [](Destroyed& node) { node.left = nullptr; };
    }
    list.reset();
    EXPECT_EQ(events::count('D'), kLength) << "when the outermost release has returned";
    for (Heap* each : {&heap(), &other.heap()}) {
        EXPECT_EQ(each->statistics().live_objects, 0u);
        EXPECT_EQ(Counters::get(each->counters().nested), 0u);
        EXPECT_FALSE(each->has_postponed());
    }
    Destroyed::forget_scripts();
}

// Nothing may end where user code is as deep as it may be; who asks there is not to wait for it.
TEST_P(Nesting, the_deepest_user_code_may_collect_step_and_drain) {
    constexpr int kLength = 300;
    int asked = 0;
    Ref<Destroyed> list;
    for (int i = kLength; i > 0; --i) {
        list = make<Destroyed>(i, std::move(list));
        Destroyed::on_destroy[i] = [&](Destroyed& node) {
            node.left = nullptr;
            if (node.id % 50 != 0 && node.id != 2) return;
            ++asked;
            testing::drop_ring_of_two<Plain>(managed(), 1, 2);
            EXPECT_EQ(collector().collect().error, Error::none);
            for (int calls = 0; collector().step(1000); ++calls) ASSERT_LT(calls, 1000);
            for (int calls = 0; collector().drain(10); ++calls) ASSERT_LT(calls, 1000);
        };
    }
    list.reset();
    EXPECT_EQ(asked, 7);
    EXPECT_EQ(events::count('D'), kLength) << "when the outermost release has returned";
    collect();
    EXPECT_EQ(live_objects(), 0u);
    Destroyed::forget_scripts();
}

INSTANTIATE_TEST_SUITE_P(Depths, Nesting, ::testing::Values(0, 2, 4, 64, 200));

// ---- bounded cascades, without a collector's help

class BoundedCascade : public HeapTest {
protected:
    BoundedCascade() : HeapTest(kBytes, testing::bounded(testing::manual())) {}

    Ref<Destroyed> list_of(int length) {
        Ref<Destroyed> first;
        for (int i = length; i > 0; --i) first = make<Destroyed>(i, std::move(first));
        return first;
    }
};

TEST_F(BoundedCascade, one_release_ends_no_more_objects_than_the_bound) {
    Ref<Destroyed> list = list_of(1000);
    list.reset();
    EXPECT_EQ(events::count('D'), 10);
}

TEST_F(BoundedCascade, a_heap_with_a_rest_that_waits_is_sound) {
    Ref<Destroyed> list = list_of(1000);
    list.reset();
    EXPECT_TRUE(testing::is_sound(collector()));
}

TEST_F(BoundedCascade, a_collection_ends_the_rest) {
    Ref<Destroyed> list = list_of(1000);
    list.reset();
    collect();
    EXPECT_EQ(events::count('D'), 1000);
    EXPECT_EQ(live_objects(), 0u);
}

TEST_F(BoundedCascade, a_rest_that_somebody_took_up_again_lives) {
    Ref<Destroyed> list = list_of(100);
    Weak<Destroyed> eleventh;
    Ref<Destroyed> at = list;
    for (int i = 1; i < 11; ++i) at = at->left;
    eleventh = at;
    at.reset();
    list.reset();
    ASSERT_EQ(events::count('D'), 10);
    Ref<Destroyed> again = eleventh.lock();
    ASSERT_TRUE(static_cast<bool>(again));
    EXPECT_EQ(refcount(again), 1u) << "the heap's own reference does not show";
    collect();
    EXPECT_EQ(events::count('D'), 10);
    EXPECT_EQ(again->left->id, 12);
    again.reset();
    collect();
    EXPECT_EQ(events::count('D'), 100);
}

TEST_F(BoundedCascade, wide_objects_keep_the_bound_too) {
    Ref<Hub> hub = make_hub(200);
    for (int i = 0; i < 200; ++i) hub->at(i) = make<Destroyed>(i + 1);
    hub.reset();
    EXPECT_LE(events::count('D'), 10);
    collect();
    EXPECT_EQ(events::count('D'), 200);
}

TEST_F(BoundedCascade, references_to_what_lives_on_count_towards_the_bound) {
    const Ref<Plain> shared = make<Plain>(1);
    Ref<Hub> hub = make_hub(3000);
    for (int i = 0; i < 3000; ++i) hub->at(i) = shared;
    ASSERT_EQ(refcount(shared), 3001u);
    hub.reset();
    EXPECT_GE(refcount(shared), 3001u - 11);
    collect();
    EXPECT_EQ(refcount(shared), 1u);
}

TEST_F(BoundedCascade, drain_ends_the_rest_without_a_collection) {
    Ref<Destroyed> list = list_of(1000);
    list.reset();
    int calls = 0;
    while (collector().drain(10) && ++calls < 1000) {
    }
    EXPECT_EQ(events::count('D'), 1000);
}

TEST_F(ReclaimTest, what_a_pass_lets_go_may_hold_an_object_of_another_heap) {
    testing::Region region(testing::kMiB);
    ManagedHeap other(region.span(), testing::manual());
    {
        const Ref<Plain> holder = make<Plain>(2);
        collector().freeze();  // a pass ends it by count
        holder->any = other.make<testing::Leaf>();
        const Ref<Plain> ring = make<Plain>(1);
        ring->left = ring;
        ring->any = holder;
    }
    EXPECT_EQ(collect(), 1u);
    EXPECT_EQ(live_objects(), 0u);
    other.collect();  // settles what was put off there
    EXPECT_EQ(other.statistics().live_objects, 0u);
}

/// A heap whose hooks nobody has set.
class WithoutCollector : public testing::PassTest {
protected:
    ~WithoutCollector() override { Destroyed::forget_scripts(); }
};

TEST_F(WithoutCollector, what_nests_too_deep_waits_for_a_pass) {
    constexpr int kDepth = 64;
    Ref<Destroyed> list;
    for (int i = kDepth + 5; i > 0; --i) {
        list = make<Destroyed>(i, std::move(list));
        Destroyed::on_destroy[i] = [](Destroyed& node) { node.left = nullptr; };
    }
    list.reset();
    EXPECT_EQ(events::count('D'), kDepth);
    ASSERT_TRUE(heap_.has_postponed());
    PassOptions options;
    options.only_postponed = true;
    run(options);
    heap_.settle_postponed(pass_.take_postponed(), 0);
    EXPECT_EQ(events::count('D'), kDepth + 5);
    EXPECT_FALSE(heap_.has_postponed());
}

}  // namespace
}  // namespace ouro
