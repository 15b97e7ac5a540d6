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
//     freed without being joined; later frees, and tidy(), make up for it.
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

#include "heap/block_request.h"
#include "heap/cell_bits.h"
#include "heap/compact/free_lists.h"
#include "heap/mark.h"
#include "heap/memory_figures.h"
#include "platform/context.h"
#include "platform/mutex.h"

namespace ouro {

class BlockAllocator {
public:
    static constexpr std::uint64_t kRegionMax =
        std::uint64_t{sizeof(Unit) == 2 ? 65'534 : 0x7fff'ffff} * kUnitBytes;

    /// Lays cards and blocks into [memory, memory + bytes). False iff not even one block fits.
    /// There is no quarantine in this layout.
    bool init(void* memory, std::size_t bytes, std::size_t quarantine_bytes, TypeTable& types);
    /// The memory is the caller's again: nothing of it stays poisoned.
    void abandon();

    /// A block for the request: its header has count 0, the type, `constructing` and a fresh
    /// generation, its payload is accessible with undefined content but for the Trailing record of
    /// a variable type. Null iff nothing fits. Threads: any. Takes the allocation lock.
    Header* allocate(const BlockRequest& request);
    /// Takes back a block whose object is gone: word with count 0 and no claim.
    void free(Header* header);

    /// The lock that allocate() and free() take; type entries and figures are under it too.
    platform::Mutex& lock() { return lock_; }

    MemoryFigures figures();
    /// Joins free blocks that could not be joined when they were freed. False: a context that is
    /// inside a load window keeps some of it back. Time: O(blocks), see above.
    bool tidy();
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
    /// Bytes of a block in use, header included.
    std::size_t cell_bytes(Cell cell) const {
        return std::size_t{units_of(header_of_cell(cell))} * kUnitBytes;
    }
    /// The headers on a card. Caller is in a load window, or nobody changes anything.
    CellBits headers(PageIndex card) const;
    /// Is there a header in the cell, at this address? Caller as for headers().
    bool is_header_at(Cell cell) const {
        return cell.page < cards_ && headers(cell.page).test(cell.index);
    }
    bool is_header(const Header* header) const {
        const auto offset = reinterpret_cast<std::uintptr_t>(header) - begin();
        return contains(header) && offset % kUnitBytes == 0 && is_header_at(cell_of(header));
    }
    /// Does `address`, behind the header of a block in use, lie in that block? Time: O(1).
    bool spans(const Header* header, const void* address) const;

    // ---- the collector's sets: flags of the header. Cells that are named hold members of them or
    // are pinned.

    bool has(Mark mark, Cell cell) const;
    void set(Mark mark, Cell cell);
    void clear(Mark mark, Cell cell);
    void clear(Mark mark, PageIndex card, const CellBits& cells);
    /// The card's members of the set.
    CellBits marked(Mark mark, PageIndex card) const;
    /// The card's headers whose word and info satisfy the condition. Opens a load window.
    template <class Condition>
    CellBits headers_if(PageIndex card, Condition&& condition) const;

    /// Is the type of this info one whose objects can be in cycles?
    bool is_tracked(InfoValue info) const { return types_->is_tracked(info.type()); }

    /// Checks C1 to C3, C5 and the sums; null or the name of the first broken one.
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

private:
    static constexpr std::uint32_t kCardUnits = kCellsMax;
    static constexpr std::uint8_t kNoFirst = 0xff;

    static Cell cell_of_unit(std::uint32_t unit) { return {unit / kCardUnits, unit % kCardUnits}; }
    std::uint32_t units_of(const Header* header) const;
    std::uint32_t units_of_locked(const Header* header) const;
    std::uint32_t units_needed(std::size_t payload_bytes) const;
    void set_flag(Header* header, InfoValue::Bits flag, bool on);
    void note_header(std::uint32_t unit);
    void forget_header(std::uint32_t unit, std::uint32_t next);
    void put_free(Header* block, std::uint32_t units, bool pending);
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
    std::uint32_t used_units_ = 0;
    std::uint32_t used_units_max_ = 0;
};

template <class Condition>
CellBits BlockAllocator::headers_if(PageIndex card, Condition&& condition) const {
    CellBits found;
    platform::LoadWindow window;
    // order: acquire; pairs with note_header() and forget_header(): that header is one.
    const std::uint8_t first = firsts_[card].load(platform::memory_order_acquire);
    if (first == kNoFirst) return found;
    const std::uint32_t behind = (card + 1) * kCardUnits < end_ ? (card + 1) * kCardUnits : end_;
    for (std::uint32_t unit = card * kCardUnits + first; unit < behind;) {
        const Header* header = lists_.at(unit);
        if (condition(header, header->load_info())) found.set(unit % kCardUnits);
        const std::uint32_t units = units_of(header);
        if (units == 0) break;  // damaged
        unit += units;
    }
    return found;
}

}  // namespace ouro
