// The paged layout: a record for every page, headers and cells in the pages.
#include "faults/damage_map.h"

namespace ouro::faults {

namespace {

struct Row {
    BitKind kind;
    KindInfo info;
};
constexpr Row kRows[] = {
    {BitKind::heap_record, {"heap record", 0, false, "addresses, locks, list heads"}},
    {BitKind::collector_record, {"collector record", 0, false, "the pass, locks, figures"}},
    {BitKind::tables, {"tables", 0, false, "types, interned strings"}},
    {BitKind::page_layout,
     {"page: layout", 8, true,
      "pages tile the region; tails count back; sums of free and used pages"}},
    {BitKind::page_cells,
     {"page: cells", 12, true, "a cell is free or its header has a type; no bits behind the span"}},
    {BitKind::page_links, {"page: links", 0, false, "the lists are not walked"}},
    {BitKind::page_marks,
     {"page: marks", 10, true, "no set outside a pass; marks only where a word says so"}},
    {BitKind::word_version, {"word: version", 0, true, "no second copy"}},
    {BitKind::word_count, {"word: count", 0, true, "not below the references from fields"}},
    {BitKind::word_flags,
     {"word: flags", 20, true, "condemned, held, claimed only while something runs"}},
    {BitKind::info_type,
     {"info: type", 85, true, "the index is in the table, the size fits the cell"}},
    {BitKind::info_flags,
     {"info: flags", 30, true, "nothing is under construction while nothing runs"}},
    {BitKind::info_scratch, {"info: scratch", 0, true, "written anew before it is read"}},
    {BitKind::generation, {"generation", 0, true, "no second copy"}},
    {BitKind::free_header, {"free cell: header", 2, true, "type 0; the word is not looked at"}},
    {BitKind::field,
     {"field", 80, true, "null, an immediate, or exactly the start of an object in use"}},
    {BitKind::anchor, {"weak lists", 0, false, "addresses, also outside the region"}},
    {BitKind::trailing, {"length", 90, true, "the object fits its cell"}},
    {BitKind::payload, {"payload", 0, true, "the program's own bytes"}},
    {BitKind::unused, {"unused", 0, true, "free pages, ends of cells"}},
};

}  // namespace

const KindInfo* info_of(BitKind kind) {
    for (const Row& row : kRows) {
        if (row.kind == kind) return &row.info;
    }
    return nullptr;
}

const void* DamageMap::begin_of_records(BlockAllocator& blocks) { return &blocks.page(0); }

void DamageMap::mark_records(BlockAllocator& blocks) {
    for (PageIndex at = 0; at < blocks.page_count(); ++at) {
        const PageInfo& page = blocks.page(at);
        mark(&page, sizeof page, BitKind::page_marks);
        mark(&page.layout, sizeof page.layout, BitKind::page_layout);
        mark(&page.generation, sizeof page.generation, BitKind::generation);
        mark(&page.cells, sizeof page.cells, BitKind::page_cells);
        mark(&page.free, sizeof page.free, BitKind::page_cells);
        mark(&page.held, sizeof page.held, BitKind::page_cells);
        mark(&page.listed, sizeof page.listed, BitKind::page_links);
        mark(&page.next, sizeof page.next, BitKind::page_links);
        mark(&page.prev, sizeof page.prev, BitKind::page_links);
    }
}

void DamageMap::mark_free(Header* header) {
    mark(header, sizeof *header, BitKind::free_header);
    mark(&header->generation, sizeof header->generation, BitKind::generation);
}

void DamageMap::mark_header(Header* header) {
    mark_bits(&header->word, 0, WordValue::kCountShift, BitKind::word_flags);
    mark_bits(&header->word, WordValue::kCountShift, WordValue::kVersionShift, BitKind::word_count);
    mark_bits(&header->word, WordValue::kVersionShift, 64, BitKind::word_version);
    mark_bits(&header->info, 0, InfoValue::kLevelShift, BitKind::info_type);
    mark_bits(&header->info, InfoValue::kLevelShift, 30, BitKind::info_scratch);
    mark_bits(&header->info, 30, 32, BitKind::info_flags);
    mark(&header->generation, sizeof header->generation, BitKind::generation);
}

}  // namespace ouro::faults
