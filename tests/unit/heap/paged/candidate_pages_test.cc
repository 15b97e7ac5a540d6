// Goal: a damaged list of pages with candidates stops the program before it is followed anywhere.
#include "heap/paged/candidate_pages.h"

#include <gtest/gtest.h>

#include "tests/support/heap_test.h"

namespace ouro {
namespace {

using TakenPagesDeathTest = testing::HeapTest;

TEST_F(TakenPagesDeathTest, a_link_that_leads_out_of_the_region_is_not_followed) {
    TakenPages taken(heap().blocks().page_count());
    EXPECT_DEATH(taken.take(heap().blocks()), "the list of pages with candidates is broken");
}

TEST_F(TakenPagesDeathTest, a_link_to_a_page_that_is_not_listed_is_not_followed_on) {
    TakenPages taken(0);
    EXPECT_DEATH(taken.take(heap().blocks()), "is not listed");
}

}  // namespace
}  // namespace ouro
