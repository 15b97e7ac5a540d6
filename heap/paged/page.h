// One record per 4 KiB page of the region, kept outside the pages: it stays a record for ever, so
// it may be read at any time, and a late mark on it can do no harm.
//
// A span is a run of pages with cells of one size (or one large object). Its first page's record
// describes it; the others point back. P1: `layout` of a span changes only while its cells are all
// free and no context is inside a load window. P2: bit i of each bitmap belongs to cell i of the
// span that starts here. P3: `candidate` is written by any mutator, the other bitmaps only by the
// owner of the pass (member, todo, deferred, kept) or of the batch (batch): a pass that is not of
// the batch does not even read the latter. P4: a bit of `free` is set by whoever frees the cell, or
// gives back a cell that it has kept (K5), and taken by whoever holds the span, or holds the
// allocation lock while nobody holds the span.
#pragma once

#include <cstddef>
#include <cstdint>

#include "heap/cell_bits.h"
#include "heap/header.h"
#include "heap/mark.h"
#include "heap/paged/size_class.h"

namespace ouro {

/// What a page is, in one word so that it can be read consistently without a lock.
struct PageLayout {
    /// kDissolving: a span that is none any more, while somebody may still look at its cells.
    /// kCache: a context's cache (heap/paged/cell_cache.h).
    enum Kind : std::uint8_t { kFree, kFreeTail, kSpan, kSpanTail, kDissolving, kCache };

    Kind kind = kFree;
    std::uint8_t size_class = 0;  ///< of a span
    std::uint32_t pages = 0;      ///< of a span or free run; in a tail: distance back to the head

    constexpr std::uint64_t encode() const {
        return static_cast<std::uint64_t>(kind) | std::uint64_t{size_class} << 8 |
               std::uint64_t{pages} << 32;
    }
    static constexpr PageLayout decode(std::uint64_t bits) {
        return {static_cast<Kind>(bits & 0xff), static_cast<std::uint8_t>(bits >> 8 & 0xff),
                static_cast<std::uint32_t>(bits >> 32)};
    }
};

struct PageInfo {
    /// What list of the allocator a span is on.
    enum Listed : std::uint16_t { kUnlisted, kAvailable, kRetired };

    platform::atomic<std::uint64_t> layout{0};
    platform::atomic<std::uint64_t> free[CellBits::kWords];  ///< cells that are free and nobody's
    /// Not 0: a cache, in the slot before this one, takes cells from here without the lock.
    platform::atomic<std::uint32_t> held{0};

    // Under the allocation lock.
    std::uint32_t generation = 0;  ///< not behind any that was drawn for a cell here; never reset
    std::uint16_t cells = 0;       ///< of the span
    Listed listed = kUnlisted;
    PageIndex next = kNoPage;  ///< list of the span's class, of retired spans, of free runs
    PageIndex prev = kNoPage;

    // Lists of the collector (the first by any context, the others by the pass or batch owner).
    platform::atomic<std::uint32_t> dirty{
        0};  ///< 1 while on the heap's stack of pages with candidates
    PageIndex dirty_next = kNoPage;
    PageIndex set_next = kNoPage;       ///< pages with claimed cells
    PageIndex todo_next = kNoPage;      ///< pages with cells to expand
    PageIndex batch_next = kNoPage;     ///< pages with cells of the batch
    PageIndex deferred_next = kNoPage;  ///< pages with deferred candidates
    std::uint16_t on_set = 0;           ///< is the page on that list? One writer per flag.
    std::uint16_t on_todo = 0;
    std::uint16_t on_deferred = 0;
    std::uint16_t on_batch = 0;

    platform::atomic<std::uint64_t> candidate[CellBits::kWords];  ///< reported since last gathered
    CellBits marks[kMarks];

    CellBits& bits(Mark mark) { return marks[static_cast<unsigned>(mark)]; }
    const CellBits& bits(Mark mark) const { return marks[static_cast<unsigned>(mark)]; }

    PageLayout load_layout() const {
        // order: acquire; pairs with the release stores of BlockAllocator: the cells' headers are
        // initialized before the page is a span.
        return PageLayout::decode(layout.load(platform::memory_order_acquire));
    }
    /// The cells of the span, as far as this word of bits shows them.
    std::uint64_t cells_of_word(std::uint32_t word) const {
        CellBits all;
        all.set_first(cells);
        return all.words[word];
    }
    bool candidate_test(std::uint32_t cell) const {
        // order: acquire; pairs with report(): who sees the bit sees the count change before it.
        return (candidate[cell / 64].load(platform::memory_order_acquire) >> (cell % 64)) & 1;
    }
};

static_assert(sizeof(PageInfo) <= 176, "page records cost at most 4.3 % of the region");

}  // namespace ouro
