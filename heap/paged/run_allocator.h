// Runs of pages: good-fit with two levels of bitmaps, neighbours joined at once, constant time.
//
// After Masmano, Ripoll, Crespo, Real, "TLSF: a new dynamic memory allocator for real-time systems"
// (ECRTS 2004), with the boundary tags kept in the page records instead of the memory. A request of
// n pages takes a run from the first non-empty list whose every run is long enough; at most 1/8 of
// a run's length separates the runs of one list.
//
// Threads: every function under the caller's lock. Time: O(1) list operations, plus one store per
// page of the run (tails point back to their head).
#pragma once

#include <cstdint>

#include "heap/paged/page.h"

namespace ouro {

class RunAllocator {
public:
    /// All pages [0, count) become one free run.
    void init(PageInfo* pages, std::uint32_t count);

    /// The first page of a run of `count` pages, taken, its layout still that of a free run;
    /// kNoPage iff no list that is certain to fit has a run, nor the first 64 of its own list one
    /// long enough.
    PageIndex take(std::uint32_t count);
    /// The same for the first run that is long enough, also if it stands deep in its list. Time:
    /// O(free runs).
    PageIndex take_anywhere(std::uint32_t count);
    /// Gives a run back and joins it with free neighbours.
    void give(PageIndex first, std::uint32_t count);

    std::uint32_t free_pages() const { return free_pages_; }
    /// Length of a run that take() would find now. Within 1/8 of the longest free run.
    std::uint32_t largest_run() const;

    // ---- for verify()

    /// Has init() been told so?
    bool lies_at(const PageInfo* pages, std::size_t count) const {
        return pages_ == pages && count_ == count;
    }
    /// Are the lists those of so many free runs, each on that of its length, and do the bitmaps
    /// show them? Time: O(lists + runs).
    bool is_sound(std::uint32_t runs) const;

private:
    static constexpr std::uint32_t kSecondBits = 3;
    static constexpr std::uint32_t kSecond = 1u << kSecondBits;
    static constexpr std::uint32_t kFirst = 30;

    static constexpr std::uint32_t kLooksMax = 64;

    PageIndex look_in_own_list(std::uint32_t count, std::uint32_t looks_max) const;
    PageIndex take_from(PageIndex run, std::uint32_t count);
    static std::uint32_t list_of(std::uint32_t count);
    static std::uint32_t first_list_that_fits(std::uint32_t count);
    std::uint32_t first_nonempty_from(std::uint32_t list) const;
    void link(PageIndex first, std::uint32_t count);
    void unlink(PageIndex first, std::uint32_t count);
    void set_layout(PageIndex page, PageLayout layout);
    bool is_list_sound(std::uint32_t list, std::uint32_t& runs) const;

    PageInfo* pages_ = nullptr;
    std::uint32_t count_ = 0;
    std::uint32_t free_pages_ = 0;
    std::uint32_t first_bitmap_ = 0;
    std::uint8_t second_bitmap_[kFirst] = {};
    PageIndex heads_[kFirst * kSecond];
};

}  // namespace ouro
