#include "heap/type_table.h"

#include <new>

namespace ouro {

namespace {
platform::atomic<std::uint32_t> g_types_drawn{0};
}  // namespace

TypeIndex type_index(const TypeInfo& info) {
    // order: acquire; pairs with the release below, though the index alone carries no data.
    TypeIndex index = info.index->load(platform::memory_order_acquire);
    if (index != 0) return index;
    // order: relaxed; only the number's uniqueness matters.
    const TypeIndex drawn = 1 + g_types_drawn.fetch_add(1, platform::memory_order_relaxed);
    if (drawn > InfoValue::kTypeMask) return 0;
    // order: acq_rel; of two contexts that draw at once the first one's index stays.
    if (info.index->compare_exchange(index, drawn, platform::memory_order_acq_rel,
                                     platform::memory_order_acquire))
        return drawn;
    return index;
}

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

Result<TypeTable::Entry*> TypeTable::enter(const TypeInfo& info) {
    const TypeIndex index = type_index(info);
    if (index == 0 || index >= types_max_) return Error::too_many_types;
    Entry& entry = entries_[index];
    // order: relaxed; only holders of the allocation lock write it.
    if (entry.info.load(platform::memory_order_relaxed) != nullptr) return &entry;
    if (info.fixed_fields > offsets_max_ - offsets_used_) return Error::too_many_fields;
    std::uint16_t* offsets = offsets_ + offsets_used_;
    if (info.fixed_fields > 0) info.write_offsets(offsets);
    offsets_used_ += info.fixed_fields;
    entry.offsets = offsets;
    // order: release; pairs with find().
    entry.info.store(&info, platform::memory_order_release);
    return &entry;
}

}  // namespace ouro
