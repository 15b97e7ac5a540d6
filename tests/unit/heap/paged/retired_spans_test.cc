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

TEST_F(RetiredSpans, large_objects_that_come_and_go_do_not_pass_through_the_region) {
    for (int i = 0; i < 300; ++i) blocks_.free(blocks_.allocate(16 * kPageBytes - 100));
    std::uint32_t pages = 0;
    for (PageIndex page = 0; page < blocks_.page_count(); ++page) {
        if (blocks_.page(page).listed == PageInfo::kRetired)
            pages += blocks_.page(page).load_layout().pages;
    }
    EXPECT_GT(pages, 0u);
    EXPECT_LE(pages, 64u + 16u);
}

TEST_F(RetiredSpans, a_class_finds_its_own_however_many_others_lie_above_while_somebody_looks) {
    std::vector<Header*> others, headers;
    for (int i = 0; i < 40; ++i) others.push_back(blocks_.allocate(kOther));
    const std::size_t bytes = blocks_.cell_bytes(blocks_.cell_of(others[0]));
    while (Header* header = blocks_.allocate(kSmall)) headers.push_back(header);
    for (Header* header : others) blocks_.free(header);
    for (Header* header : headers) blocks_.free(header);
    const platform::LoadWindow window;
    for (Header*& header : others) {
        header = blocks_.allocate(kOther);
        ASSERT_NE(header, nullptr);
        EXPECT_EQ(blocks_.cell_bytes(blocks_.cell_of(header)), bytes);
    }
    for (Header* header : others) blocks_.free(header);
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
