// The paged layout: a record for every page, headers and cells in the pages.
#include "faults/damage_map.h"

namespace ouro::faults {

namespace {

struct Row {
    BitKind kind;
    KindInfo info;
};
constexpr Row kRows[] = {
    {BitKind::heap_record,
     {"heap record", 60, true, "follows from its address and the configuration; lists; sums"}},
    {BitKind::collector_record, {"collector record", 8, true, "the pass has few states; lists"}},
    {BitKind::tables, {"tables", 50, true, "the types say it; interned strings are counted"}},
    {BitKind::page_layout, {"page: layout", 90, true, "pages tile the region; tails count back"}},
    {BitKind::page_cells,
     {"page: cells", 90, true, "a cell is free or its header has a type; no bits behind the span"}},
    {BitKind::page_links, {"page: links", 90, true, "each of a list knows the one before it"}},
    {BitKind::page_marks,
     {"page: marks", 50, true, "no set outside a pass; marks only where a word says so"}},
    {BitKind::page_sets,
     {"page: sets", 90, true, "as many on each list as say so; none outside a pass"}},
    {BitKind::cache,
     {"cache", 20, true, "whose it is, which spans it holds, which cells are free"}},
    {BitKind::word_version, {"word: version", 0, true, "no second copy"}},
    {BitKind::word_count, {"word: count", 0, true, "not below the references from fields"}},
    {BitKind::word_flags,
     {"word: flags", 20, true, "condemned, held, claimed only while something runs"}},
    {BitKind::info_type,
     {"info: type", 85, true, "the index is in the table, the size fits the cell"}},
    {BitKind::info_flags,
     {"info: flags", 30, true, "nothing is under construction, no set is there"}},
    {BitKind::info_scratch, {"info: scratch", 0, true, "written anew before it is read"}},
    {BitKind::generation, {"generation", 0, true, "no second copy"}},
    {BitKind::free_header, {"free cell: header", 20, true, "type 0; the word is not looked at"}},
    {BitKind::field,
     {"field", 80, true, "null, an immediate, or exactly the start of an object in use"}},
    {BitKind::anchor,
     {"weak lists", 10, true, "each knows the one before it; addresses are followed"}},
    {BitKind::trailing, {"length", 90, true, "the object fits its cell"}},
    {BitKind::payload, {"payload", 0, true, "the program's own bytes"}},
    {BitKind::unused, {"unused", 0, true, "free pages, ends of cells, links of no list"}},
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
        mark(&page.generation, sizeof page.generation, BitKind::generation);
        mark(&page.held, sizeof page.held, BitKind::page_cells);
        mark(&page.listed, sizeof page.listed, BitKind::page_links);
        mark(&page.candidate, sizeof page.candidate, BitKind::page_marks);
        mark(&page.marks, sizeof page.marks, BitKind::page_marks);
        const auto mark_set = [this](const auto& flag, const PageIndex& next, bool listed) {
            mark(&flag, sizeof flag, BitKind::page_sets);
            if (listed) mark(&next, sizeof next, BitKind::page_sets);
        };
        // order: any; nobody changes anything.
        const bool dirty = page.dirty.load(platform::memory_order_acquire) != 0;
        mark_set(page.dirty, page.dirty_next, dirty);
        mark_set(page.on_set, page.set_next, page.on_set != 0);
        mark_set(page.on_todo, page.todo_next, page.on_todo != 0);
        mark_set(page.on_batch, page.batch_next, page.on_batch != 0);
        mark_set(page.on_deferred, page.deferred_next, page.on_deferred != 0);
    }
    // Behind the first and before the last page of a free run nothing else is in use.
    for (PageIndex head = 0; head < blocks.page_count();) {
        const PageInfo& page = blocks.page(head);
        const PageLayout layout = page.load_layout();
        const bool is_free = layout.kind == PageLayout::kFree;
        for (PageIndex at = head; at < head + layout.pages; ++at) {
            if (is_free && at != head && at + 1 != head + layout.pages) continue;
            mark(&blocks.page(at).layout, sizeof page.layout, BitKind::page_layout);
        }
        if (layout.kind == PageLayout::kSpan) {
            mark(&page.cells, sizeof page.cells, BitKind::page_cells);
            mark(&page.free, sizeof page.free, BitKind::page_cells);
        }
        if (is_free || page.listed != PageInfo::kUnlisted) {
            mark(&page.next, sizeof page.next, BitKind::page_links);
            mark(&page.prev, sizeof page.prev, BitKind::page_links);
        }
        if (layout.kind == PageLayout::kCache)
            mark(region_ + (blocks.begin() + head * kPageBytes -
                            reinterpret_cast<std::uintptr_t>(region_)),
                 sizeof(CellCache), BitKind::cache);
        head += layout.pages;
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
    mark_bits(&header->info, InfoValue::kLevelShift, 29, BitKind::info_scratch);
    mark_bits(&header->info, 29, 32, BitKind::info_flags);
    mark(&header->generation, sizeof header->generation, BitKind::generation);
}

}  // namespace ouro::faults
