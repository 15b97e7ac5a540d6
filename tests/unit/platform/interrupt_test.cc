// Goal: a desktop program sees no interrupts, and a core's number that the machine can have.
// Method: asked in several threads.
#include "platform/interrupt.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include "tests/support/threads.h"

namespace ouro::platform {
namespace {

TEST(Interrupt, a_thread_is_none_and_runs_on_a_core_that_exists) {
    const auto cores = static_cast<unsigned>(sysconf(_SC_NPROCESSORS_CONF));
    testing::run_threads(4, [&](std::size_t) {
        EXPECT_FALSE(is_in_interrupt());
        EXPECT_LT(core_id(), cores);
    });
}

}  // namespace
}  // namespace ouro::platform
