#include "faults/damage_map.h"

#include "heap/weak_list.h"

namespace ouro::faults {

DamageMap::DamageMap(Heap& heap, Collector& collector, std::byte* region, std::size_t bytes)
    : region_(region), kinds_(bytes * 8, BitKind::unused) {
    BlockAllocator& blocks = heap.blocks();
    mark(&heap, sizeof heap, BitKind::heap_record);
    const auto* records = static_cast<const std::byte*>(begin_of_records(blocks));
    const auto* extra = static_cast<const std::byte*>(heap.extra());
    mark(extra, static_cast<std::size_t>(records - extra), BitKind::tables);
    mark(&collector, sizeof collector, BitKind::collector_record);
    mark_records(blocks);
    for_each_header(blocks, [&](Header* header) {
        if (header->load_info().type() == 0) return mark_free(header);
        mark_header(header);
        mark_object(header, *heap.type_of(header));
    });
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

void DamageMap::mark_object(Header* header, const TypeTable::Entry& type) {
    // order: any; nobody changes anything.
    const TypeInfo& info = *type.info.load(platform::memory_order_acquire);
    void* object = header->payload();
    std::size_t bytes = info.size;
    if (info.variable()) bytes = Fields::variable_bytes(info, Trailing::of(object, info));
    mark(object, bytes, BitKind::payload);
    // A weak reference as an object is a node of its target's list.
    if (&info == &detail::type_info_of<WeakReference> ||
        &info == &detail::type_info_of<detail::WeakMapEntry> ||
        &info == &detail::type_info_of<Finalizer>)
        mark(object, bytes, BitKind::anchor);
    if (info.weakly_referable()) mark(object, sizeof(WeakAnchor), BitKind::anchor);
    if (info.variable()) mark(&Trailing::of(object, info), sizeof(Trailing), BitKind::trailing);
    const Fields fields(object, type, info);
    for (std::uint32_t i = 0; i < fields.count(); ++i)
        mark(&fields[i], sizeof fields[i], BitKind::field);
}

}  // namespace ouro::faults
