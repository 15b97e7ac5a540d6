// What each bit of a region is for: so that damage can be told by kind.
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
    page_layout,
    page_cells,  ///< count of used cells and head of the free list
    page_links,  ///< lists of spans and runs
    page_marks,  ///< candidates, sets and lists of the collector
    word_version,
    word_count,
    word_flags,
    info_type,
    info_flags,    ///< constructing, frozen
    info_scratch,  ///< edges, level
    generation,
    free_link,
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
const KindInfo& info_of(BitKind kind);

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
    void mark_page(PageInfo& page);
    void mark_cell(Heap& heap, BlockAllocator::Cell cell);
    void mark_object(Header* header, const TypeTable::Entry& type);

    std::byte* region_;
    std::vector<BitKind> kinds_;  ///< per bit
    std::vector<std::uint32_t> bits_[kBitKinds];
};

}  // namespace ouro::faults
