// Goal: small groups of plain objects are decided about at once, and it makes no difference to what
// is found: what lives stays, what does not goes in one pass, whatever it is connected with.
// Method: a pass of its own with large steps, beside graphs of which parts are fit for it.
#include "gc/small_set.h"

#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "gc/pass.h"
#include "heap/guard.h"
#include "tests/support/probe.h"
#include "tests/support/region.h"

namespace ouro {
namespace {

using testing::Finalized;
using testing::Leaf;
using testing::Plain;

/// Fit to be a member: a few fields, and nothing is to be done at its end.
struct Node {
    Field<Node> left;
    Field<Node> right;
    Field<Object> any;
};
/// One field too many.
struct Broad {
    Field<Object> any;
    Field<Object> others[SmallSet::kFieldsMax];

    static constexpr auto ouro_fields = fields<&Broad::any, &Broad::others>;
};

class SmallSets : public ::testing::Test {
protected:
    SmallSets() : region_(1 << 20), heap_(*Heap::create(region_.span()).value()) {}
    ~SmallSets() override {
        EXPECT_EQ(heap_.blocks().verify(), nullptr);
        heap_.destroy();
    }

    Ref<Node> make_pair() {
        Ref<Node> one = make<Node>(heap_);
        one->left = make<Node>(heap_);
        one->left->left = one;
        return one;
    }
    Ref<Node> make_ring(std::uint32_t members) {
        Ref<Node> first = make<Node>(heap_), last = first;
        for (std::uint32_t i = 1; i < members; ++i) {
            Ref<Node> next = make<Node>(heap_);
            last->left = next;
            last = std::move(next);
        }
        last->left = first;
        return first;
    }
    template <class T>
    void touch(const Ref<T>& ref) {
        const Ref<T> copy = ref;  // NOLINT: its end is the decrement
    }

    /// A pass, in steps that are large enough.
    PassResult run(const PassOptions& options = {}) {
        pass_.begin(options);
        while (!pass_.idle()) pass_.step(kUnits);
        EXPECT_FALSE(pass_.result().aborted);
        return pass_.result();
    }
    /// Steps until something has been collected: before the pass decides about its set?
    bool are_decided_at_once(std::uint32_t units = SmallSet::kUnitsMost) {
        pass_.begin({});
        while (!pass_.idle() && pass_.result().collected == 0) pass_.step(units);
        const bool at_once = !pass_.idle() && pass_.result().collected <= SmallSet::kMembersMax;
        while (!pass_.idle()) pass_.step(kUnits);
        return at_once;
    }
    std::size_t live_objects() { return heap_.statistics().live_objects; }

    static constexpr std::uint32_t kUnits = 4096;
    testing::Region region_;
    Heap& heap_;
    Pass pass_{heap_, true};
};

TEST_F(SmallSets, are_decided_before_their_pass_decides) {
    for (int i = 0; i < 200; ++i) make_pair();
    EXPECT_TRUE(are_decided_at_once());
    EXPECT_EQ(pass_.result().collected, 400u);
    EXPECT_EQ(pass_.result().examined, 400u);
    EXPECT_EQ(live_objects(), 0u);
}

TEST_F(SmallSets, are_not_where_a_pass_is_told_so) {
    Pass plain(heap_, false);
    for (int i = 0; i < 200; ++i) make_pair();
    plain.begin({});
    for (int step = 0; step < 3; ++step) plain.step(SmallSet::kUnitsMost);
    EXPECT_EQ(plain.result().collected, 0u);
    while (!plain.idle()) plain.step(kUnits);
    EXPECT_EQ(plain.result().collected, 400u);
}

TEST_F(SmallSets, are_not_in_short_steps) {
    for (int i = 0; i < 200; ++i) make_pair();
    EXPECT_FALSE(are_decided_at_once(SmallSet::kUnitsMost - 1));
    EXPECT_EQ(live_objects(), 0u);
}

TEST_F(SmallSets, are_not_while_a_guard_is_open) {
    for (int i = 0; i < 200; ++i) make_pair();
    {
        Guard guard(heap_);
        EXPECT_FALSE(are_decided_at_once());
    }
    EXPECT_EQ(live_objects(), 0u);
}

TEST_F(SmallSets, are_not_where_more_lives_than_ends) {
    std::vector<Ref<Node>> live;
    for (int i = 0; i < 1000; ++i) make_pair();
    for (int i = 0; i < 400; ++i) live.push_back(make_pair());
    // The pages that were listed last are asked first.
    for (const Ref<Node>& ref : live) touch(ref);
    EXPECT_FALSE(are_decided_at_once());
    EXPECT_EQ(pass_.result().collected, 2000u);
    EXPECT_EQ(live_objects(), 800u);
}

TEST_F(SmallSets, keep_to_the_limit_of_objects_for_a_root) {
    make_ring(8);
    PassOptions options;
    options.objects_per_root = 4;
    EXPECT_EQ(run(options).gave_up_roots, 1u);
    EXPECT_EQ(live_objects(), 8u);
    options.include_deferred = true;
    EXPECT_EQ(run(options).collected, 8u);
}

TEST_F(SmallSets, take_with_them_what_waits_as_a_deferred_candidate) {
    Ref<Node> asked = make_pair();
    touch(asked);
    run();
    touch(asked);
    run();
    ASSERT_TRUE(pass_.has_deferred());
    Ref<Node> ring = make_pair();
    ring->right = std::move(asked);
    ring.reset();
    EXPECT_EQ(run().collected, 4u);
    EXPECT_EQ(live_objects(), 0u);
}

// What keeps a group is one borrowed member; when it has been given back, all of the group goes.
TEST_F(SmallSets, of_which_the_last_is_borrowed_end_when_it_is_given_back) {
    const Ref<Node> holder = make<Node>(heap_);
    {
        const Ref<Node> tail = make<Node>(heap_);
        tail->left = tail;
        holder->right = tail;
    }
    {
        Guard guard(heap_);
        const auto lent = holder->right.borrow(guard);
        Ref<Node> ring = make_pair();
        ring->right = holder->right.take();
        ring.reset();
        run();
        EXPECT_EQ(lent->left.load().get(), lent.get());
    }
    PassOptions all;
    all.include_deferred = true;
    run(all);
    EXPECT_EQ(live_objects(), 1u);
}

TEST_F(SmallSets, of_every_size_end_up_to_more_than_one_may_have) {
    for (std::uint32_t members = 1; members <= SmallSet::kGroupMax + 3; ++members) {
        make_ring(members);
        EXPECT_EQ(run().collected, members);
        for (int i = 0; i < 10; ++i) make_ring(members);
        EXPECT_EQ(run().collected, 10 * members);
    }
}

TEST_F(SmallSets, that_live_stay_and_their_root_waits_when_it_is_reported_again) {
    const Ref<Node> live = make_pair();
    touch(live);
    EXPECT_EQ(run().examined, 2u);
    EXPECT_EQ(run().examined, 0u);
    touch(live);
    EXPECT_EQ(run().examined, 0u);
    EXPECT_TRUE(pass_.has_deferred());
    PassOptions all;
    all.include_deferred = true;
    EXPECT_EQ(run(all).examined, 2u);
    EXPECT_EQ(live_objects(), 2u);
    EXPECT_EQ(live->left->left.load(), live);
}

TEST_F(SmallSets, that_were_asked_alive_end_when_they_are_let_go) {
    Ref<Node> live = make_pair();
    touch(live);
    run();
    live = live->left;  // reported, and not by the root that waits
    live.reset();
    EXPECT_EQ(run().collected, 2u);
}

TEST_F(SmallSets, that_are_half_alive_end_in_part) {
    const Ref<Node> live = make<Node>(heap_);
    Ref<Node> ring = make_pair();
    ring->right = live;
    live->left = make<Node>(heap_);
    ring.reset();
    EXPECT_EQ(run().collected, 2u);
    EXPECT_EQ(live_objects(), 2u);
}

TEST_F(SmallSets, are_fed_by_what_is_found_later) {
    // The first candidate is kept alive by what only the second leads to.
    for (int order = 0; order < 2; ++order) {
        Ref<Node> first = make_pair(), second = make_pair();
        const Ref<Node>& from = order == 0 ? second : first;
        from->right = order == 0 ? first : second;
        first.reset();
        second.reset();
        EXPECT_EQ(run().collected, 4u) << order;
    }
}

// To end it at once would change a word of the set, and what is garbage there would be kept.
TEST_F(SmallSets, that_refer_to_a_member_of_the_set_enter_it) {
    for (int order = 0; order < 2; ++order) {
        std::array<Ref<Node>, 2> ring = {make_pair(), make_pair()};
        const Ref<Node>& in_set = ring[order];
        in_set->any = make<Plain>(heap_, 0);  // does not fit
        cast<Plain>(in_set->any.load())->any = in_set;
        ring[1 - order]->right = in_set;
        for (Ref<Node>& one : ring) one.reset();
        EXPECT_EQ(run().collected, 5u) << order;
        EXPECT_EQ(live_objects(), 0u);
    }
}

TEST_F(SmallSets, let_go_of_what_is_outside) {
    const Ref<Leaf> kept = make<Leaf>(heap_);
    Ref<Node> ring = make_pair();
    ring->any = kept;
    ring->left->any = make<Leaf>(heap_);
    ring.reset();
    EXPECT_EQ(run().collected, 2u);
    EXPECT_EQ(live_objects(), 1u);
    EXPECT_EQ(refcount(kept), 1u);
}

TEST_F(SmallSets, with_members_that_do_not_fit_are_asked_in_the_ordinary_way) {
    Ref<Node> ring = make_pair();
    const auto close = [&ring](const auto& unfit) {
        unfit->any = ring;
        ring->left->any = unfit;
    };
    close(make<Broad>(heap_));
    ring = make_pair();
    Weak<Plain> watch;
    {
        const Ref<Plain> unfit = make<Plain>(heap_, 0);
        watch = unfit;
        close(unfit);
    }
    ring.reset();
    EXPECT_EQ(run().collected, 6u);
    EXPECT_FALSE(static_cast<bool>(watch.lock()));
}

TEST_F(SmallSets, are_kept_whole_where_a_pass_keeps_what_it_finds) {
    for (int i = 0; i < 10; ++i) make_pair();
    PassOptions rehearsal;
    rehearsal.rehearsal = true;
    pass_.begin(rehearsal);
    while (!pass_.idle()) pass_.step(kUnits);
    EXPECT_EQ(pass_.result().collected, 0u);
    EXPECT_EQ(live_objects(), 20u);
    EXPECT_EQ(run().collected, 20u);
}

class SmallSetsOfACollector : public ::testing::Test {
protected:
    void start(bool small_sets) {
        ManagedHeapConfig config;
        config.collector.background = false;
        config.collector.small_sets = small_sets;
        heap_.emplace(region_.span(), config);
    }
    /// A ring of one, with a finalized object in it or not.
    void drop_ring(bool finalized) {
        const Ref<Node> one = heap_->make<Node>();
        one->left = one;
        if (!finalized) return;
        const Ref<Finalized> unfit = heap_->make<Finalized>(7);
        unfit->any = one;
        one->any = unfit;
    }

    testing::Region region_{1 << 20};
    std::optional<ManagedHeap> heap_;
};

TEST_F(SmallSetsOfACollector, beside_finalizers_are_told_apart) {
    for (const bool small_sets : {false, true}) {
        start(small_sets);
        testing::events::clear();
        drop_ring(true);
        drop_ring(false);
        EXPECT_EQ(heap_->collect().unreachable, 3u);
        EXPECT_EQ(testing::events::count('F', 7), 1);
        EXPECT_EQ(heap_->statistics().live_objects, 0u);
        EXPECT_EQ(heap_->collector().statistics().collected, 3u);
    }
}

TEST_F(SmallSetsOfACollector, do_not_take_what_is_frozen_with_them) {
    start(true);
    Ref<Node> frozen = heap_->make<Node>();
    heap_->collector().freeze();
    Ref<Node> before = heap_->make<Node>(), behind = heap_->make<Node>();
    before->left = before;
    before->right = frozen;
    behind->left = behind;
    frozen->right = behind;
    const std::uint64_t held = refcount(frozen);
    before.reset();
    behind.reset();
    EXPECT_EQ(heap_->collect().unreachable, 1u);
    EXPECT_EQ(refcount(frozen), held - 1);
    EXPECT_EQ(heap_->statistics().live_objects, 2u);
    frozen.reset();  // frozen, it ends by its count
    EXPECT_EQ(heap_->collect().unreachable, 1u);
    EXPECT_EQ(heap_->statistics().live_objects, 0u);
}

TEST_F(SmallSetsOfACollector, are_saved_whole) {
    start(true);
    heap_->collector().set_save_all(true);
    drop_ring(false);
    EXPECT_EQ(heap_->collect().unreachable, 1u);
    EXPECT_EQ(heap_->statistics().live_objects, 1u);
    heap_->collector().set_save_all(false);
    heap_->collector().clear_garbage();
    heap_->collect();
    EXPECT_EQ(heap_->statistics().live_objects, 0u);
}

}  // namespace
}  // namespace ouro
