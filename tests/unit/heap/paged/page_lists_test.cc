// Goal: a page is on a list once, leaves it from the front, and lists do not disturb each other.
// Method: the four lists over the pages of a small heap, against a plain vector.
#include "heap/paged/page_lists.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "tests/support/random.h"
#include "tests/support/region.h"

namespace ouro {
namespace {

class PageListsTest : public ::testing::Test {
protected:
    PageListsTest() : region_(256 * testing::kKiB) {
        EXPECT_TRUE(blocks_.init(region_.data(), region_.size(), {}, types_));
    }
    ~PageListsTest() override { blocks_.abandon(); }

    testing::Region region_;
    TypeTable types_;
    BlockAllocator blocks_;
};

TEST_F(PageListsTest, an_empty_list_gives_no_page) {
    SetPages list;
    EXPECT_TRUE(list.empty());
    EXPECT_EQ(list.first(blocks_), kNoPage);
    EXPECT_EQ(list.take(blocks_), kNoPage);
}

TEST_F(PageListsTest, a_list_is_whole_if_its_links_lead_to_all_pages_that_say_to_be_on_it) {
    TodoPages list;
    EXPECT_TRUE(list.is_whole(blocks_));
    for (const PageIndex page : {1u, 2u, 3u}) list.add(blocks_, page);
    EXPECT_TRUE(list.is_whole(blocks_));
    EXPECT_EQ(list.length(blocks_), 3u);
    for (const PageIndex bad : {PageIndex{100'000}, PageIndex{3}, PageIndex{5}, kNoPage}) {
        blocks_.page(2).todo_next = bad;
        EXPECT_FALSE(list.is_whole(blocks_)) << bad;
    }
    blocks_.page(2).todo_next = 1;
    blocks_.page(7).on_todo = 1;
    EXPECT_FALSE(list.is_whole(blocks_));
    blocks_.page(7).on_todo = 0;
    TodoPages other;
    other.add(blocks_, 8);
    EXPECT_TRUE(TodoPages::are_whole(blocks_, list, other));
    EXPECT_FALSE(list.is_whole(blocks_));
}

TEST_F(PageListsTest, adding_twice_is_adding_once) {
    SetPages list;
    list.add(blocks_, 3);
    list.add(blocks_, 3);
    EXPECT_EQ(blocks_.page(3).on_set, 1u);
    EXPECT_EQ(list.take(blocks_), 3u);
    EXPECT_EQ(blocks_.page(3).on_set, 0u);
    EXPECT_EQ(list.take(blocks_), kNoPage);
}

TEST_F(PageListsTest, a_page_may_come_back_after_it_was_taken) {
    TodoPages list;
    for (int i = 0; i < 3; ++i) {
        list.add(blocks_, 5);
        EXPECT_EQ(list.take(blocks_), 5u);
    }
    EXPECT_TRUE(list.empty());
}

TEST_F(PageListsTest, one_page_may_be_on_all_four_lists) {
    SetPages set;
    TodoPages todo;
    BatchPages batch;
    DeferredPages deferred;
    for (const PageIndex page : {1u, 2u}) {
        set.add(blocks_, page);
        todo.add(blocks_, page);
        batch.add(blocks_, page);
        deferred.add(blocks_, page);
    }
    EXPECT_EQ(set.take(blocks_), 2u);
    EXPECT_EQ(todo.first(blocks_), 2u);
    EXPECT_EQ(TodoPages::next(blocks_, 2), 1u);
    EXPECT_EQ(batch.take(blocks_), 2u);
    EXPECT_EQ(batch.take(blocks_), 1u);
    EXPECT_EQ(deferred.take(blocks_), 2u);
    EXPECT_EQ(set.take(blocks_), 1u);
}

TEST_F(PageListsTest, random_adds_and_takes_agree_with_a_plain_stack) {
    testing::SeededRandom random = testing::seeded_random();
    SCOPED_TRACE(random.seed_text());
    BatchPages list;
    std::vector<PageIndex> model;
    for (int i = 0; i < 5000; ++i) {
        if (random.below(2) == 0) {
            const PageIndex page = random.below(blocks_.page_count());
            list.add(blocks_, page);
            if (std::find(model.begin(), model.end(), page) == model.end()) model.push_back(page);
        } else {
            const PageIndex expected = model.empty() ? kNoPage : model.back();
            ASSERT_EQ(list.take(blocks_), expected);
            if (!model.empty()) model.pop_back();
        }
        ASSERT_EQ(list.empty(), model.empty());
    }
}

}  // namespace
}  // namespace ouro
