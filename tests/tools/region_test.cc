// Goal: a mapped region is as large as asked, zero, and an error where the machine has no room.
#include "tools/region.h"

#include <gtest/gtest.h>

#include <utility>

namespace ouro::tools {
namespace {

TEST(MappedRegion, has_the_bytes_asked_for) {
    absl::StatusOr<MappedRegion> made = MappedRegion::create(10'001);
    ASSERT_TRUE(made.ok());
    const MappedRegion region = *std::move(made);
    ASSERT_EQ(region.bytes().size(), 10'001u);
    for (std::byte& byte : region.bytes()) {
        EXPECT_EQ(byte, std::byte{0});
        byte = std::byte{1};
    }
}

TEST(MappedRegion, of_no_bytes_is_empty) {
    const absl::StatusOr<MappedRegion> region = MappedRegion::create(0);
    ASSERT_TRUE(region.ok());
    EXPECT_TRUE(region->bytes().empty());
}

TEST(MappedRegion, larger_than_any_address_space_is_an_error) {
    const absl::StatusOr<MappedRegion> region = MappedRegion::create(std::size_t{1} << 62);
    EXPECT_EQ(region.status().code(), absl::StatusCode::kResourceExhausted);
}

}  // namespace
}  // namespace ouro::tools
