// Goal: the scope marks its context and no other, for its time. Method: looks from inside, from
// outside and from another thread.
#include "gc/collecting_scope.h"

#include <gtest/gtest.h>

#include <thread>

namespace ouro {
namespace {

TEST(CollectingScope, marks_this_context_for_its_time) {
    CollectingContext on{nullptr};
    EXPECT_FALSE(CollectingScope::is_here(on));
    {
        CollectingScope scope(on);
        EXPECT_TRUE(CollectingScope::is_here(on));
        std::thread([&] { EXPECT_FALSE(CollectingScope::is_here(on)); }).join();
    }
    EXPECT_FALSE(CollectingScope::is_here(on));
}

TEST(CollectingScope, of_one_collection_says_nothing_about_another) {
    CollectingContext on{nullptr}, other{nullptr};
    CollectingScope scope(on);
    EXPECT_FALSE(CollectingScope::is_here(other));
}

}  // namespace
}  // namespace ouro
