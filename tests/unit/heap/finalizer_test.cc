// Goal: a finalizer's function is called at most once: at the target's death, by hand, or at the
// end of the heap; newest first. Method: functions that note their argument; deaths by count, by
// collection, at exit; races of all who may decide.
#include "heap/finalizer.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/support/heap_test.h"
#include "tests/support/threads.h"

namespace ouro {
namespace {

using testing::HeapTest;
using testing::Leaf;
using testing::Plain;
using testing::Probe;
namespace events = testing::events;

Ref<Object> note(const Ref<Object>& argument) {
    events::add('f', static_cast<int>(as_integer(argument).value_or(99)));
    return argument;
}

class FinalizerTest : public HeapTest {
protected:
    Ref<Object> integer(std::int64_t value) { return try_integer(heap(), value).value(); }
    Ref<Finalizer> finalize(const Ref<Object>& target, int number) {
        return try_finalize(target, &note, integer(number)).value();
    }
};

TEST_F(FinalizerTest, runs_once_when_its_target_dies_though_nobody_holds_it) {
    Ref<Plain> target = make<Plain>(1);
    finalize(target, 1);
    EXPECT_EQ(refcount(target), 1u);
    EXPECT_EQ(live_objects(), 2u);
    target.reset();
    EXPECT_EQ(events::all(), "f1");
    EXPECT_EQ(live_objects(), 0u) << "it is forgotten";
}

TEST_F(FinalizerTest, call_runs_it_now_and_returns_the_result) {
    Ref<Plain> target = make<Plain>(1);
    const Ref<Finalizer> finalizer = finalize(target, 7);
    EXPECT_TRUE(finalizer->alive());
    EXPECT_EQ(as_integer(finalizer->call()), 7);
    EXPECT_FALSE(finalizer->alive());
    EXPECT_FALSE(finalizer->call());
    EXPECT_FALSE(finalizer->peek());
    EXPECT_FALSE(finalizer->detach());
    EXPECT_EQ(refcount(finalizer), 1u) << "the heap's reference has gone";
    target.reset();
    EXPECT_EQ(events::all(), "f7");
}

TEST_F(FinalizerTest, detach_keeps_it_from_running) {
    Ref<Plain> target = make<Plain>(1);
    const Ref<Finalizer> finalizer = finalize(target, 3);
    const Finalizer::Registration was = finalizer->detach();
    ASSERT_TRUE(was);
    EXPECT_EQ(was.target, target);
    EXPECT_EQ(was.function, &note);
    EXPECT_EQ(as_integer(was.argument), 3);
    EXPECT_FALSE(finalizer->alive());
    EXPECT_FALSE(finalizer->detach());
    EXPECT_FALSE(finalizer->call());
}

TEST_F(FinalizerTest, peek_shows_what_would_be_called) {
    Ref<Plain> target = make<Plain>(1);
    const Ref<Finalizer> finalizer = finalize(target, 3);
    {
        const Finalizer::Registration now = finalizer->peek();
        EXPECT_EQ(now.target, target);
        EXPECT_EQ(now.function, &note);
        EXPECT_EQ(as_integer(now.argument), 3);
    }
    EXPECT_TRUE(finalizer->alive());
    target.reset();
    EXPECT_FALSE(finalizer->peek());
    EXPECT_FALSE(finalizer->alive());
}

TEST_F(FinalizerTest, several_of_one_target_run_the_newest_first) {
    Ref<Plain> target = make<Plain>(1);
    finalize(target, 1);
    finalize(target, 2);
    const Ref<Finalizer> third = finalize(target, 3);
    finalize(target, 4);
    const Ref<Finalizer> fifth = finalize(target, 5);
    EXPECT_TRUE(fifth->detach());
    third->call();
    target.reset();
    EXPECT_EQ(events::all(), "f3 f4 f2 f1");
}

TEST_F(FinalizerTest, by_count_it_runs_after_the_targets_own_finalizer_by_collection_before) {
    Ref<Probe> target = make<Probe>(1);
    finalize(target, 1);
    target.reset();
    EXPECT_EQ(events::all(), "F1 f1 D1");
    events::clear();
    target = make<Probe>(2);
    finalize(target, 2);
    target->left = target;
    target.reset();
    EXPECT_EQ(collect(), 2u) << "with the finalizer, which nothing holds when it has run";
    EXPECT_EQ(events::all(), "f2 F2 D2");
}

TEST_F(FinalizerTest, its_argument_is_let_go_when_it_has_run_or_was_detached) {
    const Ref<Leaf> argument = make<Leaf>();
    Ref<Plain> target = make<Plain>(1);
    const Ref<Finalizer> first = try_finalize(target, &note, argument).value();
    const Ref<Finalizer> second = try_finalize(target, &note, argument).value();
    EXPECT_EQ(refcount(argument), 3u);
    EXPECT_TRUE(second->detach());
    EXPECT_EQ(refcount(argument), 2u);
    target.reset();
    EXPECT_EQ(refcount(argument), 1u);
    EXPECT_EQ(refcount(first), 1u);
}

TEST_F(FinalizerTest, what_cannot_be_watched_is_refused) {
    const Ref<Plain> target = make<Plain>(1);
    EXPECT_EQ(try_finalize(nullptr, &note).error(), Error::wrong_type);
    EXPECT_EQ(try_finalize(target, nullptr).error(), Error::wrong_type);
    EXPECT_EQ(try_finalize(none(), &note).error(), Error::not_supported);
    EXPECT_EQ(try_finalize(make<Leaf>(), &note).error(), Error::not_supported);
}

TEST_F(FinalizerTest, an_argument_that_leads_to_the_target_keeps_it_until_the_end_of_the_heap) {
    Ref<Probe> target = make<Probe>(1);
    try_finalize(target, &note, target).value();
    target.reset();
    EXPECT_EQ(collect(), 0u);
    EXPECT_EQ(events::all(), "");
    end_heap();
    EXPECT_EQ(events::all(), "f99 F1 D1");
}

TEST_F(FinalizerTest, at_exit_the_rest_runs_the_newest_first_unless_told_not_to) {
    const Ref<Plain> target = make<Plain>(1);
    finalize(target, 1);
    const Ref<Finalizer> second = finalize(target, 2);
    const Ref<Plain> other = make<Plain>(2);
    finalize(other, 3);
    finalize(target, 4);
    EXPECT_TRUE(second->at_exit());
    second->set_at_exit(false);
    EXPECT_FALSE(second->at_exit());
    end_heap();
    EXPECT_EQ(events::all(), "f4 f3 f1");
    EXPECT_FALSE(second->alive()) << "it will never run";
}

TEST_F(FinalizerTest, at_exit_those_made_meanwhile_run_next) {
    static Ref<Plain> target;
    target = make<Plain>(1);
    finalize(target, 1);
    try_finalize(target, [](const Ref<Object>&) -> Ref<Object> {
        events::add('f', 2);
        EXPECT_TRUE(try_finalize(target, &note).ok());
        return {};
    }).value();
    end_heap();
    EXPECT_EQ(events::all(), "f2 f99 f1");
    target.reset();
}

TEST_F(FinalizerTest, at_exit_who_runs_is_chosen_at_once) {
    static Ref<Finalizer> passed;
    const Ref<Plain> target = make<Plain>(1);
    passed = finalize(target, 1);
    passed->set_at_exit(false);
    try_finalize(target, [](const Ref<Object>&) -> Ref<Object> {
        passed->set_at_exit(true);  // too late
        passed.reset();
        return {};
    }).value();
    end_heap();
    EXPECT_EQ(events::all(), "");
}

TEST_F(FinalizerTest, at_exit_who_runs_is_chosen_again_when_others_are_made) {
    static Ref<Finalizer> passed;
    static Ref<Plain> target;
    target = make<Plain>(1);
    passed = finalize(target, 1);
    passed->set_at_exit(false);
    try_finalize(target, [](const Ref<Object>&) -> Ref<Object> {
        passed->set_at_exit(true);
        EXPECT_TRUE(try_finalize(target, &note).ok());
        return {};
    }).value();
    end_heap();
    EXPECT_EQ(events::all(), "f99 f1");
    passed.reset();
    target.reset();
}

TEST_F(FinalizerTest, at_exit_the_death_of_a_target_runs_also_those_that_were_passed) {
    static Ref<Plain> target;
    target = make<Plain>(1);
    const Ref<Plain> other = make<Plain>(2);
    try_finalize(other, [](const Ref<Object>&) -> Ref<Object> {
        target.reset();
        return {};
    }).value();
    finalize(target, 5)->set_at_exit(false);
    end_heap();
    EXPECT_EQ(events::all(), "f5");
}

TEST_F(FinalizerTest, at_exit_it_runs_before_the_last_collection_and_none_can_be_made_after) {
    const Ref<Plain> target = make<Plain>(1);
    Error error = Error::none;
    Probe::on_finalize[9] = [&](Probe&) { error = try_finalize(target, &note).error(); };
    testing::drop_self_loop<Probe>(managed(), 9);
    finalize(target, 1);
    end_heap();
    EXPECT_EQ(events::all(), "f1 F9 D9");
    EXPECT_EQ(error, Error::shut_down);
}

TEST_F(FinalizerTest, every_race_is_decided_once) {
    restart(testing::with_background());
    for (int i = 0; i < 300; ++i) {
        events::clear();
        Ref<Plain> target = make<Plain>(1);
        if (i % 2 == 1) target->left = target;
        const Ref<Finalizer> finalizer = finalize(target, 1);
        testing::run_threads(4, [&](std::size_t thread) {
            if (thread == 0) target.reset();
            if (thread == 1 && finalizer->detach()) events::add('d', 1);
            if (thread == 2 && i % 3 != 0) finalizer->call();
            if (thread == 3) {
                const Finalizer::Registration now = finalizer->peek();
                if (now) {
                    EXPECT_EQ(as_integer(now.argument), 1);
                }
            }
        });
        managed().collect();
        ASSERT_EQ(events::count('f') + events::count('d'), 1);
        ASSERT_FALSE(finalizer->alive());
        ASSERT_EQ(refcount(finalizer), 1u);
    }
}

TEST_F(FinalizerTest, many_are_made_and_decided_on_all_threads) {
    restart(testing::with_background());
    testing::run_threads(4, [&](std::size_t) {
        for (int i = 0; i < 500; ++i) {
            const Ref<Plain> target = make<Plain>(1);
            const Ref<Finalizer> finalizer = finalize(target, 1);
            if (i % 4 == 0) finalizer->detach();
            if (i % 4 == 1) finalizer->call();
            if (i % 4 == 2) target->left = target;
        }
    });
    collect();
    EXPECT_EQ(events::count('f'), 4 * 375);
    EXPECT_EQ(live_objects(), 0u);
}

TEST_F(FinalizerTest, one_that_was_taken_out_and_in_again_runs_at_exit) {
    const Ref<Plain> target = make<Plain>(1);
    const Ref<Finalizer> finalizer = finalize(target, 1);
    finalizer->set_at_exit(false);
    EXPECT_FALSE(finalizer->at_exit());
    finalizer->set_at_exit(true);
    EXPECT_TRUE(finalizer->at_exit());
    heap().finalizers().run_at_exit(heap());
    EXPECT_EQ(events::all(), "f1");
}

TEST_F(FinalizerTest, at_exit_those_that_were_passed_are_asked_again_when_others_are_made) {
    static Ref<Finalizer> passed;
    static Ref<Plain> target;
    target = make<Plain>(1);
    try_finalize(target, [](const Ref<Object>&) -> Ref<Object> {
        passed->set_at_exit(true);
        EXPECT_TRUE(try_finalize(target, &note).ok());
        return {};
    }).value();
    passed = finalize(target, 1);
    passed->set_at_exit(false);
    finalize(target, 2)->set_at_exit(false);
    end_heap();
    EXPECT_EQ(events::all(), "f99 f1") << "in their places, as in CPython";
    passed.reset();
    target.reset();
}

}  // namespace
}  // namespace ouro
