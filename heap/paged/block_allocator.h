// Memory for objects: spans of equal cells, whole runs for large objects, all inside the region.
//
// B1  Every cell of a span starts with a Header whose word is a word until the span is dissolved.
// B2  A span is dissolved only while all its cells are free and no context is in a load window.
//     Until then it waits on the retired list or, once its memory was wanted, as `dissolving`;
//     from both its own class takes it back at once.
// B3  used = number of cells that are neither on the span's free list nor in quarantine.
// B4  A page's generation counter is not behind any generation that was drawn for a cell on it: a
//     fresh span starts from the highest counter of its pages, a dissolved one leaves its counter
//     on all of them. So one address gets one generation twice only after 2^32 allocations.
//
// Bounds: allocate and free do at most a fixed number of list operations; a fresh span writes the
// headers of its cells (at most 128) and one record per page; a large object one record per page.
// Dissolving retired spans is O(retired), at most kRetiredMax in an ordinary call. Before memory
// counts as exhausted: O(retired, dissolving and free runs).
//
// A request is served as long as a free cell of its class or a larger one exists, or free pages in
// a row that one such cell fits into.
//
// Fragmentation, worst case: a span of class c stays while one cell lives, so a program that keeps
// one cell of every span can strand (capacity - 1) / capacity of its high-water mark; between
// classes and runs the bound of any allocator that moves nothing holds (Robson 1974: about
// live * log2(largest / smallest) / 2). Inside a cell at most a fifth is unused
// (heap/size_class.h), unless it had to be one of a larger class.
#pragma once

#include <cstddef>
#include <cstdint>

#include "heap/block_request.h"
#include "heap/memory_figures.h"
#include "heap/paged/page.h"
#include "heap/paged/run_allocator.h"
#include "platform/mutex.h"

namespace ouro {

class BlockAllocator {
public:
    /// Chains of dead objects link them by 32-bit numbers of 16-byte units (heap/reclaim.cc).
    static constexpr std::uint64_t kRegionMax = std::uint64_t{1} << 36;

    /// Lays records and pages into [memory, memory + bytes). False iff not even one page fits.
    bool init(void* memory, std::size_t bytes, std::size_t quarantine_bytes, TypeTable& types);

    /// The memory is the caller's again: nothing of it stays poisoned.
    void abandon();

    /// A cell for the request: its header has count 0, the type, `constructing` and a fresh
    /// generation, its payload is accessible with undefined content. Null iff nothing fits.
    /// Threads: any. Takes the allocation lock.
    Header* allocate(const BlockRequest& request);
    Header* allocate(std::size_t payload_bytes) { return allocate(BlockRequest{payload_bytes}); }
    /// Takes back a cell whose object is gone: word with count 0 and no claim.
    void free(Header* header);

    /// The lock that allocate() and free() take; type entries and figures are under it too.
    platform::Mutex& lock() { return lock_; }

    /// Time: O(1) plus the dissolution of at most 128 emptied spans plus O(contexts).
    MemoryFigures figures();
    /// Makes the memory of emptied spans usable for every size. False: a context that is inside a
    /// load window keeps some of it back. Time: O(emptied spans + contexts).
    bool tidy();
    /// The largest payload that any request can ever get.
    std::size_t payload_max() const;

    bool contains(const void* address) const {
        return reinterpret_cast<std::uintptr_t>(address) - begin_ < page_count_ * kPageBytes;
    }
    /// Address of the first page.
    std::uintptr_t begin() const { return begin_; }
    PageIndex page_count() const { return static_cast<PageIndex>(page_count_); }
    PageInfo& page(PageIndex index) { return pages_[index]; }
    PageIndex page_of(const void* address) const {
        return static_cast<PageIndex>((reinterpret_cast<std::uintptr_t>(address) - begin_) >>
                                      kPageShift);
    }

    /// Where a header's cell is: first page of its span and cell number.
    struct Cell {
        PageIndex page;
        std::uint32_t index;
    };
    /// The cell that `address` lies in; page == kNoPage when it lies in no span. Caller is in a
    /// load window or holds something that keeps the span.
    Cell cell_of(const void* address) const;
    /// The cell of the block in use or free that `address` lies in. As cell_of() here.
    Cell cell_containing(const void* address) const { return cell_of(address); }
    /// Number of cells of the span that starts at `page`; 0 when no span starts there.
    std::uint32_t cells_in(PageIndex page) const;
    Header* header_of_cell(Cell cell) const;
    /// Bytes of the cell, header included.
    std::size_t cell_bytes(Cell cell) const { return span_cell_bytes(cell.page); }
    /// The cells with headers of the span that starts at `page`. Caller as for cell_of().
    CellBits headers(PageIndex page) const {
        CellBits cells;
        cells.set_first(cells_in(page));
        return cells;
    }
    /// Is there a header in the cell, at this address? Caller as for cell_of().
    bool is_header_at(Cell cell) const { return cell.index < cells_in(cell.page); }
    bool is_header(const Header* header) const {
        const Cell cell = cell_of(header);
        return cell.page != kNoPage && header_of_cell(cell) == header;
    }

    /// Does `address`, behind the header of a block in use, lie in that block? Time: O(1).
    bool spans(const Header* header, const void* address) const;

    // ---- the collector's sets (P3). Cells that are named hold members of them or are pinned.

    bool has(Mark mark, Cell cell) const { return pages_[cell.page].bits(mark).test(cell.index); }
    void set(Mark mark, Cell cell) { pages_[cell.page].bits(mark).set(cell.index); }
    void clear(Mark mark, Cell cell) { pages_[cell.page].bits(mark).clear(cell.index); }
    void clear(Mark mark, PageIndex page, const CellBits& cells) {
        pages_[page].bits(mark).remove(cells);
    }
    /// The page's members of the set.
    CellBits marked(Mark mark, PageIndex page) const { return pages_[page].bits(mark); }

    /// Is the type of this info one whose objects can be in cycles?
    bool is_tracked(InfoValue info) const { return types_->is_tracked(info.type()); }

    /// Checks B3, the free lists, the runs and the sums; null or the name of the first broken one.
    const char* verify();

private:
    std::size_t span_cell_bytes(PageIndex page) const;
    static std::uint32_t capacity_of(PageLayout layout);
    PageIndex span_with_free_cell(std::uint32_t& size_class);
    Header* allocate_cell(std::uint32_t size_class, TypeIndex type);
    Header* allocate_run(std::size_t bytes, TypeIndex type);
    PageIndex fresh_span(std::uint32_t size_class);
    PageIndex short_span(std::uint32_t size_class);
    PageIndex take_back(std::uint32_t size_class);
    PageIndex take_run(std::uint32_t pages);
    void format(PageIndex page, std::uint32_t size_class, std::uint32_t pages);
    void put_back(PageIndex page, std::uint32_t cell, Header* header);
    void link(PageIndex& list, PageIndex page);
    void unlink(PageIndex& list, PageIndex page);
    bool dissolve_retired();
    void release_quarantine(std::size_t down_to_bytes);
    void set_span_layout(PageIndex page, PageLayout layout);

    static constexpr std::uint32_t kRetiredMax = 64;

    platform::Mutex lock_;
    TypeTable* types_ = nullptr;
    PageInfo* pages_ = nullptr;
    std::uintptr_t begin_ = 0;
    std::size_t page_count_ = 0;
    RunAllocator runs_;
    PageIndex available_[kSizeClasses];  ///< spans with a free cell, per class
    PageIndex retired_ = kNoPage;        ///< spans without a used cell, waiting to be dissolved
    PageIndex dissolving_ = kNoPage;     ///< spans no more, perhaps still looked at
    std::uint32_t retired_count_ = 0;
    std::size_t used_bytes_ = 0;
    std::size_t used_bytes_max_ = 0;
    std::size_t quarantine_limit_ = 0;
    std::size_t quarantined_bytes_ = 0;
    Header* quarantine_first_ = nullptr;  ///< linked through Header::generation as 16-byte units
    Header* quarantine_last_ = nullptr;
};

}  // namespace ouro
