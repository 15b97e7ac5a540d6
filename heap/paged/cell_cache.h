// Free cells that one context has at hand, and what it has counted: so that making and ending
// small objects takes no lock and no read-modify-write.
//
// K1  A cache is its context's alone: only that context changes it, and only inside a load window
//     or under the allocation lock, without which it is not taken away. The context finds it in its
//     place of ContextLocals.
// K2  To take a cache away, its place is emptied first; when all windows have been seen closed
//     after that, nobody uses it any more. So a context that sleeps outside of windows withholds
//     nothing.
// K3  A cache holds at most kSlots spans (PageInfo::held says which of its slots), whose free cells
//     it takes over. Those of a class are in a ring. A cell that another context frees is put into
//     the span's record, as for any span; the holder takes it from there when its own are used up,
//     or leaves it to the next.
// K4  Caches together, with the spans that they hold and what they may have by K5, take at most the
//     share of the region that HeapConfig::cache_percent says. Their free cells are parked_bytes in
//     the figures.
// K5  Cells of objects that the context ends by count go onto a stack for their class, of whatever
//     span they are, and are the first to be used again; they have no bit anywhere. When the stack
//     is full they go into the slot that holds their span. If none does they are kept, to be put
//     into the span's record together: what ends in a row often lies in a row. Of each class those
//     of one span are kept, until the context frees one of another such span; of all classes at
//     most kept_max bytes, then those of the class that has the most go. A stack has room from when
//     its class is used first, and counts for its room.
//
// The stacks are the magazines of Bonwick, Adams, "Magazines and Vmem" (USENIX 2001); the spans'
// bits are after the free lists of a page in Leijen, Zorn, de Moura, "Mimalloc: Free List Sharding
// in Action" (APLAS 2019): a word of them is taken over by one exchange.
#pragma once

#include <cstddef>
#include <cstdint>

#include "heap/header.h"
#include "heap/paged/page.h"
#include "heap/statistics.h"
#include "platform/context.h"
#include "platform/mutant.h"

namespace ouro {

/// Classes that are cached: cells of at most 1 KiB.
inline constexpr std::size_t kLargestCachedCell = 1024;
inline constexpr std::uint32_t kCachedClasses = kClassOfUnits[kLargestCachedCell / 16] + 1u;

/// So many bytes of a class may a context have on its stack; less in small regions.
inline constexpr std::size_t kStackedMax = 2048;
/// How many cells of the class that are.
constexpr std::uint32_t stack_room(std::uint32_t size_class, std::size_t bytes_max) {
    const std::size_t fit = bytes_max / kSizeClassTable[size_class].cell_bytes;
    return static_cast<std::uint32_t>(fit > 32 ? 32 : fit);
}
/// Of all classes.
inline constexpr std::uint32_t kStackRoom = [] {
    std::uint32_t room = 0;
    for (std::uint32_t c = 0; c < kCachedClasses; ++c) room += stack_room(c, kStackedMax);
    return room;
}();

class BlockAllocator;

class CellCache {
public:
    /// A span that the cache holds, or none: then the slot is in the ring of the unused.
    struct Slot {
        std::uintptr_t begin = 0;  ///< of the span; 0: none
        /// Free cells of the span that are ours. Written by the holder only.
        platform::atomic<std::uint64_t> bits[CellBits::kWords];
    };
    /// Cells at hand, the last one first (K5).
    struct Stack {
        platform::atomic<Header**> top{nullptr};
        Header** begin = nullptr;
        Header** end = nullptr;  ///< begin, until the class is used
        std::size_t cell_bytes = 0;

        // order: relaxed; a single writer, others only count.
        Header** load_top() const { return top.load(platform::memory_order_relaxed); }
        // order: release; a single writer. A fork's child finds no more than was put there.
        void set_top(Header** at) { top.store(at, platform::memory_order_release); }
        std::size_t count() const { return static_cast<std::size_t>(load_top() - begin); }
    };
    /// Cells of one class that are to go back to their span together (K5).
    struct Kept {
        platform::atomic<PageIndex> page{kNoPage};  ///< where the span begins; kNoPage: no cells
        CellBits cells;

        // order: relaxed; asked by the owner, or under the lock when there is none.
        PageIndex on() const { return page.load(platform::memory_order_relaxed); }
    };
    /// Objects of one type, of those that end and begin in caches.
    struct PerType {
        Tally::Count ended{0};
        Tally::Count made{0};
    };
    static constexpr std::uint8_t kSlots = 64;
    static constexpr std::uint8_t kNoSlot = kSlots;

    CellCache(const BlockAllocator& its_blocks, platform::Context& its_owner,
              std::uint32_t its_pages, std::uint32_t its_types, std::size_t its_stacked_max,
              std::size_t its_kept_max)
        : blocks(&its_blocks),
          owner(&its_owner),
          pages(its_pages),
          types(its_types),
          stacked_max(its_stacked_max),
          kept_max(its_kept_max) {
        for (std::uint8_t& ring : rings) ring = kNoSlot;
        for (std::uint8_t slot = 0; slot < kSlots; ++slot) enter(kUnused, slot);
        Header** room = stack_cells;
        for (std::uint32_t c = 0; c < kCachedClasses; ++c) {
            stacks[c].begin = room;
            stacks[c].end = room;
            room += stack_room(c, stacked_max);
            stacks[c].cell_bytes = kSizeClassTable[c].cell_bytes;
            stacks[c].set_top(stacks[c].begin);
        }
        for (TypeIndex type = 1; type <= types; ++type) new (&of_type(type)) PerType;
    }

    /// The cache that the context has in the heap, whose number of a place is this; null: none.
    static CellCache* of(const platform::Context& context, std::uint32_t place) {
        // order: relaxed; the context has put it there itself, or finds that it was taken (K2).
        return static_cast<CellCache*>(context.places[place].load(platform::memory_order_relaxed));
    }

    /// Bytes of a cache in a heap of so many types.
    static std::size_t bytes_needed(std::uint32_t types) {
        return sizeof(CellCache) + types * sizeof(PerType);
    }

    /// A cell of the slot that is the class's current one, without content; null if it has none.
    /// Time: O(1).
    OURO_ALWAYS_INLINE Header* take_from_current(std::uint32_t size_class) {
        const std::uint8_t current = rings[size_class];
        if (OURO_UNLIKELY(current == kNoSlot)) return nullptr;
        Slot& slot = slots[current];
        for (std::uint32_t word = 0; word < CellBits::kWords; ++word) {
            // order: relaxed, both; ours alone (K1).
            const std::uint64_t bits = slot.bits[word].load(platform::memory_order_relaxed);
            if (bits == 0) continue;
            slot.bits[word].store(bits & (bits - 1), platform::memory_order_relaxed);
            const auto cell = word * 64 + static_cast<std::uint32_t>(__builtin_ctzll(bits));
            return reinterpret_cast<Header*>(slot.begin + cell * stacks[size_class].cell_bytes);
        }
        return nullptr;
    }
    /// The same of any slot of the class, or of the record of its span. Time: O(kLooks).
    Header* look_for(std::uint32_t size_class);
    /// Is there room to keep another cell, of whatever class (K5)?
    bool has_room_to_keep() const {
        return Tally::get(kept_bytes) + kLargestCachedCell <= kept_max;
    }
    /// May it keep another cell of this span of the class, which it does not hold? If not, what it
    /// keeps may have to be given back first: see BlockAllocator::keep().
    bool may_keep(std::uint32_t size_class, PageIndex page) const {
        return page == kept[size_class].on() && has_room_to_keep();
    }
    void keep(std::uint32_t size_class, std::uint32_t cell) {
        kept[size_class].cells.set(cell);
        Tally::set(kept_bytes, Tally::get(kept_bytes) + stacks[size_class].cell_bytes);
    }
    /// Nothing of the class is kept, and now the cell.
    void keep_first(std::uint32_t size_class, PageIndex page, std::uint32_t cell) {
        keep(size_class, cell);
        // order: release; one thread only. A fork's child finds no cells of another span there.
        kept[size_class].page.store(page, platform::memory_order_release);
    }
    std::size_t kept_bytes_of(std::uint32_t size_class) const {
        return kept[size_class].cells.count() * stacks[size_class].cell_bytes;
    }
    /// The class of which the most bytes are kept. When these have gone there is room: the cell
    /// that took the last of it is one of them, or no larger than all of them. Time: O(classes).
    std::uint32_t most_kept() const;
    static constexpr std::size_t kKeptLeast = kPageBytes, kKeptMost = 8 * kPageBytes;

    /// Bytes of cells on the stacks and of those that are kept. Time: O(classes).
    std::size_t idle_bytes() const {
        std::size_t bytes = Tally::get(kept_bytes);
        for (const Stack& stack : stacks) bytes += stack.count() * stack.cell_bytes;
        return bytes;
    }

    /// The slot that holds the span that begins there, as the record of its first page says
    /// (PageInfo::held), or kNoSlot.
    std::uint32_t slot_of(std::uintptr_t begin, std::uint32_t held) const {
        return held - 1 < kSlots && slots[held - 1].begin == begin ? held - 1 : kNoSlot;
    }

    /// Takes back a cell of the slot's span, which is the first to be asked for the next one.
    void put(std::uint32_t slot, std::uint32_t cell) {
        put(slot, cell / 64, std::uint64_t{1} << (cell % 64));
    }
    void put(std::uint32_t slot, const CellBits& cells) {
        for (std::uint32_t word = 0; word < CellBits::kWords; ++word)
            put(slot, word, cells.words[word]);
    }

    // ---- rings of slots, one for each class and one of those without a span

    static constexpr std::uint32_t kUnused = kCachedClasses;

    std::uint8_t current(std::uint32_t ring) const { return rings[ring]; }
    void enter(std::uint32_t ring, std::uint8_t slot) {
        std::uint8_t& at = rings[ring];
        if (at == kNoSlot) {
            next_of[slot] = slot;
        } else {
            next_of[slot] = next_of[at];
            next_of[at] = slot;
        }
        at = slot;
    }
    /// Time: O(slots in the ring), and O(1) for the one behind the current one.
    void leave(std::uint32_t ring, std::uint8_t slot) {
        std::uint8_t before = rings[ring];
        while (next_of[before] != slot) before = next_of[before];
        next_of[before] = next_of[slot];
        rings[ring] = before == slot ? kNoSlot : before;
    }

    /// Takes over the free cells of the record. False: there are none.
    static bool take_over(Slot& slot, PageInfo& record) {
        bool some = false;
        for (std::uint32_t word = 0; word < CellBits::kWords; ++word) {
            // order: relaxed; a hint.
            if (record.free[word].load(platform::memory_order_relaxed) == 0) continue;
            // order: acquire; pairs with the release of whoever has freed the cells.
            const std::uint64_t taken = record.free[word].exchange(
                0, OURO_ORDER(memory_order_acquire, taken_over_relaxed, memory_order_relaxed));
            // order: relaxed, both; ours alone (K1).
            slot.bits[word].store(slot.bits[word].load(platform::memory_order_relaxed) | taken,
                                  platform::memory_order_relaxed);
            some = some || taken != 0;
        }
        return some;
    }

    PerType& of_type(TypeIndex type) { return reinterpret_cast<PerType*>(this + 1)[type - 1]; }

    /// An object was made, but for the bytes of its cell. `own_bytes`: of its payload, if its type
    /// does not tell them (TypeTable::Shape), else 0.
    void count_made(TypeIndex type, std::size_t own_bytes) {
        Tally::add(of_type(type).made, 1);
        if (own_bytes != 0) Tally::add(tally.made_bytes, own_bytes);
    }
    /// An object has ended, but for the bytes of its cell.
    void count_ended(TypeIndex type, std::size_t own_bytes) {
        Tally::add(of_type(type).ended, 1);
        if (own_bytes != 0) Tally::add(tally.ended_bytes, own_bytes);
    }
    /// More bytes that only the owner knows to be free, or in use, would make the heap's high-water
    /// mark wrong, and what UseLimit goes by.
    static constexpr std::ptrdiff_t kUnfoldedMax = 16 * 1024;

    /// verify(): is every slot in the ring that it belongs in, and in no other?
    bool are_rings_whole() const {
        static_assert(kSlots <= 64);
        std::uint64_t seen = 0;
        for (std::uint32_t ring = 0; ring <= kUnused; ++ring) {
            if (rings[ring] == kNoSlot) continue;
            std::uint32_t at = rings[ring];
            do {
                if (at >= kSlots || (seen >> at & 1) != 0 || !belongs_in(ring, at)) return false;
                seen |= std::uint64_t{1} << at;
                at = next_of[at];
            } while (at != rings[ring]);
        }
        return seen == ~std::uint64_t{0} >> (64 - kSlots);
    }

    /// Whose cells they are. A place that a heap has given up may be another's.
    const BlockAllocator* const blocks;
    platform::Context* owner;  ///< null: taken away from it
    const std::uint32_t pages;
    const std::uint32_t types;
    CellCache* next = nullptr;  ///< of all caches, or of those taken away; under the lock
    Tally tally;
    const std::size_t stacked_max;  ///< bytes of each class that may be on its stack
    Stack stacks[kCachedClasses];
    Header* stack_cells[kStackRoom];
    bool has_asked[kCachedClasses] = {};  ///< for room on the stack, once
    const std::size_t kept_max;           ///< bytes of all classes
    Kept kept[kCachedClasses];
    Tally::Count kept_bytes{0};
    std::uint8_t rings[kCachedClasses + 1];  ///< a slot of each
    std::uint8_t victim = 0;                 ///< the next slot to be emptied for another class
    std::uint8_t next_of[kSlots] = {};       ///< of each slot, the next in its ring
    std::uint8_t class_of[kSlots] = {};      ///< of each slot with a span
    Slot slots[kSlots];

private:
    static constexpr std::uint32_t kLooks = 16;

    bool belongs_in(std::uint32_t ring, std::uint32_t slot) const {
        if (slots[slot].begin != 0) return ring == class_of[slot] && ring != kUnused;
        bool none = true;
        // order: relaxed; nobody else is there.
        for (const auto& word : slots[slot].bits)
            none = none && word.load(platform::memory_order_relaxed) == 0;
        return ring == kUnused && none;
    }

    void put(std::uint32_t slot, std::uint32_t word, std::uint64_t cells) {
        auto& bits = slots[slot].bits[word];
        // order: relaxed, both; ours alone (K1).
        bits.store(bits.load(platform::memory_order_relaxed) | cells,
                   platform::memory_order_relaxed);
        rings[class_of[slot]] = static_cast<std::uint8_t>(slot);
    }
};

}  // namespace ouro
