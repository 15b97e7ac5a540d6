// Goal: a decrement takes no look and no second write of the word, and still nothing is lost: who
// is reported twice is marked, who is examined is marked at once (W3), and what is no object any
// more is left alone. Method: the word and the page record between single decrements, with words
// as the collector's first reading leaves them.
#include <gtest/gtest.h>

#include <vector>

#include "heap/reference_count.h"
#include "tests/support/candidates.h"
#include "tests/support/heap_test.h"

namespace ouro {
namespace {

using testing::HeapTest;
using testing::Plain;

class Marking : public HeapTest {
protected:
    static WordValue word_of(const Ref<Plain>& ref) { return testing::header_of(ref)->load_word(); }
    static void set_word(const Ref<Plain>& ref, WordValue word) {
        // order: relaxed; one thread.
        testing::header_of(ref)->word.store(word.bits, platform::memory_order_relaxed);
    }
    bool is_reported(const Ref<Plain>& ref) {
        return testing::is_candidate(heap(), testing::header_of(ref));
    }
    BlockAllocator::Cell cell_of(const Ref<Plain>& ref) {
        return heap().blocks().cell_of(testing::header_of(ref));
    }
    /// Takes the page's candidates, as a pass does.
    void take(const Ref<Plain>& ref) { heap().candidates().take(cell_of(ref).page); }
};

TEST_F(Marking, the_first_decrement_reports_the_second_marks_the_third_does_nothing) {
    const Ref<Plain> a = make<Plain>(1);
    EXPECT_FALSE(word_of(a).marked());
    std::vector<Ref<Plain>> copies(3, a);
    copies.pop_back();
    EXPECT_TRUE(is_reported(a));
    EXPECT_FALSE(word_of(a).marked());
    copies.pop_back();
    EXPECT_TRUE(is_reported(a));
    EXPECT_TRUE(word_of(a).marked());
    take(a);
    copies.pop_back();
    EXPECT_FALSE(is_reported(a));
    EXPECT_TRUE(word_of(a).marked());
    set_word(a, word_of(a).without_mark());  // as the pass would have that has taken it
}

TEST_F(Marking, what_is_examined_is_marked_at_once) {
    const Ref<Plain> a = make<Plain>(1);
    Ref<Plain> copy = a;
    const WordValue reading = word_of(a).first_reading();
    set_word(a, reading);
    ASSERT_TRUE(word_of(a).unchanged());
    copy.reset();
    EXPECT_TRUE(word_of(a).marked());
    EXPECT_TRUE(is_reported(a));
    set_word(a, word_of(a).without(WordValue::kClaimed | WordValue::kClean));
}

/// So many decrements bring the version back to a multiple: only the mark shows them.
TEST_F(Marking, as_many_decrements_as_the_version_is_aligned_by_are_no_unchanged_word) {
    const Ref<Plain> a = make<Plain>(1);
    std::vector<Ref<Plain>> copies(WordValue::kVersionAlign - 1, a);
    set_word(a, word_of(a).first_reading());
    ASSERT_TRUE(word_of(a).unchanged());
    copies.clear();  // and the one that marks: another write of the word
    EXPECT_EQ(word_of(a).version() % WordValue::kVersionAlign, 0u);
    EXPECT_FALSE(word_of(a).unchanged());
    set_word(a, word_of(a).without(WordValue::kClaimed | WordValue::kClean));
}

TEST_F(Marking, what_is_set_aside_reports_itself_until_a_pass_meets_it) {
    const Ref<Plain> a = make<Plain>(1);
    collector().freeze();
    Ref<Plain>(a).reset();
    EXPECT_TRUE(is_reported(a));
    EXPECT_FALSE(word_of(a).marked());
    collect();
    EXPECT_TRUE(word_of(a).marked());
    Ref<Plain>(a).reset();
    EXPECT_FALSE(is_reported(a));
    collector().unfreeze();
    EXPECT_TRUE(is_reported(a));
}

// A thread that is not there in the child may have been between its decrement and its report.
TEST_F(Marking, in_the_child_of_a_fork_every_object_may_have_lost_a_reference) {
    const Ref<Plain> a = make<Plain>(1);
    heap().candidates().list_again(false);
    EXPECT_FALSE(is_reported(a));
    heap().candidates().list_again(true);
    EXPECT_TRUE(is_reported(a));
}

TEST_F(Marking, a_report_about_an_object_that_has_ended_leaves_its_word_alone) {
    Ref<Plain> a = make<Plain>(1);
    const BlockAllocator::Cell cell = cell_of(a);
    Header* header = testing::header_of(a);
    const WordValue before = word_of(a).first_reading();
    a.reset();
    const WordValue dead = header->load_word();
    ASSERT_EQ(dead.count(), 0u);
    // Also as a limbo would be, whose word is not marked.
    for (const WordValue word : {dead, dead.without_mark()}) {
        header->word.store(word.bits, platform::memory_order_relaxed);  // order: one thread
        heap().candidates().report_released(cell, before);
        EXPECT_EQ(header->load_word().bits, word.bits);
    }
    header->word.store(dead.bits, platform::memory_order_relaxed);  // order: one thread
    EXPECT_TRUE(heap().candidates().is_listed(cell.page));
}

}  // namespace
}  // namespace ouro
