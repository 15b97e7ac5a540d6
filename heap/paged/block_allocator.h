// Memory for objects: spans of equal cells, whole runs for large objects, all inside the region.
//
// B1  Every cell of a span starts with a Header whose word is a word until the span is dissolved.
// B2  A span is dissolved only while all its cells are free and no context is in a load window.
//     Until then it waits on the retired list or, when there are many or memory was wanted, as
//     `dissolving`; from both its own class takes it back at once. Once all windows have
//     been seen closed it is unwatched, and becomes free pages in its turn.
// B3  A cell's bit is set in its span's `free` bits, or in those of the cache that holds the span,
//     or a cache has it by K5, iff nobody uses the cell and it is not in quarantine.
// B4  A cell's generation is one more with each allocation of it. It is not behind that of any cell
//     that was there before: a fresh span starts from the highest counter of its pages, a dissolved
//     one leaves the highest of its cells on all of them. So one address gets one generation twice
//     only after 2^32 allocations.
// B5  A span with free bits that no cache holds is on the list of its class or, with all its cells
//     free, on that of retired spans; or a context that has freed a cell is about to put it there.
//
// Bounds: allocate and free do at most a fixed number of list operations; a fresh span writes the
// headers of its cells (at most 128) and one record per page; a large object one record per page.
// Retired spans wait for their class to want them again. An allocation that wants a span where
// there are many, or finds no free run, makes 64 at a time ready to be dissolved, and dissolves a
// few. Before memory counts as exhausted: O(retired, dissolving and free runs).
//
// Why so long: it is one class, whose parts are in files of their own; here is what they share.
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

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "heap/allocator_config.h"
#include "heap/block_request.h"
#include "heap/heap_config.h"
#include "heap/memory_figures.h"
#include "heap/paged/cell_cache.h"
#include "heap/paged/page.h"
#include "heap/paged/run_allocator.h"
#include "heap/paged/use_limit.h"
#include "platform/annotate.h"
#include "platform/mutant.h"
#include "platform/mutex.h"

namespace ouro {

class BlockAllocator {
public:
    /// Chains of dead objects link them by 32-bit numbers of 16-byte units (heap/reclaim.cc).
    static constexpr std::uint64_t kRegionMax = std::uint64_t{1} << 36;

    /// Lays records and pages into [memory, memory + bytes). False iff not even one page fits.
    bool init(void* memory, std::size_t bytes, const AllocatorConfig& config, TypeTable& types);

    /// The memory is the caller's again: nothing of it stays poisoned, no context knows of it.
    void abandon();

    /// A cell for the request: its header has count 0, the type, `constructing` and a fresh
    /// generation, its payload is accessible with undefined content. Null iff nothing fits.
    /// Threads: any. Takes the allocation lock.
    Header* allocate(const BlockRequest& request);
    Header* allocate(std::size_t payload_bytes) { return allocate(BlockRequest{payload_bytes}); }
    /// Takes back a cell whose object is gone: word with count 0 and no claim.
    void free(Header* header);

    // ---- without the lock, from the caller's own cache, if it has one (K1 to K5)
    static constexpr bool kCaches = true;
    /// allocate() for an object with so many bytes of payload, counted as made, of what is at hand;
    /// its payload is not accessible yet. `own_bytes`: the same if its type does not tell them, or
    /// 0. `folds`: fold() is to be called at the end. Null: not this way. Time: O(1), a few
    /// instructions. Threads: any, not in interrupts.
    Header* allocate_at_hand(std::size_t payload_bytes, std::size_t own_bytes, TypeIndex type,
                             bool& folds);
    /// The same where cells have to be looked for. Time: O(1).
    Header* allocate_cached(std::size_t payload_bytes, std::size_t own_bytes, TypeIndex type,
                            bool& folds);
    /// What the context has counted becomes part of the heap's figures, if nobody has the lock.
    OURO_COLD void fold();
    /// free() for an object that its count has ended, and which nobody claims: its word becomes
    /// `dead`. Otherwise as allocate_at_hand(). False: nothing was done, not this way.
    bool free_at_hand(Header* header, WordValue dead, TypeIndex type, std::size_t payload_bytes,
                      std::size_t own_bytes);
    /// free(), counted as ended, of any cell. False: the context has no cache. Time: O(1), and the
    /// lock where a span gets its first free cell or loses its last used one.
    bool free_cached(Header* header, std::size_t own_bytes, bool by_count);
    /// The same for cells of a page whose objects the collector has ended. Time: O(cells).
    bool free_dead_cached(PageIndex page, const CellBits& cells);
    /// Takes the memory of all caches back. False: a context that is inside a load window keeps
    /// some of it back. Time: O(cells in caches + contexts).
    bool empty_caches();
    /// No caches any more. No other context makes objects now; those that still end some do it
    /// under the lock from here on.
    void stop_caching();
    /// What the contexts have counted for themselves: the ends, then `between()`, then the rest, so
    /// that what has ended was made.
    template <class Between>
    Tallies tallies(Between&& between);
    /// Objects that their counts have ended, of those. Time: O(contexts * types).
    std::size_t ended_by_count();
    /// Objects of the type that live, as far as contexts have counted them for themselves.
    std::ptrdiff_t live_objects(TypeIndex type);
    /// In the child of a fork: the caches of contexts that do not exist there are emptied.
    void forget_other_contexts();
    /// Around a fork: contexts do not end. Taken before the allocation lock.
    static platform::Mutex& ends_lock();

    static constexpr bool kLimitsUse = true;
    /// How many bytes may be in use before what allocate() takes is counted.
    UseLimit& use_limit() { return use_limit_; }
    /// Bytes of cells in use. Time: O(contexts).
    std::size_t bytes_in_use();

    /// The lock that allocate() and free() take; type entries and figures are under it too.
    platform::Mutex& lock() { return lock_; }

    /// Time: O(emptied spans + contexts), a few spans for one hold of the lock.
    MemoryFigures figures();
    /// Makes the memory of emptied spans usable for every size. False: a context that is inside a
    /// load window keeps some of it back. Time: as figures().
    bool tidy();
    /// Other sizes take that memory when they want it: nobody need tidy up for them.
    static constexpr bool kTidiesWhenAsked = true;
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
    /// The page that begins there, and its record.
    PageIndex page_at(std::uintptr_t begin) const {
        return static_cast<PageIndex>((begin - begin_) >> kPageShift);
    }
    PageInfo& record_at(std::uintptr_t begin) const { return pages_[page_at(begin)]; }
    /// The cell of the block in use or free that `address` lies in. As cell_of() here.
    Cell cell_containing(const void* address) const { return cell_of(address); }
    /// Number of cells of the span that starts at `page`; 0 when no span starts there.
    std::uint32_t cells_in(PageIndex page) const;
    Header* header_of_cell(Cell cell) const;
    /// Where the headers of a page's cells are, as long as the page is what it is.
    struct Places {
        std::uintptr_t begin = 0;
        std::size_t bytes = 0;         ///< of a cell
        std::size_t all = 0;           ///< of its cells
        std::uint64_t reciprocal = 0;  ///< see SizeClass

        bool operator==(const Places&) const = default;
        Header* header(std::uint32_t cell) const {
            return reinterpret_cast<Header*>(begin + cell * bytes);
        }
        /// The cell that the header of an object is in, or kCellsMax: it is none of these.
        std::uint32_t cell_of(const void* header) const {
            const std::uintptr_t offset = reinterpret_cast<std::uintptr_t>(header) - begin;
            if (offset >= all) return kCellsMax;
            return static_cast<std::uint32_t>((offset * reciprocal) >> 32);
        }
    };
    Places places(PageIndex page) const;
    /// Bytes of the cell, header included.
    std::size_t cell_bytes(Cell cell) const { return span_cell_bytes(cell.page); }
    /// The cells with headers of the span that starts at `page`. Caller as for cell_of().
    CellBits headers(PageIndex page) const {
        CellBits cells;
        cells.set_first(cells_in(page));
        return cells;
    }
    /// In this layout a header stays one as long as its span: headers do not go one by one.
    std::uint32_t headers_gone() const { return 0; }
    /// Is the cell, which was a header, one still? Caller as for cell_of().
    bool is_still_header(Cell cell, CellBits& /*cells*/, std::uint32_t& /*gone*/,
                         std::uint32_t& /*looks*/) const {
        return is_header_at(cell);
    }
    /// Is there a header in the cell, at this address? Caller as for cell_of().
    bool is_header_at(Cell cell) const { return cell.index < cells_in(cell.page); }
    bool is_header(const Header* header) const {
        const Cell cell = cell_of(header);
        return cell.page != kNoPage && header_of_cell(cell) == header;
    }

    // ---- the collector's sets (P3). Cells that are named hold members of them or are pinned.

    bool has(Mark mark, Cell cell) const { return pages_[cell.page].bits(mark).test(cell.index); }
    void set(Mark mark, Cell cell) { pages_[cell.page].bits(mark).set(cell.index); }
    void clear(Mark mark, Cell cell) { pages_[cell.page].bits(mark).clear(cell.index); }
    void clear(Mark mark, PageIndex page, const CellBits& cells) {
        pages_[page].bits(mark).remove(cells);
    }
    /// Into the set of the pass, with no edges; out of it. The header knows as well.
    void add_member(Header* header, Cell cell) {
        header->begin_membership();
        set(Mark::member, cell);
    }
    void remove_member(Header* header, Cell cell) {
        if (!OURO_MUTANT(member_flag_kept)) header->end_membership();
        clear(Mark::member, cell);
    }
    /// The page's members of the set.
    CellBits marked(Mark mark, PageIndex page) const { return pages_[page].bits(mark); }
    /// The same, without a look at any header.
    static constexpr std::uint32_t kLooksMax = 0;
    CellBits marked(Mark mark, PageIndex page, std::uint32_t& /*looks*/) const {
        return marked(mark, page);
    }

    /// Is the type of this info one whose objects can be in cycles?
    bool is_tracked(InfoValue info) const { return types_->is_tracked(info.type()); }

    // ---- for verify()

    /// Was it laid there by init(), with this configuration?
    bool lies_at(void* memory, std::size_t bytes, const AllocatorConfig& config,
                 const TypeTable& types) const;
    /// Checks the pages, B3, B5, K3, all lists and the sums; null or the name of the first that is
    /// broken. lies_at() is true. Time: O(pages + cells).
    const char* verify();

private:
    /// Where init() puts what; pages == 0: not one fits.
    struct Plan {
        std::uintptr_t records = 0;
        std::uintptr_t begin = 0;
        std::size_t pages = 0;
    };
    static Plan plan(void* memory, std::size_t bytes);
    struct Met;
    const char* verify_page(PageIndex page, Met& met);
    const char* verify_lists(const Met& met);
    const char* verify_quarantine();
    const char* verify_caches(Met& met) const;
    bool verify_cache(const CellCache* at, bool is_taken) const;
    bool are_stacks_sound(const CellCache& cache) const;
    const char* verify_idle(const CellCache& cache, Met& met) const;
    const char* verify_idle_cell(const Header* header, std::uint32_t size_class) const;
    template <class IsMember>
    std::uint32_t length_of(PageIndex head, IsMember&& is_member) const;
    bool has_tails(PageIndex page, PageLayout layout) const;
    bool is_possible(PageLayout layout) const;
    bool has_its_place() const;
    std::size_t cache_limit_for(const AllocatorConfig& config) const {
        return page_count_ * kPageBytes / 100 * config.cache_percent;
    }

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
    Header* take_cell(PageIndex page);
    static void begin_block(Header* header, TypeIndex type) {
        // order: relaxed, both; ours alone, and published below.
        header->generation.store(header->generation.load(platform::memory_order_relaxed) + 1,
                                 platform::memory_order_relaxed);
        // order: release; pairs with load_info(): who looks by an id and sees the type sees the
        // generation, and the end of the object before (heap/query.cc).
        header->info.store(type | InfoValue::kConstructing,
                           OURO_ORDER(memory_order_release, begun_relaxed, memory_order_relaxed));
    }
    /// Of a cell, beside the payload.
    static constexpr std::size_t kCellExtra = sizeof(Header) + platform::kRedzoneBytes;
    static std::size_t cell_bytes_for(std::size_t payload_bytes) {
        return payload_bytes + kCellExtra;
    }
    bool give(Cell cell);
    bool give(PageIndex page, std::uint32_t word, std::uint64_t cells);
    bool give(PageIndex page, const CellBits& cells);
    void give_own();
    [[noreturn]] OURO_COLD static void fail_foreign(const Header* header);
    /// Where the span that a header lies in begins, and what it is.
    struct Head {
        PageIndex page;
        PageLayout layout;
    };
    Head head_of(const Header* header) const {
        const PageIndex page = page_of(header);
        const PageLayout layout = pages_[page].load_layout();
        if (OURO_LIKELY(layout.kind != PageLayout::kSpanTail)) return {page, layout};
        return {page - layout.pages, pages_[page - layout.pages].load_layout()};
    }
    template <class End>
    bool put_or_keep(CellCache& cache, const Header* header, std::uint32_t size_class, End&& end);
    void open_stack(CellCache& cache, std::uint32_t size_class);
    PageIndex keep(CellCache& cache, std::uint32_t size_class, Cell cell);
    PageIndex give_kept(CellCache& cache, std::uint32_t size_class);
    void give_all(CellCache& cache);
    OURO_NOINLINE void finish_free(PageIndex changed, std::uint32_t asks);
    void put_back(Cell cell);
    void note_span(PageIndex page);
    void unlist(PageIndex page);
    void list_as_available(std::uint32_t size_class, PageIndex page);
    void retire(PageIndex page);
    std::uint32_t newest_generation(PageIndex page) const;
    CellBits free_cells(PageIndex page, const CellCache::Slot* holder) const;
    const CellCache::Slot* holder_of(PageIndex page) const;
    const char* verify_span(PageIndex page, Met& met);
    void enter_place(const AllocatorConfig& config);
    CellCache* attach(platform::Context& context);
    CellCache* cache_in_time();
    CellCache* cache_with_room(std::uint32_t size_class, std::size_t span_bytes);
    std::size_t hold(CellCache& cache, std::uint32_t size_class, PageIndex page);
    void let_go(CellCache& cache, std::uint8_t at);
    void close(CellCache& cache);
    bool close_taken_caches();
    void take_from_owner(CellCache& cache);
    void fold_use(CellCache& cache);
    void fold_own_use();
    template <class Visit>
    void for_each_cache(Visit&& visit) const;
    void add_ends(Tallies& sum) const;
    void add_ended_in(CellCache& cache, Tallies& sum) const;
    void add_by_type(CellCache& cache, Tally::Count CellCache::PerType::* count,
                     std::size_t& objects, std::size_t& bytes) const;
    void add_made_in(CellCache& cache, Tallies& sum) const;
    static void context_ends(platform::Context& context);
    void link(PageIndex& list, PageIndex page);
    void unlink(PageIndex& list, PageIndex page);
    void close_retired();
    bool dissolve_some();
    bool dissolve_all();
    void release_quarantine(std::size_t down_to_bytes);
    void set_span_layout(PageIndex page, PageLayout layout);

    static constexpr std::uint32_t kRetiredShare = 64;  ///< of the pages, of spans that wait
    static constexpr std::uint32_t kClosedAtOnce = 64;  ///< spans
    static constexpr std::uint32_t kGivenAtOnce = 8;    ///< when memory is wanted
    /// What a cache counts for, but for the spans that it holds (K4).
    static std::size_t bytes_of_cache(const CellCache& cache) {
        std::size_t bytes = cache.pages * kPageBytes + cache.kept_max;
        for (const CellCache::Stack& stack : cache.stacks)
            bytes += static_cast<std::size_t>(stack.end - stack.begin) * stack.cell_bytes;
        return bytes;
    }
    /// How much of each class a cache may have on its stack: less in small regions.
    std::size_t stacked_max() const {
        const std::size_t share = cache_limit_ / 32;
        return share < kStackedMax ? share : kStackedMax;
    }
    /// How much of all classes it may keep for their spans: less in small regions, too.
    std::size_t kept_max() const {
        return std::clamp(cache_limit_ / 64, CellCache::kKeptLeast, CellCache::kKeptMost);
    }
    /// The calling context's cache, if it has one. In a load window or under the lock (K1).
    CellCache* cache_of(const platform::Context& context) const {
        return CellCache::of(context, place());
    }
    std::uint32_t place() const {
        // order: relaxed; one thread only has the heap when it changes, or shuts it down: who has a
        // cache of a later heap in the old place has learnt of that after the change.
        return place_.load(platform::memory_order_relaxed);
    }
    /// Is there, or was there, an object in a cell of a larger class than it needs?
    bool has_misfits() const {
        // order: relaxed; set under the lock, before the context has the object to hand on.
        const bool has = has_misfits_.load(platform::memory_order_relaxed);
        return has && !OURO_MUTANT(misfit_on_stack);
    }

    static constexpr std::uint32_t kNoPlace = platform::ContextLocals<true>::kPlaces;
    alignas(HeapConfig::kLine) alignas(void*) TypeTable* types_ = nullptr;
    PageInfo* pages_ = nullptr;
    std::uintptr_t begin_ = 0;
    std::size_t page_count_ = 0;
    platform::atomic<std::uint32_t> place_{kNoPlace};  ///< of this heap's caches in ContextLocals
    platform::atomic<bool> has_misfits_{false};

    // Under the lock.
    alignas(HeapConfig::kLine) alignas(platform::Mutex) platform::Mutex lock_;
    RunAllocator runs_;
    PageIndex available_[kSizeClasses];  ///< spans with a free cell, per class
    PageIndex retired_ = kNoPage;        ///< spans without a used cell, waiting to be dissolved
    PageIndex dissolving_ = kNoPage;     ///< spans no more, perhaps still looked at
    PageIndex unwatched_ = kNoPage;      ///< the same, and nobody looks at them any more
    std::uint32_t retired_pages_ = 0;
    std::ptrdiff_t used_bytes_ = 0;  ///< what tallies say to be added; may be less than 0
    std::ptrdiff_t used_bytes_max_ = 0;
    UseLimit use_limit_;
    bool is_caching_ = false;
    bool has_lost_cells_ = false;  ///< in the child of a fork
    std::uint32_t cache_after_ = 0;
    std::size_t cache_limit_ = 0;        ///< bytes (K4)
    std::size_t cached_bytes_ = 0;       ///< of caches, what they keep and the spans that they hold
    CellCache* caches_ = nullptr;        ///< that have an owner
    CellCache* taken_caches_ = nullptr;  ///< taken from their owners, who may be in a window still
    Tallies folded_;                     ///< of caches that are no more
    std::size_t quarantine_limit_ = 0;
    std::size_t quarantined_bytes_ = 0;
    Header* quarantine_first_ = nullptr;  ///< linked through Header::generation as 16-byte units
    Header* quarantine_last_ = nullptr;
};

template <class Visit>
void BlockAllocator::for_each_cache(Visit&& visit) const {
    for (CellCache* cache = caches_; cache != nullptr; cache = cache->next) visit(*cache);
    for (CellCache* cache = taken_caches_; cache != nullptr; cache = cache->next) visit(*cache);
}

template <class Between>
Tallies BlockAllocator::tallies(Between&& between) {
    platform::LockGuard guard(lock_);
    Tallies sum = folded_;
    const auto add_made = [this, &sum](CellCache& cache) { add_made_in(cache, sum); };
    if (OURO_MUTANT(sums_made_first)) for_each_cache(add_made);
    add_ends(sum);
    between();
    if (!OURO_MUTANT(sums_made_first)) for_each_cache(add_made);
    return sum;
}

}  // namespace ouro
