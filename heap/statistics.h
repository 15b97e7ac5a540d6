// Figures of a heap, read in constant time.
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
    std::size_t used_bytes_max;  ///< high-water mark of used_bytes
    std::size_t free_bytes;
    std::size_t largest_free_block;  ///< largest object that fits now (within 1/8)
    std::size_t parked_bytes;        ///< free memory held by per-thread caches
    std::size_t quarantined_bytes;
};

}  // namespace ouro
