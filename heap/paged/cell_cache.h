// Free cells that one context has at hand, and what it has counted: so that making and ending
// small objects takes no lock and no read-modify-write.
//
// K1  A cache is its context's alone: only that context changes it, and only inside a load
//     window. The context finds it in its place of ContextLocals.
// K2  To take a cache away, its place is emptied first; when all windows have been seen closed
//     after that, nobody uses it any more. So a context that sleeps outside of windows withholds
//     nothing.
// K3  Of a size class a cache holds at most one span (PageInfo::held), whose free cells it takes
//     over at once. A cell that another context frees meanwhile is put into the span's record, as
//     for any span; the holder takes it from there when its own are used up, or leaves it to the
//     next.
// K4  Caches together, with the spans that they hold, take at most the share of the region that
//     HeapConfig::cache_percent says. Their free cells are parked_bytes in the figures.
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
    /// A span that the cache holds.
    struct Slot {
        std::uintptr_t begin = 0;
        PageIndex page = kNoPage;
        /// Free cells of the span that are ours. Written by the holder only.
        platform::atomic<std::uint64_t> bits[CellBits::kWords];
    };

    CellCache(const BlockAllocator& its_blocks, platform::Context& its_owner,
              std::uint32_t its_pages, std::uint32_t its_types)
        : blocks(&its_blocks), owner(&its_owner), pages(its_pages), types(its_types) {}

    /// Bytes of a cache in a heap of so many types.
    static std::size_t bytes_needed(std::uint32_t types) {
        return sizeof(CellCache) + types * sizeof(platform::atomic<std::int32_t>);
    }

    /// A cell of the class, without content; null when there is none at hand.
    Header* take(std::uint32_t size_class, PageInfo* records) {
        Slot& slot = slots[size_class];
        for (;;) {
            for (std::uint32_t word = 0; word < CellBits::kWords; ++word) {
                // order: relaxed, both; ours alone (K1).
                const std::uint64_t bits = slot.bits[word].load(platform::memory_order_relaxed);
                if (bits == 0) continue;
                slot.bits[word].store(bits & (bits - 1), platform::memory_order_relaxed);
                const auto cell = word * 64 + static_cast<std::uint32_t>(__builtin_ctzll(bits));
                return reinterpret_cast<Header*>(
                    slot.begin + std::size_t{cell} * kSizeClassTable[size_class].cell_bytes);
            }
            if (slot.page == kNoPage || !take_over(slot, records[slot.page])) return nullptr;
        }
    }

    /// Takes back a cell of the page that the slot holds.
    void put(std::uint32_t size_class, std::uint32_t cell) {
        auto& word = slots[size_class].bits[cell / 64];
        // order: relaxed, both; ours alone (K1).
        word.store(word.load(platform::memory_order_relaxed) | std::uint64_t{1} << (cell % 64),
                   platform::memory_order_relaxed);
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

    void count_made(TypeIndex type, std::size_t payload_bytes, std::size_t cell_bytes) {
        Tally::add(tally.made, 1);
        Tally::add(tally.made_bytes, payload_bytes);
        tally.use(cell_bytes);
        count_live(type, 1);
    }
    void count_ended(TypeIndex type, std::size_t payload_bytes, std::size_t cell_bytes,
                     bool by_count) {
        Tally::add(tally.ended, 1);
        Tally::add(tally.ended_bytes, payload_bytes);
        if (by_count) Tally::add(tally.ended_by_count, 1);
        tally.give(cell_bytes);
        count_live(type, -1);
    }

    /// Whose cells they are. A place that a heap has given up may be another's.
    const BlockAllocator* const blocks;
    platform::Context* owner;  ///< null: taken away from it
    const std::uint32_t pages;
    const std::uint32_t types;
    CellCache* next = nullptr;  ///< of all caches, or of those taken away; under the lock
    Tally tally;
    Slot slots[kCachedClasses];

private:
    void count_live(TypeIndex type, std::int32_t n) {
        auto& live = live_of(type);
        // order: relaxed, both; a figure with one writer.
        live.store(live.load(platform::memory_order_relaxed) + n, platform::memory_order_relaxed);
    }
};

}  // namespace ouro
