// Figures of a heap: counters of its own, and what contexts have counted for themselves.
#pragma once

#include <cstddef>
#include <cstdint>

#include "platform/atomic.h"

namespace ouro {

/// Running counters. Each is exact by itself; two of them read together may be a moment apart.
struct Counters {
    using Count = platform::atomic<std::uintptr_t>;
    Count live_objects{0};
    Count live_bytes{0};          ///< payload bytes asked for
    Count made{0};                ///< objects ever made
    Count reclaimed_by_count{0};  ///< objects that ended because their count reached 0
    Count reclaimed_by_collector{0};
    Count finalized{0};      ///< finalizers run
    Count postponed{0};      ///< objects whose end was put off and is not settled yet
    Count nested{0};         ///< of these, by contexts that will settle them themselves
    Count out_of_memory{0};  ///< requests that failed
    Count emergency_collections{0};
    Count candidates_reported{0};  ///< pages that got their first new candidate

    // order: relaxed everywhere; each value only counts, visibility of objects is given elsewhere.
    static void add(Count& count, std::uintptr_t n = 1) {
        count.fetch_add(n, platform::memory_order_relaxed);
    }
    static void sub(Count& count, std::uintptr_t n) {
        count.fetch_sub(n, platform::memory_order_relaxed);  // order: see above
    }
    static std::size_t get(const Count& count) {
        return count.load(platform::memory_order_relaxed);  // order: see above
    }
};

/// What one context has counted by itself (heap/paged/cell_cache.h): the only one that writes it.
/// Others add all of them up, first what has ended and then what was made, so that nothing has
/// ended that was not made.
struct Tally {
    using Count = platform::atomic<std::uintptr_t>;
    Count ended_bytes{0};      ///< payload, of objects whose types do not tell it
    Count made_bytes{0};       ///< the same
    Count ended_otherwise{0};  ///< objects that have ended, not because their count reached 0
    Count used{0};             ///< bytes of cells taken less those given back, modulo 2^N
    Count used_max{0};         ///< the most that `used` was since it was added to the heap's figure

    /// Returns the sum.
    static std::uintptr_t add(Count& count, std::uintptr_t n) {
        // order: relaxed load, one writer. Release: pairs with sum() of the ends: whoever sees an
        // end sees what was made before it.
        const std::uintptr_t sum = count.load(platform::memory_order_relaxed) + n;
        count.store(sum, platform::memory_order_release);
        return sum;
    }
    static std::uintptr_t get(const Count& count) {
        return count.load(platform::memory_order_acquire);  // order: see add()
    }
    static void set(Count& count, std::uintptr_t n) {
        count.store(n, platform::memory_order_relaxed);  // order: a figure with one writer
    }
    /// Of a count that may be below where it began.
    static std::ptrdiff_t change(const Count& count) {
        return static_cast<std::ptrdiff_t>(get(count));
    }
    /// True: `used` is more than ever since it was added to the heap's figure, and than `bound`.
    bool use(std::uintptr_t bytes, std::ptrdiff_t bound) {
        const std::uintptr_t now = add(used, bytes);
        // order: relaxed, both; one writer.
        if (static_cast<std::intptr_t>(now - used_max.load(platform::memory_order_relaxed)) <= 0)
            return false;
        used_max.store(now, platform::memory_order_relaxed);
        return static_cast<std::ptrdiff_t>(now) > bound;
    }
    /// Returns what `used` is then.
    std::ptrdiff_t give(std::uintptr_t bytes) {
        return static_cast<std::ptrdiff_t>(add(used, std::uintptr_t{0} - bytes));
    }
};

/// Sums of all tallies of a heap.
struct Tallies {
    std::size_t ended_otherwise = 0, ended = 0, ended_bytes = 0, made = 0, made_bytes = 0;

    std::size_t ended_by_count() const { return ended - ended_otherwise; }
};

/// A snapshot for the user.
struct Statistics {
    std::size_t live_objects;
    std::size_t live_bytes;  ///< payload bytes asked for
    std::size_t objects_made;
    std::size_t reclaimed_by_count;
    std::size_t reclaimed_by_collector;
    std::size_t finalizers_run;
    std::size_t out_of_memory;  ///< requests that failed
    std::size_t emergency_collections;
    std::size_t region_bytes;    ///< what the caller handed over
    std::size_t capacity_bytes;  ///< of that, pages for objects
    std::size_t used_bytes;      ///< in use for objects, headers and rounding included
    /// High-water mark of used_bytes. With several threads it may be off by what is parked, and too
    /// high by about 16 KiB for each.
    std::size_t used_bytes_max;
    std::size_t free_bytes;          ///< capacity, less used and parked
    std::size_t largest_free_block;  ///< largest object that fits now (within 1/8)
    std::size_t parked_bytes;        ///< free, at hand of threads for themselves
    std::size_t quarantined_bytes;
    std::size_t withheld_objects;  ///< dead, kept from their end while guards are open
};

}  // namespace ouro
