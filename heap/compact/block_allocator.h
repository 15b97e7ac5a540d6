// Memory for objects in the compact layout: blocks of any size, side by side, joined when free.
//
// C1  The blocks tile the units [0, end): a block of n units at u is followed by one at u + n, and
//     the last by a header of type kEndType. A block's size is in its header if it is free, else it
//     follows from its type (plus a unit of slack, if marked).
// C2  A block is marked kAfterFree iff the block before it is free; that one's size is in its last
//     bytes then.
// C3  Every free block is on the list of its size or, marked kPending, on that of blocks that may
//     not be used yet.
// C4  Two free blocks are joined only if no context is in a load window, and what was joined is
//     used only after no context has been seen in one since: a header that was found inside a
//     window stays a header until the window closes. While a context is in a window, blocks are
//     freed without being joined; later frees, and tidy(), make up for it. Who joins looks again at
//     once: so on one core, where nobody can have opened a window meanwhile, what was joined is
//     usable at once, and an allocation never waits for it.
// C5  A card's first header is the lowest header that begins on the card, if any.
// C6  A generation is drawn by every allocation from a counter of the card that the header lies on:
//     one address gets one generation twice only after 65,536 allocations on that card.
//
// Bounds: allocate and free do a fixed number of list operations, and a look at all contexts;
// tidy() is linear in the blocks, in steps of a few blocks for one hold of the lock. Finding the
// header before an address, and what is on a card: linear in the blocks of the card.
//
// Fragmentation, worst case: that of any allocator that moves nothing (Robson 1974): about
// live * log2(largest / smallest) / 2. Nothing is lost inside a block but the rounding to a unit.
#pragma once

#include <cstddef>
#include <cstdint>

#include "heap/allocator_config.h"
#include "heap/block_request.h"
#include "heap/cell_bits.h"
#include "heap/compact/free_lists.h"
#include "heap/mark.h"
#include "heap/memory_figures.h"
#include "heap/statistics.h"
#include "platform/annotate.h"
#include "platform/context.h"
#include "platform/mutex.h"

namespace ouro {

class BlockAllocator {
public:
    static constexpr std::uint64_t kRegionMax =
        std::uint64_t{sizeof(Unit) == 2 ? 65'534 : 0x7fff'ffff} * kUnitBytes;

    /// Lays cards and blocks into [memory, memory + bytes). False iff not even one block fits.
    /// There is no quarantine in this layout, and no context has a cache.
    bool init(void* memory, std::size_t bytes, const AllocatorConfig& config, TypeTable& types);
    /// The memory is the caller's again: nothing of it stays poisoned.
    void abandon();

    /// A block for the request: its header has count 0, the type, `constructing` and a fresh
    /// generation, its payload is accessible with undefined content but for the Trailing record of
    /// a variable type. Null iff nothing fits. Threads: any. Takes the allocation lock.
    Header* allocate(const BlockRequest& request);
    /// Takes back a block whose object is gone: word with count 0 and no claim.
    void free(Header* header);

    // Of caches (heap/paged/block_allocator.h): there are none.
    static constexpr bool kCaches = false;
    static Header* allocate_at_hand(std::size_t, std::size_t, TypeIndex, bool&) { return nullptr; }
    static Header* allocate_cached(std::size_t, std::size_t, TypeIndex, bool&) { return nullptr; }
    static void fold() {}
    static bool free_at_hand(Header*, WordValue, TypeIndex, std::size_t, std::size_t) {
        return false;
    }
    static bool free_cached(Header*, std::size_t, bool) { return false; }
    static bool free_dead_cached(PageIndex, const CellBits&) { return false; }
    // Nor a limit below that of the region.
    static constexpr bool kLimitsUse = false;
    struct NoUseLimit {
        static void set(std::size_t, std::size_t) {}
        static constexpr std::size_t get() { return ~std::size_t{0}; }
        static constexpr std::size_t collect_taken() { return 0; }
    };
    static NoUseLimit use_limit() { return {}; }
    static constexpr std::size_t bytes_in_use() { return 0; }
    static bool empty_caches() { return true; }
    static void stop_caching() {}
    static void forget_other_contexts() {}
    static std::ptrdiff_t live_objects(TypeIndex) { return 0; }
    static constexpr std::size_t ended_by_count() { return 0; }
    template <class Between>
    static Tallies tallies(Between&& between) {
        between();
        return {};
    }
    struct NoLock {
        void lock() {}
        void unlock() {}
    };
    static NoLock ends_lock() { return {}; }

    /// The lock that allocate() and free() take; type entries and figures are under it too.
    platform::Mutex& lock() { return lock_; }

    MemoryFigures figures();
    /// Joins free blocks that could not be joined when they were freed. False: a context that is
    /// inside a load window keeps some of it back. Time: O(blocks), see above.
    bool tidy();
    static constexpr bool kTidiesWhenAsked = false;
    /// The largest payload that any request can ever get.
    std::size_t payload_max() const;

    bool contains(const void* address) const {
        return reinterpret_cast<std::uintptr_t>(address) - begin() <
               std::uintptr_t{end_} * kUnitBytes;
    }
    /// Address of the first block.
    std::uintptr_t begin() const { return reinterpret_cast<std::uintptr_t>(lists_.at(0)); }
    /// Number of cards.
    PageIndex page_count() const { return cards_; }

    /// Where a header is: card and unit on it.
    struct Cell {
        PageIndex page;
        std::uint32_t index;
    };
    /// The place of a header in use; page == kNoPage when it is none of this heap's.
    Cell cell_of(const void* header) const {
        if (!contains(header)) return {kNoPage, 0};
        return cell_of_unit(lists_.unit_of(static_cast<const Header*>(header)));
    }
    /// The place of the header of the block that `address` lies in. Caller is in a load window.
    Cell cell_containing(const void* address) const;
    Header* header_of_cell(Cell cell) const {
        return lists_.at(cell.page * kCardUnits + cell.index);
    }
    static constexpr std::uint32_t kLooksMax = kCellsMax / kUnitsMin;
    /// Where the headers of a card are.
    struct Places {
        Header* begin = nullptr;

        bool operator==(const Places&) const = default;
        Header* header(std::uint32_t cell) const { return begin + cell; }
        /// The cell that the header of an object is in, or kCellsMax: it is on another card.
        std::uint32_t cell_of(const void* header) const {
            const std::uintptr_t offset =
                reinterpret_cast<std::uintptr_t>(header) - reinterpret_cast<std::uintptr_t>(begin);
            if (offset >= kCellsMax * kUnitBytes) return kCellsMax;
            return static_cast<std::uint32_t>(offset / kUnitBytes);
        }
    };
    Places places(PageIndex card) const { return {lists_.at(card * kCardUnits)}; }
    /// Bytes of a block in use, header included.
    std::size_t cell_bytes(Cell cell) const {
        return std::size_t{units_of(header_of_cell(cell))} * kUnitBytes;
    }
    /// The headers on a card. Caller is in a load window, or nobody changes anything.
    CellBits headers(PageIndex card) const {
        std::uint32_t looks = 0;
        return headers(card, looks);
    }
    /// The same; adds to `looks` how many headers were looked at, those whose size takes longer to
    /// find as several. A card of blocks that are as small as can be has kLooksMax.
    CellBits headers(PageIndex card, std::uint32_t& looks) const;
    /// How often headers went by now: what was a header when it was asked is one still as long as
    /// the answer is the same. In a load window: at least until it closes.
    std::uint32_t headers_gone() const {
        // order: acquire; pairs with put_free(): who sees the figure finds the blocks joined.
        return headers_gone_.load(platform::memory_order_acquire);
    }
    /// Is the cell still a header? It is one of `cells`, which were headers when headers_gone() was
    /// `gone`. If any header went since, `cells` and `gone` become those of now. Caller as for
    /// headers(). Time: O(1), or a look at the card.
    bool is_still_header(Cell cell, CellBits& cells, std::uint32_t& gone,
                         std::uint32_t& looks) const {
        const std::uint32_t now = headers_gone();
        if (now != gone && !OURO_MUTANT(header_trusted)) {
            gone = now;
            cells.keep(headers(cell.page, looks));
        }
        return cells.test(cell.index);
    }
    /// Is there a header in the cell, at this address? Caller as for headers().
    bool is_header_at(Cell cell) const {
        return cell.page < cards_ && headers(cell.page).test(cell.index);
    }
    bool is_header(const Header* header) const {
        const auto offset = reinterpret_cast<std::uintptr_t>(header) - begin();
        return contains(header) && offset % kUnitBytes == 0 && is_header_at(cell_of(header));
    }

    // ---- the collector's sets: flags of the header. Cells that are named hold members of them or
    // are pinned.

    bool has(Mark mark, Cell cell) const {
        const Header* header = header_of_cell(cell);
        if (mark == Mark::deferred) return header->load_word().has(WordValue::kDeferred);
        return header->load_info().has(flag_of(mark));
    }
    void set(Mark mark, Cell cell) {
        Header* header = header_of_cell(cell);
        if (mark != Mark::deferred) return set_flag(header, flag_of(mark), true);
        // order: acq_rel; a read-modify-write between others' count changes.
        header->word.fetch_add_masked(0, 0, WordValue::kDeferred, platform::memory_order_acq_rel);
    }
    void clear(Mark mark, Cell cell) {
        Header* header = header_of_cell(cell);
        if (mark != Mark::deferred) return set_flag(header, flag_of(mark), false);
        // order: acq_rel; as in set().
        header->word.fetch_add_masked(0, WordValue::kDeferred, 0, platform::memory_order_acq_rel);
    }
    void clear(Mark mark, PageIndex card, const CellBits& cells);
    /// Into the set of the pass, with no edges; out of it.
    void add_member(Header* header, Cell) {
        header->set_edges(0);
        set_flag(header, InfoValue::kMember, true);
    }
    void remove_member(Header* header, Cell) { set_flag(header, InfoValue::kMember, false); }
    /// The card's members of the set.
    CellBits marked(Mark mark, PageIndex card) const {
        std::uint32_t looks = 0;
        return marked(mark, card, looks);
    }
    /// The same; `looks` as for headers().
    CellBits marked(Mark mark, PageIndex card, std::uint32_t& looks) const;
    /// The card's headers for which condition(header, info, shape, cell) is true. Opens a
    /// load window. `looks` as for headers().
    template <class Condition>
    CellBits headers_if(PageIndex card, Condition&& condition, std::uint32_t& looks) const;

    /// Is the type of this info one whose objects can be in cycles?
    bool is_tracked(InfoValue info) const { return types_->is_tracked(info.type()); }

    // ---- for verify()

    /// Was it laid there by init()?
    bool lies_at(void* memory, std::size_t bytes, const AllocatorConfig& config,
                 const TypeTable& types) const;
    /// Checks C1 to C3, C5 and the sums; null or the name of the first broken one. lies_at() is
    /// true. Time: O(blocks + cards).
    const char* verify();

    // ---- cards as sets, for the lists of cards with candidates and members of sets

    enum CardSet : unsigned {
        kCandidateCards,
        kTakenCards,
        kSetCards,
        kTodoCards,
        kBatchCards,
        kDeferredCards,
        kDeferredSourceCards,
        kCardSets
    };
    using CardWord = platform::atomic<std::uint32_t>;
    /// Words of 32 cards each.
    std::uint32_t card_words() const { return (cards_ + 31) / 32; }
    CardWord& card_word(CardSet set, std::uint32_t word) {
        return card_sets_[set * card_words() + word];
    }
    /// verify(): how many cards are in the set; kNoPage if there are some that do not exist.
    std::uint32_t cards_in(CardSet set);

private:
    /// Where init() puts what; units == 0: not one block fits.
    struct Plan {
        std::uintptr_t sets, generations, firsts, blocks;
        std::uint32_t cards, units;
    };
    static Plan plan(void* memory, std::size_t bytes);
    const char* verify_block(std::uint32_t unit, std::uint32_t& units, bool& after_free) const;
    static constexpr std::uint32_t kCardUnits = kCellsMax;
    static constexpr std::uint8_t kNoFirst = 0xff;

    /// Looks (headers()) that a size under the lock counts as.
    static constexpr std::uint32_t kLockedLooks = 6;

    static Cell cell_of_unit(std::uint32_t unit) { return {unit / kCardUnits, unit % kCardUnits}; }
    /// 0: a block in use whose payload tells the size, or a damaged header.
    static std::uint32_t units_by_shape(InfoValue info, TypeTable::Shape shape) {
        const std::uint32_t payload = shape.payload_bytes();
        if (payload == 0) return info.type() == 0 ? info.units() : 0;
        return units_needed(payload) + (info.has(InfoValue::kSlack) ? 1 : 0);
    }
    std::uint32_t units_by_info(InfoValue info) const {
        return units_by_shape(info, types_->shape(info.type()));
    }
    std::uint32_t units_of(const Header* header) const;
    std::uint32_t units_of_locked(const Header* header) const;
    std::uint32_t variable_units(const Header* header) const;
    static std::uint32_t units_needed(std::size_t payload_bytes) {
        const std::size_t bytes = payload_bytes + platform::kRedzoneBytes;
        static_assert(kUnitsMin == 2);
        // A header, and at least one unit behind it.
        if (bytes == 0) return kUnitsMin;
        return static_cast<std::uint32_t>((bytes + 2 * kUnitBytes - 1) / kUnitBytes);
    }
    static constexpr InfoValue::Bits flag_of(Mark mark) {
        switch (mark) {
            case Mark::member: return InfoValue::kMember;
            case Mark::todo: return InfoValue::kTodo;
            case Mark::batch: return InfoValue::kBatch;
            case Mark::kept: return InfoValue::kKept;
            case Mark::deferred: break;  // in the word
        }
        return 0;
    }
    static void set_flag(Header* header, InfoValue::Bits flag, bool on) {
        // order: acq_rel, both; one of several writers of different flags.
        if (on) {
            header->info.fetch_or(flag, platform::memory_order_acq_rel);
        } else {
            header->info.fetch_and(~flag, platform::memory_order_acq_rel);
        }
    }
    void note_header(std::uint32_t unit);
    void forget_header(std::uint32_t unit, std::uint32_t next);
    void put_free(Header* block, std::uint32_t units, bool joined);
    void put_free_joined(Header* block, std::uint32_t units);
    void release_pending(unsigned limit);
    void tidy_block();
    bool is_free(const Header* header) const { return header->load_info().type() == 0; }

    mutable platform::Mutex lock_;
    FreeLists lists_;
    TypeTable* types_ = nullptr;
    platform::atomic<std::uint8_t>* firsts_ = nullptr;  ///< of every card: unit of its first header
    std::uint16_t* generations_ = nullptr;              ///< of every card: the last one drawn
    CardWord* card_sets_ = nullptr;
    std::uint32_t end_ = 0;  ///< unit of the header behind the last block
    std::uint32_t cards_ = 0;
    std::uint32_t tidy_at_ = 0;  ///< where tidy() goes on; never inside a block
    bool unjoined_ = false;      ///< may free blocks lie side by side?
    platform::atomic<std::uint32_t> headers_gone_{0};  ///< by joins; written under the lock
    std::uint32_t used_units_ = 0;
    std::uint32_t used_units_max_ = 0;
};

template <class Condition>
CellBits BlockAllocator::headers_if(PageIndex card, Condition&& condition,
                                    std::uint32_t& looks) const {
    CellBits found;
    platform::LoadWindow window;
    // order: acquire; pairs with note_header() and forget_header(): that header is one.
    const std::uint8_t first = firsts_[card].load(platform::memory_order_acquire);
    if (first == kNoFirst) return found;
    const TypeTable::Shapes shapes(*types_);
    const Header* const begin = lists_.at(card * kCardUnits);
    const Header* const end = lists_.at(end_);
    std::uint32_t looked = 0;
    const Header* const behind =
        end - begin < std::ptrdiff_t{kCardUnits} ? end : begin + kCardUnits;
    for (const Header* header = begin + first; header < behind;) {
        const InfoValue info = header->load_info();
        const auto cell = static_cast<std::uint32_t>(header - begin);
        const TypeTable::Shape shape = shapes.of(info.type());
        if (condition(header, info, shape, cell)) found.set(cell);
        std::uint32_t units = units_by_shape(info, shape);
        ++looked;
        if (OURO_UNLIKELY(units == 0)) {
            units = units_of(header);
            looked += kLockedLooks;
            if (units == 0) break;  // damaged
        }
        header += units;
    }
    looks += looked;
    return found;
}

}  // namespace ouro
