#include "faults/damage_map.h"

#include "heap/weak_list.h"

namespace ouro::faults {

namespace {

constexpr KindInfo kKinds[kBitKinds] = {
    {"heap record", 0, false, "addresses, locks, list heads"},
    {"collector record", 0, false, "the pass, locks, figures"},
    {"tables", 0, false, "types, interned strings"},
    {"page: layout", 8, true,
     "pages tile the region; tails count back; sums of free and used pages"},
    {"page: cells", 12, true, "used + free = capacity; the free list ends in the span"},
    {"page: links", 0, false, "the lists are not walked"},
    {"page: marks", 10, true, "no set outside a pass; marks only where a word says so"},
    {"word: version", 0, true, "no second copy"},
    {"word: count", 0, true, "not below the references from fields"},
    {"word: flags", 20, true, "condemned, held, claimed only while something runs"},
    {"info: type", 85, true, "the index is in the table, the size fits the cell"},
    {"info: flags", 30, true, "nothing is under construction while nothing runs"},
    {"info: scratch", 0, true, "written anew before it is read"},
    {"generation", 0, true, "no second copy"},
    {"free cell: link", 90, true, "the list has as many cells as the record says"},
    {"free cell: header", 2, true, "type 0; the word is not looked at"},
    {"field", 80, true, "null, an immediate, or exactly the start of an object in use"},
    {"weak lists", 0, false, "addresses, also outside the region"},
    {"length", 90, true, "the object fits its cell"},
    {"payload", 0, true, "the program's own bytes"},
    {"unused", 0, true, "free pages, ends of cells"},
};

}  // namespace

const KindInfo& info_of(BitKind kind) { return kKinds[static_cast<std::size_t>(kind)]; }

DamageMap::DamageMap(Heap& heap, Collector& collector, std::byte* region, std::size_t bytes)
    : region_(region), kinds_(bytes * 8, BitKind::unused) {
    BlockAllocator& blocks = heap.blocks();
    mark(&heap, sizeof heap, BitKind::heap_record);
    const auto* records = reinterpret_cast<const std::byte*>(&blocks.page(0));
    const auto* extra = static_cast<const std::byte*>(heap.extra());
    mark(extra, static_cast<std::size_t>(records - extra), BitKind::tables);
    mark(&collector, sizeof collector, BitKind::collector_record);
    for (PageIndex page = 0; page < blocks.page_count(); ++page) {
        mark_page(blocks.page(page));
        for (std::uint32_t cell = 0; cell < blocks.cells_in(page); ++cell)
            mark_cell(heap, {page, cell});
    }
    for (std::size_t bit = 0; bit < kinds_.size(); ++bit)
        bits_[static_cast<std::size_t>(kinds_[bit])].push_back(static_cast<std::uint32_t>(bit));
}

void DamageMap::mark_bits(const void* at, unsigned first, unsigned end, BitKind kind) {
    const auto start = static_cast<std::size_t>(static_cast<const std::byte*>(at) - region_) * 8;
    for (std::size_t bit = start + first; bit < start + end; ++bit) kinds_[bit] = kind;
}

void DamageMap::mark(const void* at, std::size_t bytes, BitKind kind) {
    mark_bits(at, 0, static_cast<unsigned>(bytes * 8), kind);
}

void DamageMap::mark_page(PageInfo& page) {
    mark(&page, sizeof page, BitKind::page_marks);
    mark(&page.layout, sizeof page.layout, BitKind::page_layout);
    mark(&page.generation, sizeof page.generation, BitKind::generation);
    mark(&page.used, sizeof page.used, BitKind::page_cells);
    mark(&page.free_head, sizeof page.free_head, BitKind::page_cells);
    mark(&page.next, sizeof page.next, BitKind::page_links);
    mark(&page.prev, sizeof page.prev, BitKind::page_links);
}

void DamageMap::mark_cell(Heap& heap, BlockAllocator::Cell cell) {
    Header* header = heap.blocks().header_of_cell(cell);
    const InfoValue info = header->load_info();
    if (info.type() == 0) {
        mark(header, sizeof *header, BitKind::free_header);
        mark(&header->generation, sizeof header->generation, BitKind::free_link);
        return;
    }
    mark_bits(&header->word, 0, WordValue::kCountShift, BitKind::word_flags);
    mark_bits(&header->word, WordValue::kCountShift, WordValue::kVersionShift, BitKind::word_count);
    mark_bits(&header->word, WordValue::kVersionShift, 64, BitKind::word_version);
    mark_bits(&header->info, 0, InfoValue::kLevelShift, BitKind::info_type);
    mark_bits(&header->info, InfoValue::kLevelShift, 30, BitKind::info_scratch);
    mark_bits(&header->info, 30, 32, BitKind::info_flags);
    mark(&header->generation, sizeof header->generation, BitKind::generation);
    mark_object(header, *heap.type_of(header));
}

void DamageMap::mark_object(Header* header, const TypeTable::Entry& type) {
    // order: any; nobody changes anything.
    const TypeInfo& info = *type.info.load(platform::memory_order_acquire);
    void* object = header->payload();
    std::size_t bytes = info.size;
    if (info.variable()) bytes = Fields::variable_bytes(info, Trailing::of(object, info));
    mark(object, bytes, BitKind::payload);
    // A weak reference as an object is a node of its target's list.
    if (&info == &detail::type_info_of<WeakReference> ||
        &info == &detail::type_info_of<detail::WeakMapEntry>)
        mark(object, bytes, BitKind::anchor);
    if (info.weakly_referable()) mark(object, sizeof(WeakAnchor), BitKind::anchor);
    if (info.variable()) mark(&Trailing::of(object, info), sizeof(Trailing), BitKind::trailing);
    const Fields fields(object, type, info);
    for (std::uint32_t i = 0; i < fields.count(); ++i)
        mark(&fields[i], sizeof fields[i], BitKind::field);
}

}  // namespace ouro::faults
