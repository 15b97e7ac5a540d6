// What each bit of a region is for: so that damage can be told by kind. The kinds, and what marks a
// layout's own records, are in a file of each layout.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "ouro/ouro.h"

namespace ouro::faults {

enum class BitKind : unsigned char {
    heap_record,
    collector_record,
    tables,
    page_layout,  ///< paged
    page_cells,   ///< paged: free cells, and whether a cache holds them
    page_links,   ///< paged: lists of spans and runs
    page_marks,   ///< paged: candidates and sets of the collector
    page_sets,    ///< paged: lists of pages with such
    cache,        ///< paged: free cells at hand of a context
    card_sets,    ///< compact: lists of cards
    card_first,   ///< compact: the first header of a card
    word_version,
    word_count,
    word_flags,
    info_type,
    info_flags,       ///< constructing, frozen
    info_neighbours,  ///< compact: is the block before free, is there slack
    info_scratch,     ///< edges, level
    generation,
    free_link,
    free_size,  ///< compact: in the header and in the last bytes
    free_header,
    field,
    anchor,    ///< list of weak references
    trailing,  ///< length of a variable object
    payload,
    unused,
};
inline constexpr std::size_t kBitKinds = static_cast<std::size_t>(BitKind::unused) + 1;

/// Name in tables, and whether the bit repeats what other bits say.
struct KindInfo {
    const char* name;
    /// Of 100 damaged bits at least so many are named by verify(); 0 = not redundant.
    unsigned named_at_least;
    /// Does damage that is not named stay without endless loops and writes outside the region?
    bool contained;
    const char* why;
};
/// Null for a kind that the layout does not have.
const KindInfo* info_of(BitKind kind);

/// The bits of the region by kind, as offsets from its start. Nobody may use the heap meanwhile.
class DamageMap {
public:
    DamageMap(Heap& heap, Collector& collector, std::byte* region, std::size_t bytes);
    const std::vector<std::uint32_t>& bits(BitKind kind) const {
        return bits_[static_cast<std::size_t>(kind)];
    }

private:
    void mark(const void* at, std::size_t bytes, BitKind kind);
    void mark_bits(const void* at, unsigned first, unsigned end, BitKind kind);
    void mark_object(Header* header, const TypeTable::Entry& type);

    // The layout's.
    /// Where the allocator's records beside the blocks begin: what is before them is tables.
    static const void* begin_of_records(BlockAllocator& blocks);
    void mark_records(BlockAllocator& blocks);
    void mark_header(Header* header);
    void mark_free(Header* header);

    std::byte* region_;
    std::vector<BitKind> kinds_;  ///< per bit
    std::vector<std::uint32_t> bits_[kBitKinds];
};

}  // namespace ouro::faults
