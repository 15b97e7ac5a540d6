// Goal: the run allocator hands out what is free, joins what comes back, and finds a run by looking
// at the first list that is certain to fit, and at no more than 64 runs of the request's own list.
// Method: random takes and gives against a plain map of pages; the list a run must come from is
// computed anew from the description (exact up to 7 pages, then eighths of a doubling).
#include "heap/paged/run_allocator.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "tests/support/random.h"
#include "tests/support/record_damage.h"
#include "tests/support/sanitizer.h"

namespace ouro {
namespace {

using testing::SeededRandom;

/// The shortest run of the list that a run of `count` pages stands on.
std::uint32_t list_floor(std::uint32_t count) {
    std::uint32_t step = 1;
    while (count / step >= 16) step *= 2;
    return count < 8 ? count : count / step * step;
}
/// The shortest run length with a list of its own that is not below `count`.
std::uint32_t list_ceiling(std::uint32_t count) {
    std::uint32_t up = count;
    while (list_floor(up) < count) ++up;
    return up;
}

/// A run allocator beside a map of its pages, page by page.
class Model {
public:
    explicit Model(std::uint32_t count) : pages_(new PageInfo[count]), taken_(count, false) {
        runs_.init(pages_.get(), count);
    }

    PageIndex take(std::uint32_t count) {
        const Expected expected = expected_for(count);
        const PageIndex first = runs_.take(count);
        if (first == kNoPage) {
            EXPECT_TRUE(expected.floor == 0 || !expected.certain) << count;
            return kNoPage;
        }
        EXPECT_NE(expected.floor, 0u) << count;
        EXPECT_GE(free_run_at(first), count);
        EXPECT_EQ(list_floor(free_run_at(first)), expected.floor) << "from the wrong list";
        for (std::uint32_t i = 0; i < count; ++i) {
            EXPECT_FALSE(taken_[first + i]);
            taken_[first + i] = true;
            const auto kind = i == 0 ? PageLayout::kSpan : PageLayout::kSpanTail;
            const PageLayout layout{kind, 0, i == 0 ? count : i};
            pages_[first + i].layout.store(layout.encode(), platform::memory_order_relaxed);
        }
        return first;
    }
    void give(PageIndex first, std::uint32_t count) {
        for (std::uint32_t i = 0; i < count; ++i) taken_[first + i] = false;
        runs_.give(first, count);
    }

    /// Records, sums and the largest run agree with the map.
    void check() {
        std::uint32_t free = 0;
        std::uint32_t longest = 0;
        for (std::uint32_t page = 0; page < taken_.size();) {
            const std::uint32_t run = taken_[page] ? 0 : free_run_at(page);
            if (run != 0) {
                const PageLayout layout = pages_[page].load_layout();
                ASSERT_EQ(layout.kind, PageLayout::kFree) << "page " << page;
                ASSERT_EQ(layout.pages, run) << "neighbours are not joined at " << page;
            }
            free += run;
            longest = std::max(longest, run);
            page += std::max(run, 1u);
        }
        ASSERT_EQ(runs_.free_pages(), free);
        ASSERT_LE(runs_.largest_run(), longest);
        ASSERT_GE(runs_.largest_run() + runs_.largest_run() / 8 + 1, longest);
        ASSERT_EQ(runs_.largest_run() == 0, free == 0);
    }
    std::uint32_t largest_run() const { return runs_.largest_run(); }

private:
    std::uint32_t free_run_at(PageIndex first) const {
        std::uint32_t length = 0;
        while (first + length < taken_.size() && !taken_[first + length]) ++length;
        return length;
    }
    /// Where a run of `count` pages must come from.
    struct Expected {
        std::uint32_t floor = 0;  ///< of the list; 0 when no run is long enough
        bool certain = true;      ///< false: the list is longer than what take() looks at
    };
    Expected expected_for(std::uint32_t count) const {
        const std::uint32_t needed = list_ceiling(count);
        const std::uint32_t own = list_floor(count);
        std::uint32_t best = 0;
        std::uint32_t own_runs = 0;
        bool own_fits = false;
        for (std::uint32_t page = 0; page < taken_.size();) {
            const std::uint32_t run = free_run_at(page);
            const std::uint32_t floor = run == 0 ? 0 : list_floor(run);
            if (floor >= needed && (best == 0 || floor < best)) best = floor;
            own_runs += floor == own ? 1 : 0;
            own_fits = own_fits || (floor == own && run >= count);
            page += run + 1;
        }
        if (best != 0) return {best, true};
        return {own_fits ? own : 0, own_runs <= kLooks};
    }
    static constexpr std::uint32_t kLooks = 64;

    std::unique_ptr<PageInfo[]> pages_;
    std::vector<bool> taken_;
    RunAllocator runs_;
};

TEST(RunAllocator, one_run_covers_all_pages_at_first) {
    for (const std::uint32_t count : {1u, 2u, 7u, 8u, 9u, 15u, 16u, 17u, 1000u}) {
        Model model(count);
        model.check();
    }
}

TEST(RunAllocator, without_pages_nothing_can_be_taken) {
    PageInfo none;
    RunAllocator runs;
    runs.init(&none, 0);
    EXPECT_EQ(runs.take(1), kNoPage);
    EXPECT_EQ(runs.largest_run(), 0u);
    EXPECT_EQ(runs.free_pages(), 0u);
}

TEST(RunAllocator, single_pages_can_all_be_taken_and_joined_again_in_any_order) {
    constexpr std::uint32_t kPages = 60;
    SeededRandom random = testing::seeded_random();
    SCOPED_TRACE(random.seed_text());
    Model model(kPages);
    std::vector<PageIndex> taken;
    for (std::uint32_t i = 0; i < kPages; ++i) taken.push_back(model.take(1));
    EXPECT_EQ(model.take(1), kNoPage);
    model.check();
    while (!taken.empty()) {
        const std::uint32_t at = random.below(taken.size());
        model.give(taken[at], 1);
        taken.erase(taken.begin() + at);
        model.check();
    }
    EXPECT_EQ(model.largest_run(), list_floor(kPages));
}

TEST(RunAllocator, what_it_reports_as_the_largest_run_can_be_taken) {
    SeededRandom random = testing::seeded_random();
    SCOPED_TRACE(random.seed_text());
    for (std::uint32_t count = 1; count < 300; ++count) {
        Model model(count);
        if (count > 4) model.take(1 + random.below(count / 4));
        const std::uint32_t largest = model.largest_run();
        ASSERT_NE(model.take(largest), kNoPage) << count;
        model.check();
    }
}

TEST(RunAllocator, damage_of_its_lists_and_bitmaps_is_named) {
    constexpr std::uint32_t kPages = 100;
    const std::unique_ptr<PageInfo[]> pages(new PageInfo[kPages]);
    RunAllocator runs;
    runs.init(pages.get(), kPages);
    const PageIndex first = runs.take(7);
    runs.take(13);
    runs.give(first, 7);
    ASSERT_TRUE(runs.is_sound(2));
    EXPECT_FALSE(runs.is_sound(1));
    std::size_t named = 0;
    testing::flip_all(&runs, sizeof runs, pages.get(), [&] { named += runs.is_sound(2) ? 0 : 1; });
    constexpr std::size_t kLists = 30 * 8;
    EXPECT_GE(named, 8 * (kLists * sizeof(PageIndex) + sizeof(std::uint32_t) + 30))
        << "every bit of every head, and of the bitmaps";
    EXPECT_TRUE(runs.is_sound(2));
}

TEST(RunAllocator, a_whole_region_of_any_size_can_be_taken_as_one_run) {
    for (std::uint32_t count = 1; count < 600; ++count) {
        std::unique_ptr<PageInfo[]> pages(new PageInfo[count]);
        RunAllocator runs;
        runs.init(pages.get(), count);
        ASSERT_EQ(runs.take(count), 0u) << count << " pages";
    }
}

/// Free runs of `lengths` pages, the last one first on its list, single taken pages between them.
class Lists {
public:
    explicit Lists(const std::vector<std::uint32_t>& lengths) {
        std::uint32_t total = 0;
        for (const std::uint32_t length : lengths) total += length + 1;
        pages_.reset(new PageInfo[total]);
        runs.init(pages_.get(), total);
        const PageIndex first = runs.take(total);
        for (std::uint32_t page = first; page < total; ++page) {
            const PageLayout span{PageLayout::kSpan, 0, 1};
            pages_[page].layout.store(span.encode(), platform::memory_order_relaxed);
        }
        PageIndex page = first;
        for (const std::uint32_t length : lengths) {
            starts.push_back(page);
            runs.give(page, length);
            page += length + 1;
        }
    }

    RunAllocator runs;
    std::vector<PageIndex> starts;

private:
    std::unique_ptr<PageInfo[]> pages_;
};

TEST(RunAllocator, a_run_of_the_requests_own_list_is_taken_when_no_other_list_can_help) {
    Lists lists({16, 17, 16, 16});  // one list: 16 and 17 pages
    EXPECT_EQ(lists.runs.take(17), lists.starts[1]);
    EXPECT_EQ(lists.runs.take(17), kNoPage);
    EXPECT_EQ(lists.runs.free_pages(), 48u);
    EXPECT_EQ(lists.runs.take(16), lists.starts[3]);
}

TEST(RunAllocator, no_more_than_64_runs_of_the_own_list_are_looked_at) {
    std::vector<std::uint32_t> lengths = {17};
    lengths.insert(lengths.end(), 64, 16);
    Lists too_deep(lengths);
    EXPECT_EQ(too_deep.runs.take(17), kNoPage);
    EXPECT_NE(too_deep.runs.take(16), kNoPage);
    EXPECT_EQ(too_deep.runs.take(17), too_deep.starts[0]);
}

TEST(RunAllocator, random_takes_and_gives_agree_with_a_plain_map) {
    SeededRandom random = testing::seeded_random();
    SCOPED_TRACE(random.seed_text());
    for (const std::uint32_t pages : {5u, 33u, 200u, 1500u}) {
        Model model(pages);
        std::vector<std::pair<PageIndex, std::uint32_t>> taken;
        for (std::size_t i = 0; i < testing::repeats(4000); ++i) {
            if (!taken.empty() && random.below(2) == 0) {
                const std::uint32_t at = random.below(taken.size());
                model.give(taken[at].first, taken[at].second);
                taken.erase(taken.begin() + at);
            } else {
                const std::uint32_t count = 1 + random.below(random.below(8) == 0 ? pages : 16);
                const PageIndex first = model.take(count);
                if (first != kNoPage) taken.emplace_back(first, count);
            }
            if (i % 16 == 0) model.check();
            if (::testing::Test::HasFailure()) return;
        }
    }
}

}  // namespace
}  // namespace ouro
