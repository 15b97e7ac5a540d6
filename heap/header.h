// The object header: 16 bytes in front of every object's payload.
//
//   offset 0   word        64   count, version, flags (heap/word.h); the only contended part
//   offset 8   info        32   31 constructing | 30 frozen | 29..16 edges | 15..12 level |
//                               11..0 type
//   offset 12  generation  32   tells the objects apart that lived at this address; in a free cell
//                               the link to the next free cell
//   offset 16  payload          zeroed before the constructor runs
//
// `info` has one writer at a time: the allocating context until `constructing` is cleared, after
// that whoever owns the pass. type 0 = no object here. edges and level are the collector's own:
// references found from inside the set under examination, and the back-off after proving alive.
// `generation` is drawn from a counter of the page that is never reset, so an {address, generation}
// pair repeats only after 2^32 allocations in that page.
#pragma once

#include <cstddef>
#include <cstdint>

#include "heap/word.h"

namespace ouro {

/// Index of a type in a heap's type table; 0 = none.
using TypeIndex = std::uint32_t;

/// A snapshot of Header::info.
struct InfoValue {
    std::uint32_t bits = 0;

    static constexpr std::uint32_t kTypeMask = (1u << 12) - 1;
    static constexpr unsigned kLevelShift = 12;
    static constexpr std::uint32_t kLevelMax = 15;
    static constexpr unsigned kEdgesShift = 16;
    static constexpr std::uint32_t kEdgesMax = (1u << 14) - 1;
    static constexpr std::uint32_t kFrozen = 1u << 30;
    static constexpr std::uint32_t kConstructing = 1u << 31;

    constexpr TypeIndex type() const { return bits & kTypeMask; }
    constexpr std::uint32_t level() const { return (bits >> kLevelShift) & kLevelMax; }
    constexpr std::uint32_t edges() const { return (bits >> kEdgesShift) & kEdgesMax; }
    constexpr bool frozen() const { return (bits & kFrozen) != 0; }
    constexpr bool constructing() const { return (bits & kConstructing) != 0; }

    constexpr InfoValue with_level(std::uint32_t level) const {
        return {(bits & ~(kLevelMax << kLevelShift)) | (level << kLevelShift)};
    }
    constexpr InfoValue with_edges(std::uint32_t edges) const {
        return {(bits & ~(kEdgesMax << kEdgesShift)) | (edges << kEdgesShift)};
    }
};

struct Header {
    Word word;
    platform::atomic<std::uint32_t> info;
    platform::atomic<std::uint32_t> generation;

    WordValue load_word() const {
        // order: acquire; pairs with the acq_rel count changes: who sees count 0 or a flag sees
        // what was written before it was set (DESIGN rule 19).
        return {word.load(platform::memory_order_acquire)};
    }
    InfoValue load_info() const {
        // order: acquire; pairs with the release store that clears `constructing`.
        return {info.load(platform::memory_order_acquire)};
    }
    void* payload() { return this + 1; }
};

static_assert(sizeof(Header) == 16, "at most 16 bytes per object on 64-bit targets");

/// The header of the object whose payload starts at `object`.
inline Header* header_of(const void* object) {
    return static_cast<Header*>(const_cast<void*>(object)) - 1;
}

}  // namespace ouro
