// What verify() of the paged allocator counts on its way over the pages.
#pragma once

#include "heap/paged/block_allocator.h"

namespace ouro {

struct BlockAllocator::Met {
    std::size_t used_bytes = 0;
    std::size_t cached_bytes = 0;  ///< of caches and of the spans in their slots
    std::uint32_t free_pages = 0;
    std::uint32_t free_runs = 0;
    std::uint32_t available[kSizeClasses] =
        {};                     ///< spans that say to be on the list of their class
    std::uint32_t retired = 0;  ///< spans that say to be on the list of retired ones
    std::uint32_t retired_pages = 0;
    std::uint32_t dissolving = 0;
    std::uint32_t held = 0;         ///< spans that say to be held
    std::uint32_t cache_pages = 0;  ///< first pages of caches
    std::uint32_t caches = 0;       ///< on the lists of caches
    std::uint32_t slots = 0;        ///< of these, with a span
    void add_retired(PageLayout layout) {
        ++retired;
        retired_pages += layout.pages;
    }
    /// Cells that may come in another order the next time: are they the same?
    struct Cells {
        std::size_t count = 0;
        std::uintptr_t sum = 0, squares = 0;  ///< of addresses

        void add(const Header* header) {
            const auto address = reinterpret_cast<std::uintptr_t>(header) / sizeof(Header);
            ++count;
            sum += address;
            squares += address * address;
        }
        bool operator==(const Cells&) const = default;
    };
    Cells idle;     ///< of pages, that nobody uses and that have no bit
    Cells at_hand;  ///< that caches have by K5
};

}  // namespace ouro
