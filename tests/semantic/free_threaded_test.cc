// Goal: looking at the heap while others release and collect never shows an object that is dying,
// and loses and repeats nothing: the cases of CPython's test_free_threading for its collector and
// its weak references. Method: threads at work for some hundred rounds; every object says whether
// it lives, and counts its ends.
#include <gtest/gtest.h>

#include <cstdint>
#include <vector>

#include "heap/query.h"
#include "heap/weak_reference.h"
#include "platform/atomic.h"
#include "tests/support/heap_test.h"
#include "tests/support/sanitizer.h"
#include "tests/support/threads.h"

namespace ouro {
namespace {

using std::memory_order_seq_cst;
using testing::HeapTest;

constexpr std::uint32_t kAlive = 0xA11FE;
constexpr std::uint32_t kDead = 0xDEAD;

platform::atomic<std::uint32_t> made{0}, finalized{0}, destroyed{0}, wrong{0};

/// An object that knows whether it lives.
class Subject : public WeaklyReferable {
public:
    Subject() { made.fetch_add(1, memory_order_seq_cst); }
    ~Subject() {
        if (mark_ != kAlive || times_ != 1) wrong.fetch_add(1, memory_order_seq_cst);
        mark_ = kDead;
        destroyed.fetch_add(1, memory_order_seq_cst);
    }
    void finalize() {
        ++times_;
        finalized.fetch_add(1, memory_order_seq_cst);
    }
    bool alive() const { return mark_ == kAlive; }

    Field<Subject> next;
    Field<Object> target;
    static constexpr auto ouro_fields = fields<&Subject::next, &Subject::target>;

private:
    std::uint32_t mark_ = kAlive;
    std::uint32_t times_ = 0;  ///< that the finalizer was called
};

/// A visitor: counts what it sees in `self`, and what is no living object as wrong.
void look(void* self, const Ref<Object>& object) {
    ++*static_cast<std::size_t*>(self);
    const Ref<Subject> subject = cast<Subject>(object);
    if (!subject || !subject->alive() || refcount(object) == 0)
        wrong.fetch_add(1, memory_order_seq_cst);
}

class FreeThreaded : public HeapTest {
protected:
    FreeThreaded() : HeapTest(kBytes, testing::with_background()) {
        for (auto* count : {&made, &finalized, &destroyed, &wrong})
            count->store(0, memory_order_seq_cst);
    }
    /// Everything has ended once, and nobody saw anything wrong.
    void TearDown() override {
        collect();
        collector().stop();
        EXPECT_EQ(wrong.load(memory_order_seq_cst), 0u);
        EXPECT_EQ(finalized.load(memory_order_seq_cst), made.load(memory_order_seq_cst));
        EXPECT_EQ(destroyed.load(memory_order_seq_cst), made.load(memory_order_seq_cst));
        HeapTest::TearDown();
    }
    /// A chain, or a ring, of `length` objects; dropped at once.
    void make_and_drop(std::size_t length, bool ring) {
        const Ref<Subject> first = make<Subject>();
        Ref<Subject> last = first;
        for (std::size_t i = 1; i < length; ++i) {
            last->next = make<Subject>();
            last = last->next;
        }
        if (ring) last->next = first;
    }
    static std::size_t rounds(std::size_t count) {
        return testing::kCoverage ? count / 10 : testing::repeats(count);
    }
};

// test_gc.test_get_objects
TEST_F(FreeThreaded, a_list_of_all_objects_has_no_dying_one) {
    testing::run_threads(5, [&](std::size_t thread) {
        for (std::size_t i = 0; i < rounds(2000); ++i) {
            if (thread != 0) {
                make_and_drop(10, i % 2 == 0);
            } else {
                std::size_t seen = 0;
                collector().get_objects(look, &seen);
            }
        }
    });
}

// test_gc.test_get_referrers
TEST_F(FreeThreaded, a_list_of_referrers_has_no_dying_one) {
    const Ref<Subject> common = make<Subject>();
    testing::run_threads(6, [&](std::size_t thread) {
        for (std::size_t i = 0; i < rounds(2000); ++i) {
            if (thread < 2) {
                std::size_t seen = 0;
                collector().referrers(common, look, &seen);
            } else {
                const Ref<Subject> holder = make<Subject>();
                holder->target = common;
                if (i % 2 == 0) holder->next = holder;
            }
        }
    });
    collect();
    EXPECT_EQ(refcount(common), 1u);
}

// test_gc.test_freeze_object_in_brc_queue
TEST_F(FreeThreaded, what_is_dropped_while_frozen_ends_once) {
    for (std::size_t i = 0; i < rounds(300); ++i) {
        Ref<Subject> plain = make<Subject>();
        Ref<Subject> ring = make<Subject>();
        ring->next = ring;
        testing::run_threads(2, [&](std::size_t thread) {
            if (thread == 0) {
                plain.reset();
                ring.reset();
            } else {
                collector().freeze();
                collector().collect();
                collector().unfreeze();
                collector().collect();
            }
        });
    }
}

// test_gc.test_set_threshold
TEST_F(FreeThreaded, thresholds_change_while_garbage_is_made) {
    testing::run_threads(8, [&](std::size_t thread) {
        for (std::size_t i = 0; i < rounds(5000); ++i) {
            if (thread != 0) {
                make_and_drop(1, true);
            } else {
                collector().set_threshold(static_cast<std::uint32_t>(i % 100 + 1));
            }
        }
    });
    EXPECT_TRUE(collector().settle());
    EXPECT_EQ(live_objects(), 0u) << "without a call of collect()";
}

// test_gc_debug_race, test_gc_get_stats_race
TEST_F(FreeThreaded, figures_grow_and_the_switch_is_what_was_set_while_others_collect) {
    testing::run_threads(3, [&](std::size_t thread) {
        CollectorStatistics before = collector().statistics();
        for (std::size_t i = 0; i < rounds(1000); ++i) {
            if (thread == 0) {
                make_and_drop(3, true);
                collector().collect();
            } else if (thread == 1) {
                const CollectorStatistics now = collector().statistics();
                if (now.collections < before.collections || now.collected < before.collected)
                    wrong.fetch_add(1, memory_order_seq_cst);
                before = now;
            } else {
                collector().set_save_all(i % 2 == 0);
                if (collector().save_all() != (i % 2 == 0))
                    wrong.fetch_add(1, memory_order_seq_cst);
            }
        }
    });
    collector().set_save_all(false);
    collect();
    collector().clear_garbage();
}

// test_weakref.test_getweakref_no_crash, many_readers
TEST_F(FreeThreaded, the_shared_weak_reference_is_valid_or_not_there) {
    const Ref<Subject> target = make<Subject>();
    testing::run_threads(5, [&](std::size_t thread) {
        for (std::size_t i = 0; i < rounds(5000); ++i) {
            auto weak = try_weak_reference(target);  // made and dropped by all at once
            if (!weak || cast<Subject>((*weak)->lock()) != target || weak_count(target) == 0)
                wrong.fetch_add(1, memory_order_seq_cst);
            if (thread == 0 && i % 50 == 0) collector().collect();
        }
    });
    EXPECT_EQ(weak_count(target), 0u);
    EXPECT_EQ(refcount(target), 1u);
}

// The same with targets that end meanwhile, by count or as garbage.
TEST_F(FreeThreaded, an_upgrade_gives_a_living_object_or_none) {
    for (std::size_t i = 0; i < rounds(2000); ++i) {
        Ref<Subject> target = make<Subject>();
        if (i % 2 == 0) target->next = target;
        const Ref<WeakReference> weak = make<WeakReference>(target);
        testing::run_threads(4, [&](std::size_t thread) {
            if (thread == 0) {
                target.reset();
                collector().collect();
                return;
            }
            bool there = true;
            for (int tries = 0; there && tries < 50; ++tries) {
                const Ref<Subject> found = cast<Subject>(weak->lock());
                there = static_cast<bool>(found);
                if (there && !found->alive()) wrong.fetch_add(1, memory_order_seq_cst);
            }
        });
    }
}

// test_weakref.test_getweakref_no_refcount_leak
TEST_F(FreeThreaded, a_thousand_reads_leave_the_counts_alone) {
    const Ref<Subject> target = make<Subject>();
    const Ref<WeakReference> shared = try_weak_reference(target).value();
    testing::run_threads(4, [&](std::size_t) {
        for (int i = 0; i < 1000; ++i) {
            if (try_weak_reference(target).value() != shared)
                wrong.fetch_add(1, memory_order_seq_cst);
        }
    });
    EXPECT_EQ(refcount(shared), 1u);
    EXPECT_EQ(refcount(target), 1u);
    EXPECT_EQ(weak_count(target), 1u);
}

// Rings by many threads, collections by one: TearDown() has the account.
TEST_F(FreeThreaded, every_object_that_was_made_ends_exactly_once) {
    testing::run_threads(5, [&](std::size_t thread) {
        for (std::size_t i = 0; i < rounds(5000); ++i) {
            if (thread == 0) {
                if (i % 7 == 0) collector().collect();
            } else {
                make_and_drop(1 + i % 20, i % 3 != 0);
            }
        }
    });
    collect();
    EXPECT_EQ(live_objects(), 0u);
}

}  // namespace
}  // namespace ouro
