// Goal: the scope marks its context and no other, and nests. Method: the depth inside and outside.
#include "gc/collecting_scope.h"

#include <gtest/gtest.h>

#include <thread>

namespace ouro {
namespace {

TEST(CollectingScope, marks_this_context_for_its_time) {
    const platform::Context& context = platform::current_context();
    EXPECT_EQ(context.collecting_depth, 0u);
    {
        CollectingScope outer;
        CollectingScope inner;
        EXPECT_EQ(context.collecting_depth, 2u);
        std::thread([] { EXPECT_EQ(platform::current_context().collecting_depth, 0u); }).join();
    }
    EXPECT_EQ(context.collecting_depth, 0u);
}

}  // namespace
}  // namespace ouro
