#include "heap/type_table.h"

#include <new>

namespace ouro {

std::size_t TypeTable::bytes_needed(std::uint32_t types_max, std::uint32_t offsets_max) {
    return types_max * sizeof(Entry) + offsets_max * sizeof(std::uint16_t);
}

void TypeTable::init(void* memory, std::uint32_t types_max, std::uint32_t offsets_max) {
    entries_ = static_cast<Entry*>(memory);
    for (std::uint32_t i = 0; i < types_max; ++i) new (&entries_[i]) Entry{};
    offsets_ = reinterpret_cast<std::uint16_t*>(entries_ + types_max);
    types_max_ = types_max;
    offsets_max_ = offsets_max;
    offsets_used_ = 0;
}

/// The slot that holds `info` or would take it; null when the table is full of others.
TypeTable::Entry* TypeTable::slot_of(const TypeInfo& info) {
    const auto hash = static_cast<std::uint32_t>((reinterpret_cast<std::uintptr_t>(&info) >> 3) *
                                                 std::uintptr_t{2654435769u});
    for (std::uint32_t i = 0; i < types_max_; ++i) {
        Entry& entry = entries_[(hash + i) % types_max_];
        // order: acquire; pairs with the release in enter().
        const TypeInfo* here = entry.info.load(platform::memory_order_acquire);
        if (here == nullptr || here == &info) return &entry;
    }
    return nullptr;
}

Result<TypeTable::Entry*> TypeTable::enter(const TypeInfo& info) {
    Entry* entry = slot_of(info);
    if (entry == nullptr) return Error::too_many_types;
    // order: relaxed; only holders of the allocation lock write it.
    if (entry->info.load(platform::memory_order_relaxed) != nullptr) return entry;
    if (info.fixed_fields > offsets_max_ - offsets_used_) return Error::too_many_fields;
    std::uint16_t* offsets = offsets_ + offsets_used_;
    if (info.fixed_fields > 0) info.write_offsets(offsets);
    offsets_used_ += info.fixed_fields;
    entry->offsets = offsets;
    // order: release; pairs with find().
    entry->info.store(&info, platform::memory_order_release);
    return entry;
}

}  // namespace ouro
