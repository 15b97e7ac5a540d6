// Goal: an emptied span costs the thread that emptied it nothing but a place on a list; it waits
// for its class, makes way when other classes want spans and many wait, a portion at a time, and
// altogether when memory is short. Method: the allocator alone, and what its page records say.
#include <gtest/gtest.h>

#include <memory>
#include <vector>

#include "heap/paged/block_allocator.h"
#include "platform/context.h"
#include "tests/support/region.h"

namespace ouro {
namespace {

using testing::kMiB;

constexpr std::size_t kSmall = 48, kOther = 500;

class RetiredSpans : public ::testing::Test {
protected:
    void SetUp() override { ASSERT_TRUE(blocks_.init(region_.data(), 4 * kMiB, {}, types_)); }
    void TearDown() override {
        EXPECT_EQ(blocks_.verify(), nullptr);
        blocks_.abandon();
    }
    /// Spans of small objects, as many as asked for or more, that are emptied again. Returns how
    /// many of them wait.
    std::uint32_t retire(std::uint32_t spans) {
        std::vector<Header*> headers;
        while (count(PageLayout::kSpan) < spans) headers.push_back(blocks_.allocate(kSmall));
        for (Header* header : headers) blocks_.free(header);
        return retired();
    }
    std::uint32_t count(PageLayout::Kind kind) {
        std::uint32_t pages = 0;
        for (PageIndex page = 0; page < blocks_.page_count(); ++page)
            pages += blocks_.page(page).load_layout().kind == kind ? 1 : 0;
        return pages;
    }
    std::uint32_t retired() {
        std::uint32_t pages = 0;
        for (PageIndex page = 0; page < blocks_.page_count(); ++page)
            pages += blocks_.page(page).listed == PageInfo::kRetired ? 1 : 0;
        return pages;
    }

    testing::Region region_{4 * kMiB};
    TypeTable types_;
    BlockAllocator blocks_;
};

TEST_F(RetiredSpans, however_many_wait_for_their_class) {
    const std::uint32_t waiting = retire(300);
    EXPECT_GE(waiting, 299u);
    EXPECT_EQ(count(PageLayout::kDissolving), 0u);
    std::vector<Header*> headers;
    for (int i = 0; i < 1000; ++i) headers.push_back(blocks_.allocate(kSmall));
    EXPECT_LT(retired(), waiting);
    EXPECT_EQ(count(PageLayout::kSpan), 300u);
    for (Header* header : headers) blocks_.free(header);
    EXPECT_EQ(count(PageLayout::kDissolving), 0u);
}

TEST_F(RetiredSpans, few_are_left_alone_by_other_classes) {
    const std::uint32_t waiting = retire(60);
    Header* other = blocks_.allocate(kOther);
    EXPECT_EQ(retired(), waiting);
    blocks_.free(other);
}

TEST_F(RetiredSpans, many_make_way_for_other_classes_in_portions) {
    const std::uint32_t waiting = retire(300);
    Header* other = blocks_.allocate(kOther);
    EXPECT_EQ(retired(), waiting - 64);
    const std::uint32_t rest = count(PageLayout::kDissolving);
    EXPECT_GT(rest, 0u);
    EXPECT_LT(rest, 64u);
    EXPECT_EQ(blocks_.verify(), nullptr);
    blocks_.free(other);
}

TEST_F(RetiredSpans, all_make_way_for_a_request_that_needs_them) {
    std::vector<Header*> headers;
    while (Header* header = blocks_.allocate(kSmall)) headers.push_back(header);
    for (Header* header : headers) blocks_.free(header);
    EXPECT_GT(retired(), 900u);
    Header* large = blocks_.allocate(blocks_.payload_max());
    ASSERT_NE(large, nullptr);
    EXPECT_EQ(retired(), 0u);
    blocks_.free(large);
}

TEST_F(RetiredSpans, none_makes_way_while_somebody_looks) {
    std::vector<Header*> headers;
    while (Header* header = blocks_.allocate(kSmall)) headers.push_back(header);
    for (Header* header : headers) blocks_.free(header);
    {
        platform::LoadWindow window;
        EXPECT_EQ(blocks_.allocate(blocks_.payload_max()), nullptr);
        EXPECT_FALSE(blocks_.tidy());
        EXPECT_EQ(blocks_.verify(), nullptr);
    }
    Header* large = blocks_.allocate(blocks_.payload_max());
    ASSERT_NE(large, nullptr);
    blocks_.free(large);
}

}  // namespace
}  // namespace ouro
