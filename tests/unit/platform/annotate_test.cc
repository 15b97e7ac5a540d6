// Goal: poisoned memory may not be touched in builds with AddressSanitizer, unpoisoned memory may
// in all, and the redzone exists exactly there. Method: one byte before and after.
#include "platform/annotate.h"

#include <gtest/gtest.h>

#include <cstddef>

#include "tests/support/region.h"
#include "tests/support/sanitizer.h"

namespace ouro::platform {
namespace {

TEST(Annotate, the_redzone_exists_in_checking_builds_only) {
    EXPECT_EQ(kRedzoneBytes > 0, testing::kAsan);
    EXPECT_EQ(kRedzoneBytes % 16, 0u);
}

TEST(Annotate, unpoisoned_memory_is_usable_again) {
    const testing::Region region(4096);
    for (int i = 0; i < 3; ++i) {
        poison(region.data(), 256);
        unpoison(region.data(), 256);
        for (std::size_t byte = 0; byte < 256; ++byte) region.data()[byte] = std::byte{1};
    }
    EXPECT_EQ(region.data()[255], std::byte{1});
}

#if OURO_TEST_ASAN
TEST(AnnotateDeathTest, poisoned_memory_may_not_be_read) {
    const testing::Region region(4096);
    volatile std::byte* memory = region.data();
    memory[100] = std::byte{1};
    poison(region.data() + 64, 64);
    EXPECT_DEATH((void)memory[100], "use-after-poison");
    memory[63] = std::byte{1};
    memory[128] = std::byte{1};
    unpoison(region.data() + 64, 64);
    EXPECT_TRUE(memory[100] == std::byte{1});
}
#endif

}  // namespace
}  // namespace ouro::platform
