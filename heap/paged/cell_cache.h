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
// K4  Caches together, with the spans that they hold and what they keep by K5, take at most the
//     share of the region that HeapConfig::cache_percent says. Their free cells are parked_bytes in
//     the figures.
// K5  Cells that the context frees of a span which it does not hold are kept until it frees one of
//     another such span, or they are kKeptMax bytes, and are put into the record together: what
//     ends in a row often lies in a row. No cell of theirs is in a slot or in the record.
//
// After the free lists of a page in Leijen, Zorn, de Moura, "Mimalloc: Free List Sharding in
// Action" (APLAS 2019), with bits instead of links: a word of them is taken over by one exchange.
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

class BlockAllocator;

class CellCache {
public:
    /// A span that the cache holds, or none: then the slot is in the ring of the unused.
    struct Slot {
        std::uintptr_t begin = 0;
        PageIndex page = kNoPage;
        std::uint8_t size_class = 0;
        std::uint8_t next = 0;  ///< in the ring
        /// Free cells of the span that are ours. Written by the holder only.
        platform::atomic<std::uint64_t> bits[CellBits::kWords];
    };
    static constexpr std::uint8_t kSlots = 64;
    static constexpr std::uint8_t kNoSlot = kSlots;

    CellCache(const BlockAllocator& its_blocks, platform::Context& its_owner,
              std::uint32_t its_pages, std::uint32_t its_types)
        : blocks(&its_blocks), owner(&its_owner), pages(its_pages), types(its_types) {
        for (std::uint8_t& ring : rings) ring = kNoSlot;
        for (std::uint8_t slot = 0; slot < kSlots; ++slot) enter(kUnused, slot);
    }

    /// The cache that the context has in the heap, whose number of a place is this; null: none.
    static CellCache* of(const platform::Context& context, const BlockAllocator& blocks,
                         std::uint32_t place) {
        // order: relaxed; the context has put it there itself, or finds that it was taken (K2).
        auto* cache =
            static_cast<CellCache*>(context.places[place].load(platform::memory_order_relaxed));
        return cache != nullptr && cache->blocks == &blocks ? cache : nullptr;
    }

    /// Bytes of a cache in a heap of so many types.
    static std::size_t bytes_needed(std::uint32_t types) {
        return sizeof(CellCache) + types * sizeof(platform::atomic<std::int32_t>);
    }

    /// A cell of the class, without content; null when there is none at hand: then the slot that is
    /// the class's current one has none. Time: O(kLooks).
    OURO_ALWAYS_INLINE Header* take(std::uint32_t size_class, PageInfo* records) {
        const std::uint8_t current = rings[size_class];
        if (OURO_UNLIKELY(current == kNoSlot)) return nullptr;
        if (Header* header = take_from(slots[current], size_class); OURO_LIKELY(header != nullptr))
            return header;
        return look_for(size_class, records);
    }

    /// The slot that holds the page, as its record says (PageInfo::held), or kNoSlot.
    std::uint32_t slot_of(PageIndex page, std::uint32_t held) const {
        return held - 1 < kSlots && slots[held - 1].page == page ? held - 1 : kNoSlot;
    }

    /// Keeps a cell of a span that it does not hold (K5). False: what it keeps is to be given back
    /// first, by give_kept().
    bool keep(PageIndex page, std::uint32_t cell, std::size_t cell_bytes) {
        const std::uintptr_t bytes = Tally::get(kept_bytes) + cell_bytes;
        if (page != kept_on() || bytes > kKeptMax) return false;
        kept.set(cell);
        Tally::set(kept_bytes, bytes);
        return true;
    }
    /// Keeps nothing so far, and now the cell.
    void keep_first(PageIndex page, std::uint32_t cell, std::size_t cell_bytes) {
        kept = {};
        kept.set(cell);
        Tally::set(kept_bytes, cell_bytes);
        // order: release; one thread only. A fork between the two finds no cells of another span.
        kept_page.store(page, platform::memory_order_release);
    }
    // order: relaxed; asked by the owner, or under the lock when there is none.
    PageIndex kept_on() const { return kept_page.load(platform::memory_order_relaxed); }
    static constexpr std::size_t kKeptMax = kPageBytes;

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
            slots[slot].next = slot;
        } else {
            slots[slot].next = slots[at].next;
            slots[at].next = slot;
        }
        at = slot;
    }
    /// Time: O(slots in the ring).
    void leave(std::uint32_t ring, std::uint8_t slot) {
        std::uint8_t before = slot;
        while (slots[before].next != slot) before = slots[before].next;
        slots[before].next = slots[slot].next;
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

    /// Objects of the type that this context has made, less those that it has ended.
    platform::atomic<std::int32_t>& live_of(TypeIndex type) {
        return reinterpret_cast<platform::atomic<std::int32_t>*>(this + 1)[type - 1];
    }

    /// True: there is much to fold. More bytes that only the owner knows to be free, or in use,
    /// would make the heap's high-water mark wrong, and what UseLimit goes by.
    bool count_made(TypeIndex type, std::size_t payload_bytes, std::size_t cell_bytes) {
        Tally::add(tally.made, 1);
        Tally::add(tally.made_bytes, payload_bytes);
        count_live(type, 1);
        return tally.use(cell_bytes) > kUnfoldedMax;
    }
    /// True: as for count_made().
    bool count_ended(TypeIndex type, std::size_t payload_bytes, std::size_t cell_bytes,
                     bool by_count) {
        const bool much = count_ended(1, payload_bytes, cell_bytes);
        if (by_count) Tally::add(tally.ended_by_count, 1);
        count_live(type, -1);
        return much;
    }
    /// The same for so many objects that a pass has ended, but for their types.
    bool count_ended(std::size_t objects, std::size_t payload_bytes, std::size_t cell_bytes) {
        Tally::add(tally.ended, objects);
        Tally::add(tally.ended_bytes, payload_bytes);
        return tally.give(objects * cell_bytes) < -kUnfoldedMax;
    }
    static constexpr std::ptrdiff_t kUnfoldedMax = 16 * 1024;
    void count_live(TypeIndex type, std::int32_t n) {
        auto& live = live_of(type);
        // order: relaxed, both; a figure with one writer.
        live.store(live.load(platform::memory_order_relaxed) + n, platform::memory_order_relaxed);
    }

    /// verify(): is every slot in the ring that it belongs in, and in no other?
    bool are_rings_whole() const {
        static_assert(kSlots <= 64);
        std::uint64_t seen = 0;
        for (std::uint32_t ring = 0; ring <= kUnused; ++ring) {
            if (rings[ring] == kNoSlot) continue;
            std::uint32_t at = rings[ring];
            do {
                if (at >= kSlots || (seen >> at & 1) != 0 || !belongs_in(ring, slots[at]))
                    return false;
                seen |= std::uint64_t{1} << at;
                at = slots[at].next;
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
    platform::atomic<PageIndex> kept_page{kNoPage};  ///< K5; kNoPage: none
    CellBits kept;                                   ///< cells of that span
    Tally::Count kept_bytes{0};
    std::uint8_t rings[kCachedClasses + 1];  ///< a slot of each
    std::uint8_t victim = 0;                 ///< the next slot to be emptied for another class
    Slot slots[kSlots];

private:
    static constexpr std::uint32_t kLooks = 16;

    /// take() where the current slot has no cell.
    OURO_NOINLINE Header* look_for(std::uint32_t size_class, PageInfo* records) {
        std::uint8_t& current = rings[size_class];
        for (std::uint32_t look = 0; look < kLooks; ++look) {
            Slot& slot = slots[current];
            if (Header* header = take_from(slot, size_class)) return header;
            if (take_over(slot, records[slot.page])) return take_from(slot, size_class);
            current = slot.next;
        }
        return nullptr;
    }

    static bool belongs_in(std::uint32_t ring, const Slot& slot) {
        if (slot.page != kNoPage) return ring == slot.size_class && ring != kUnused;
        bool none = true;
        // order: relaxed; nobody else is there.
        for (const auto& word : slot.bits)
            none = none && word.load(platform::memory_order_relaxed) == 0;
        return ring == kUnused && none;
    }

    OURO_ALWAYS_INLINE static Header* take_from(Slot& slot, std::uint32_t size_class) {
        for (std::uint32_t word = 0; word < CellBits::kWords; ++word) {
            // order: relaxed, both; ours alone (K1).
            const std::uint64_t bits = slot.bits[word].load(platform::memory_order_relaxed);
            if (bits == 0) continue;
            slot.bits[word].store(bits & (bits - 1), platform::memory_order_relaxed);
            const auto cell = word * 64 + static_cast<std::uint32_t>(__builtin_ctzll(bits));
            return reinterpret_cast<Header*>(
                slot.begin + std::size_t{cell} * kSizeClassTable[size_class].cell_bytes);
        }
        return nullptr;
    }
    void put(std::uint32_t slot, std::uint32_t word, std::uint64_t cells) {
        auto& bits = slots[slot].bits[word];
        // order: relaxed, both; ours alone (K1).
        bits.store(bits.load(platform::memory_order_relaxed) | cells,
                   platform::memory_order_relaxed);
        rings[slots[slot].size_class] = static_cast<std::uint8_t>(slot);
    }
};

}  // namespace ouro
