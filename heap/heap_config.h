// What the user chooses when a heap is made.
#pragma once

#include <cstddef>
#include <cstdint>

namespace ouro {

class Heap;

struct HeapConfig {
    static constexpr bool kSmall = sizeof(void*) == 4;  ///< defaults for small memories
    /// What one context writes all the time lies this far from what others read all the time: one
    /// line of a processor's cache. Nothing to keep apart in small memories.
    static constexpr std::size_t kLine = kSmall ? 1 : 64;

    /// Distinct types of objects, at most 4095 (254 in the compact layout).
    std::uint32_t types_max = kSmall ? 15 : 128;
    /// Sum of the types' fixed fields.
    std::uint32_t field_offsets_max = kSmall ? 64 : 1024;
    /// Objects that one release may end before the rest is left to the collector; 0 = all.
    std::uint32_t cascade_objects_max = 0;
    /// How deep finalizers, destructors and callbacks may end objects that have some themselves,
    /// each on the stack of the one before. What would go deeper ends when the outermost release
    /// has ended, before it returns. At least 2, at most 65,535.
    std::uint32_t nesting_max = kSmall ? 4 : 64;
    /// Buckets of the table of interned strings, one pointer each; 0: strings are not shared.
    std::uint32_t intern_buckets = kSmall ? 8 : 64;
    /// Share of the region, in percent, that threads together may keep at hand for themselves, so
    /// that they make and end small objects without a lock; 0 = none, at most 100. In the paged
    /// layout only, and not with a quarantine. Memory that is short is taken back from them.
    std::uint32_t cache_percent = kSmall ? 0 : 6;
    /// Allocations under the lock before a thread gets some of that.
    std::uint32_t cache_after = 32;
    /// Freed bytes that are kept back so that a use after free is caught; 0 = none. In the paged
    /// layout only.
    std::size_t quarantine_bytes = 0;
    /// Finalizers as before Python 3.4: by count they run at every death, after weak references
    /// have died; a collection keeps garbage that has them, with all it reaches, and puts it on the
    /// garbage list (Collector::garbage).
    bool legacy_finalizers = false;
    /// Called by make() when there is no memory; returning makes make() stop the program.
    void (*out_of_memory)(Heap& heap, std::size_t bytes) = nullptr;
};

}  // namespace ouro
