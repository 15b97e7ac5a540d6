// Goal: no step of a pass or of a batch does more than its budget, whatever the heap looks like,
// and nothing is gone through twice.
// Method: heaps that invite long steps, one kind for each loop, and counts of what a step has done:
// members, objects given back, looks at headers. No times.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "tests/support/pass_test.h"

namespace ouro {
namespace {

using testing::Destroyed;
using testing::Finalized;
using testing::Hub;
using testing::LeafProbe;
using testing::PassTest;
using testing::Plain;
namespace events = testing::events;

constexpr std::uint32_t kUnits = 8;
// The budget and the unit that is one too many.
constexpr std::size_t kMost = kUnits + 1;

class BudgetTest : public PassTest {
protected:
    BudgetTest() : batch_(heap_, pass_, lock_) {}

    /// The largest change of `count` in one step, over the whole pass.
    template <class Count>
    std::size_t most_in_a_step(Count&& count) {
        std::size_t most = 0;
        for (int steps = 0; !pass_.idle(); ++steps) {
            if (steps == 1'000'000) {
                ADD_FAILURE() << "the pass gets nowhere";
                std::abort();
            }
            const auto before = static_cast<std::int64_t>(count());
            pass_.step(kUnits);
            const auto change = static_cast<std::int64_t>(count()) - before;
            most = std::max(most, static_cast<std::size_t>(change < 0 ? -change : change));
        }
        return most;
    }
    template <class T>
    void drop_ring(int members) {
        const Ref<T> first = make<T>(1);
        Ref<T> last = first;
        for (int i = 1; i < members; ++i) {
            const Ref<T> next = make<T>(i + 1);
            last->left = next;
            last = next;
        }
        last->left = first;
    }
    Ref<Hub> make_hub(std::uint32_t fields) {
        return try_make_variable<Hub>(heap_, Trailing{fields, 0}).value();
    }
    void end_batch() {
        testing::run_finalizers(batch_);
        if (pass_.batch_is_alive()) {
            pass_.begin_batch(false, false);
            finish();
        }
        std::uint32_t looks = Batch::kUnlimited;
        std::size_t uncollectable = 0;
        while (!batch_.empty()) batch_.take_apart(~0u, looks, false, uncollectable);
    }

    PassLock lock_;
    Batch batch_;
};

TEST_F(BudgetTest, members_are_claimed_one_by_one) {
    drop_ring<Plain>(500);
    pass_.begin({});
    EXPECT_LE(most_in_a_step([&] { return pass_.result().examined; }), kMost);
    EXPECT_EQ(pass_.result().collected, 500u);
}

TEST_F(BudgetTest, members_are_given_back_one_by_one) {
    drop_ring<Plain>(500);
    pass_.begin({});
    EXPECT_LE(most_in_a_step([&] { return live_objects(); }), kMost);
    EXPECT_EQ(live_objects(), 0u);
}

TEST_F(BudgetTest, many_candidates_on_a_page_are_asked_one_by_one) {
    std::vector<Ref<Plain>> live;
    for (int i = 0; i < 500; ++i) {
        live.push_back(make<Plain>(i));
        touch(live.back());
    }
    pass_.begin({});
    EXPECT_LE(most_in_a_step([&] { return pass_.result().examined; }), kMost);
    EXPECT_EQ(pass_.result().examined, 500u);
}

TEST_F(BudgetTest, the_references_of_one_object_are_followed_one_by_one) {
    {
        const Ref<Hub> hub = make_hub(3000);
        hub->owner = hub;
        for (std::size_t i = 0; i < 3000; ++i) {
            const Ref<Plain> spoke = make<Plain>(static_cast<int>(i));
            spoke->any = hub;
            hub->at(i) = spoke;
        }
    }
    pass_.begin({});
    std::size_t most = 0;
    const auto both = [&] { return pass_.result().examined + live_objects(); };
    most = most_in_a_step(both);
    EXPECT_LE(most, kMost);
    EXPECT_EQ(live_objects(), 0u);
}

TEST_F(BudgetTest, what_a_root_gave_up_has_claimed_is_let_go_one_by_one) {
    const Ref<Hub> hub = make_hub(2000);
    std::vector<Ref<Plain>> spokes;
    for (std::size_t i = 0; i < 2000; ++i) {
        spokes.push_back(make<Plain>(static_cast<int>(i)));
        hub->at(i) = spokes.back();
    }
    touch(hub);
    PassOptions options;
    options.objects_per_root = 1000;
    pass_.begin(options);
    const auto claimed = [&] {
        return std::count_if(spokes.begin(), spokes.end(), [&](const Ref<Plain>& spoke) {
            return word_of(spoke.get()).has(WordValue::kClaimed);
        });
    };
    EXPECT_LE(most_in_a_step(claimed), kMost);
    EXPECT_GE(pass_.result().gave_up_roots, 1u);
}

TEST_F(BudgetTest, a_called_off_pass_puts_its_pages_back_one_by_one) {
    std::vector<Ref<Plain>> live;
    for (int i = 0; i < 5000; ++i) {
        live.push_back(make<Plain>(i));
        touch(live.back());
    }
    pass_.begin({});
    pass_.stop_gathering();
    std::size_t steps = 0;
    for (; !pass_.idle(); ++steps) pass_.step(1);
    EXPECT_GE(steps, 5000u / kCellsMax);
}

TEST_F(BudgetTest, a_batch_is_gone_through_once_however_many_finalizers_it_has) {
    constexpr int kMembers = 1000;
    drop_ring<Finalized>(kMembers);
    run();
    // Every call may look as far as it likes, and says how far it did.
    std::uint64_t looked = 0;
    int run_by_now = 0;
    for (bool done = false; !done;) {
        std::uint32_t looks = 1'000'000;
        Header* due = batch_.next_due(looks, done);
        looked += 1'000'000 - looks;
        if (due == nullptr) continue;
        batch_.finalize(due);
        ++run_by_now;
    }
    EXPECT_EQ(run_by_now, kMembers);
    EXPECT_LE(looked, 20u * kMembers) << "not the square of their number";
    end_batch();
}

TEST_F(BudgetTest, a_look_for_a_finalizer_stops_when_its_looks_are_used_up) {
    drop_ring<Finalized>(300);
    run();
    testing::run_finalizers(batch_);  // none is due any more
    bool done = false;
    std::uint32_t looks = 0;
    int calls = 0;
    for (; !done && calls < 100'000; ++calls) {
        looks = 16;
        EXPECT_EQ(batch_.next_due(looks, done), nullptr);
    }
    EXPECT_GE(calls, 300 * 4 / 16);
    end_batch();
}

TEST_F(BudgetTest, an_emergency_may_take_members_that_the_cursor_has_seen) {
    for (int i = 0; i < 40; ++i) {
        drop_ring<Plain>(3);
        const Ref<Finalized> due = make<Finalized>(i + 1);
        due->left = due;
    }
    run();  // one set, and so one batch
    bool done = false;
    std::uint32_t looks = 1'000;
    ASSERT_NE(batch_.next_due(looks, done), nullptr);
    pass_.begin_batch(true, false);  // takes out what no finalizer can reach
    EXPECT_EQ(finish().collected, 120u);
    std::vector<Ref<Plain>> in_their_place;
    for (int i = 0; i < 120; ++i) in_their_place.push_back(make<Plain>(i));
    EXPECT_TRUE(testing::run_finalizers(batch_));
    EXPECT_EQ(events::count('F'), 40);
    end_batch();
    EXPECT_EQ(live_objects(), 120u);
}

/// Many references, and a destructor.
struct LoudHub : public Variable {
    ~LoudHub() { events::add('H', 1); }
    Field<Object> owner;
    static constexpr auto ouro_fields = fields<&LoudHub::owner>;
};

TEST_F(BudgetTest, the_references_of_a_member_with_a_destructor_go_within_the_looks) {
    {
        const Ref<LoudHub> hub = try_make_variable<LoudHub>(heap_, Trailing{1000, 0}).value();
        hub->owner = hub;
        for (int i = 0; i < 1000; ++i)
            trailing_fields<Object>(hub.get())[static_cast<std::size_t>(i)] =
                make<LeafProbe>(i + 1);
    }
    EXPECT_EQ(run().batched, 1u);
    std::size_t reclaimed = 0, uncollectable = 0;
    int most = 0;
    for (int calls = 0; !batch_.empty(); ++calls) {
        ASSERT_LT(calls, 10'000);
        const int before = events::count('D');
        std::uint32_t looks = 16;
        reclaimed += batch_.take_apart(1, looks, false, uncollectable);
        most = std::max(most, events::count('D') - before);
    }
    EXPECT_LE(most, 16);
    EXPECT_EQ(events::count('D'), 1000);
    EXPECT_EQ(events::count('H'), 1);
    EXPECT_EQ(reclaimed, 1u);
    EXPECT_EQ(live_objects(), 0u);
}

}  // namespace
}  // namespace ouro
