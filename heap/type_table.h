// A heap's table of types: index -> TypeInfo, live objects, field offsets. Lives in the region.
//
// The table is open-addressed by the TypeInfo's address; a type's index in this heap is its slot.
// No type needs a number of its own, so types of other heaps use nothing up.
//
// An entry is written once, under the allocation lock, before the first object of the type exists;
// its `info` pointer is then published. Readers therefore never see half an entry, and an index
// read from a torn or stale header is checked against the table's size and a null `info`.
#pragma once

#include <cstddef>
#include <cstdint>

#include "heap/error.h"
#include "heap/type_info.h"
#include "platform/compiler.h"
#include "platform/mutant.h"

namespace ouro {

class TypeTable {
public:
    struct Entry {
        platform::atomic<const TypeInfo*> info;
        const std::uint16_t* offsets;  ///< of the fixed fields, in the order of their list
        platform::atomic<std::uint32_t> live_objects;
        std::uint32_t shape;  ///< see Shape
    };

    /// What the collector's way from header to header asks of a type, in one word.
    struct Shape {
        static constexpr std::uint32_t kTracked = 1u << 31;
        static constexpr std::uint32_t kEndsAsMemory = 1u << 30;
        static constexpr std::uint32_t kFewPlainFields = 1u << 29;
        static constexpr std::uint32_t kBytesMask = kFewPlainFields - 1;
        std::uint32_t bits = 0;

        /// Can the type's objects be in cycles?
        bool tracked() const { return (bits & kTracked) != 0; }
        /// See TypeInfo.
        bool ends_as_memory() const { return (bits & kEndsAsMemory) != 0; }
        /// Can its objects be in cycles, and is their end that a few references go and their
        /// memory, and nothing else? They have kFewFields at most, and no variable part.
        bool has_few_plain_fields() const { return (bits & kFewPlainFields) != 0; }
        static constexpr std::uint32_t kFewFields = 8;
        /// Bytes of payload of every object; 0: a variable type, each tells its own, or a very
        /// large one, or no type.
        std::uint32_t payload_bytes() const { return bits & kBytesMask; }
    };
    /// Their shapes, for whoever asks for many. Any context.
    class Shapes {
    public:
        explicit Shapes(const TypeTable& types)
            : entries_(types.entries_), types_max_(types.types_max_) {}
        /// Of the type that the info of a header in use tells, so that the entry is complete.
        Shape of(TypeIndex index) const {
            return {index - 1 < types_max_ ? entries_[index - 1].shape : 0};
        }

    private:
        const Entry* entries_;
        std::uint32_t types_max_;
    };

    /// Places the table in [memory, memory + bytes_needed(...)).
    void init(void* memory, std::uint32_t types_max, std::uint32_t offsets_max);
    static std::size_t bytes_needed(std::uint32_t types_max, std::uint32_t offsets_max);

    /// The entry of `info`'s type, made on first use. Fails with too_many_types, too_many_fields.
    /// Stops the program if two of its fields are at one place. Caller holds the allocation lock.
    /// Time: O(fields of the type) once, squared if they are not listed in their order, else O(1).
    Result<Entry*> enter(const TypeInfo& info);

    /// The entry with this index, or null when there is none. Any context.
    Entry* find(TypeIndex index) {
        if (index - 1 >= types_max_) return nullptr;
        Entry& entry = entries_[index - 1];
        // order: acquire; pairs with the release in enter(): the offsets are complete.
        return entry.info.load(platform::memory_order_acquire) != nullptr ? &entry : nullptr;
    }
    /// The entry of a type that objects of this heap have had, else null. Any context.
    /// Time: O(1) expected, at most O(types_max).
    Entry* find(const TypeInfo& info) {
        Entry* entry = &entries_[first_slot(info)];
        // order: acquire; pairs with the release in enter().
        const TypeInfo* here = entry->info.load(platform::memory_order_acquire);
        if (OURO_LIKELY(here == &info)) return entry;
        if (here == nullptr) return nullptr;
        entry = slot_of(info);
        if (entry == nullptr) return nullptr;
        // Compared, not only looked at: an entry that was empty may be another type's by now.
        here = entry->info.load(platform::memory_order_acquire);  // order: as above
        const bool taken = OURO_MUTANT(type_not_compared) && here != nullptr;
        return here == &info || taken ? entry : nullptr;
    }
    /// The index of a type that objects of this heap have had, if it is where the search begins,
    /// else 0. Any context. Time: O(1).
    TypeIndex index_at_first_look(const TypeInfo& info) const {
        const std::uint32_t slot = first_slot(info);
        // order: acquire; written once, pairs with the release in enter().
        return entries_[slot].info.load(platform::memory_order_acquire) == &info ? slot + 1 : 0;
    }
    /// The entry of a type that is known to be one: its shape was looked at.
    const Entry& at(TypeIndex index) const { return entries_[index - 1]; }
    Shape shape(TypeIndex index) const { return Shapes(*this).of(index); }
    /// Is it a type, and one whose objects can be in cycles? Any context.
    bool is_tracked(TypeIndex index) {
        const Entry* entry = find(index);
        // order: relaxed; written once, found with acquire.
        return entry != nullptr && entry->info.load(platform::memory_order_relaxed)->tracked();
    }
    TypeIndex index_of(const Entry* entry) const {
        return static_cast<TypeIndex>(entry - entries_) + 1;
    }

    std::uint32_t types_max() const { return types_max_; }

    // ---- for verify()

    const void* begin() const { return entries_; }
    /// Was it placed there by init()?
    bool lies_at(const void* memory, std::uint32_t types_max, std::uint32_t offsets_max) const {
        return entries_ == memory && types_max_ == types_max && offsets_max_ == offsets_max &&
               static_cast<const void*>(offsets_) == entries_ + types_max;
    }
    /// Null or what is broken in an entry. Follows an entry's TypeInfo if it is in its slot. The
    /// table lies where it should.
    const char* verify() const;

private:
    /// Where the search begins: the hash (Knuth's multiplicative one), scaled without a division.
    std::uint32_t first_slot(const TypeInfo& info) const {
        const auto hash = static_cast<std::uint32_t>(
            (reinterpret_cast<std::uintptr_t>(&info) >> 3) * std::uintptr_t{2654435769u});
        return static_cast<std::uint32_t>((std::uint64_t{hash} * types_max_) >> 32);
    }
    Entry* slot_of(const TypeInfo& info) const;
    const char* verify_entry(const Entry& entry, const TypeInfo& info) const;
    static bool has_few_plain_fields(const TypeInfo& info) {
        return kHasSmallSets && info.tracked() && info.ends_plainly() && !info.variable() &&
               info.fixed_fields <= Shape::kFewFields;
    }
    static std::uint32_t shape_of(const TypeInfo& info) {
        const bool tells = !info.variable() && info.size <= Shape::kBytesMask;
        return (tells ? info.size : 0) | (info.tracked() ? Shape::kTracked : 0) |
               (info.ends_as_memory() ? Shape::kEndsAsMemory : 0) |
               (has_few_plain_fields(info) ? Shape::kFewPlainFields : 0);
    }

    Entry* entries_ = nullptr;
    std::uint16_t* offsets_ = nullptr;
    std::uint32_t types_max_ = 0;
    std::uint32_t offsets_max_ = 0;
    std::uint32_t offsets_used_ = 0;
};

}  // namespace ouro
