#include "heap/type_table.h"

#include <new>

#include "platform/fatal.h"

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
TypeTable::Entry* TypeTable::slot_of(const TypeInfo& info) const {
    std::uint32_t slot = first_slot(info);
    for (std::uint32_t i = 0; i < types_max_; ++i) {
        Entry& entry = entries_[slot];
        slot = slot + 1 < types_max_ ? slot + 1 : 0;
        // order: acquire; pairs with the release in enter().
        const TypeInfo* here = entry.info.load(platform::memory_order_acquire);
        if (here == nullptr || here == &info) return &entry;
    }
    return nullptr;
}

namespace {

/// Fields are in their places: inside the object, aligned, no two of them at one place (members of
/// a union have different names for it). A reference that is counted once and followed twice would
/// free live objects.
bool are_distinct(const TypeInfo& info, const std::uint16_t* offsets) {
    bool ascending = true;
    for (std::uint32_t i = 0; i < info.fixed_fields; ++i) {
        const std::size_t end = offsets[i] + sizeof(std::uintptr_t);
        if (offsets[i] % alignof(std::uintptr_t) != 0 || end > info.size) return false;
        if (i > 0 && offsets[i] <= offsets[i - 1]) ascending = false;
    }
    for (std::uint32_t i = 1; !ascending && i < info.fixed_fields; ++i) {
        for (std::uint32_t j = 0; j < i; ++j) {
            if (offsets[i] == offsets[j]) return false;
        }
    }
    return true;
}

}  // namespace

Result<TypeTable::Entry*> TypeTable::enter(const TypeInfo& info) {
    Entry* entry = slot_of(info);
    if (entry == nullptr) return Error::too_many_types;
    // order: relaxed; only holders of the allocation lock write it.
    if (entry->info.load(platform::memory_order_relaxed) != nullptr) return entry;
    if (info.fixed_fields > offsets_max_ - offsets_used_) return Error::too_many_fields;
    std::uint16_t* offsets = offsets_ + offsets_used_;
    if (info.fixed_fields > 0) info.write_offsets(offsets);
    if (!are_distinct(info, offsets))
        platform::fatal("a type's list of fields names one place twice, or one outside", info.name);
    offsets_used_ += info.fixed_fields;
    entry->offsets = offsets;
    entry->shape = shape_of(info);
    // order: release; pairs with find().
    entry->info.store(&info, platform::memory_order_release);
    return entry;
}

// ---- verify()

const char* TypeTable::verify() const {
    std::uint32_t used = 0;
    for (std::uint32_t i = 0; i < types_max_; ++i) {
        const Entry& entry = entries_[i];
        // order: relaxed, both; nobody else is there.
        const TypeInfo* info = entry.info.load(platform::memory_order_relaxed);
        if (info == nullptr) {
            const bool counts = entry.live_objects.load(platform::memory_order_relaxed) != 0;
            if (entry.offsets != nullptr || entry.shape != 0 || counts)
                return "type table: an entry without type";
            continue;
        }
        const bool aligned = reinterpret_cast<std::uintptr_t>(info) % alignof(TypeInfo) == 0;
        if (!aligned || slot_of(*info) != &entry) return "type table: a type out of its slot";
        if (const char* broken = verify_entry(entry, *info)) return broken;
        used += info->fixed_fields;
    }
    return used == offsets_used_ ? nullptr : "type table: the sum of fields";
}

/// What the entry says about the type, once more from the type itself.
const char* TypeTable::verify_entry(const Entry& entry, const TypeInfo& info) const {
    constexpr std::uint32_t kCompared = 32;  // fields; of more only what is possible is checked
    if (entry.shape != shape_of(info)) return "type table: the shape of a type";
    const auto bytes = reinterpret_cast<std::uintptr_t>(entry.offsets) -
                       reinterpret_cast<std::uintptr_t>(offsets_);
    const std::size_t first = bytes / sizeof *offsets_;
    if (bytes % sizeof *offsets_ != 0 || offsets_used_ > offsets_max_ || first > offsets_used_ ||
        info.fixed_fields > offsets_used_ - first)
        return "type table: where a type's fields are";
    bool same = are_distinct(info, entry.offsets);
    if (info.fixed_fields != 0 && info.fixed_fields <= kCompared) {
        std::uint16_t offsets[kCompared];
        info.write_offsets(offsets);
        for (std::uint32_t i = 0; i < info.fixed_fields; ++i)
            same = same && offsets[i] == entry.offsets[i];
    }
    return same ? nullptr : "type table: a type's fields";
}

}  // namespace ouro
