// Fields of an object by number: fixed ones at the type's offsets, then a trailing array.
#pragma once

#include <cstddef>
#include <cstdint>

#include "heap/type_table.h"

namespace ouro {

/// The T that is `offset` bytes behind `start`, where memory for one is.
template <class T>
T* place_at(void* start, std::size_t offset) {
    return static_cast<T*>(static_cast<void*>(static_cast<std::byte*>(start) + offset));
}

/// A reference slot inside an object: null, an object's address, or an immediate (odd).
using FieldSlot = platform::atomic<std::uintptr_t>;

/// How many trailing fields and bytes an object with a variable part has. The heap keeps the record
/// behind the fixed part, in front of the trailing fields: no constructor or destructor touches it,
/// so the object's size can be read at any time.
struct Trailing {
    std::uint32_t field_count = 0;
    std::uint32_t byte_count = 0;

    static std::size_t offset(const TypeInfo& info) {
        return (info.size + alignof(FieldSlot) - 1) & ~(alignof(FieldSlot) - 1);
    }
    static Trailing& of(void* object, const TypeInfo& info) {
        return *place_at<Trailing>(object, offset(info));
    }
};
static_assert(sizeof(Trailing) % alignof(FieldSlot) == 0);

/// The fields of one object. A view: valid while the object's memory is.
class Fields {
public:
    Fields(void* object, const TypeTable::Entry& type, const TypeInfo& info)
        : object_(static_cast<std::byte*>(object)),
          offsets_(type.offsets),
          fixed_(info.fixed_fields) {
        count_ = fixed_;
        if (info.variable()) {
            trailing_ = place_at<FieldSlot>(object_, trailing_offset(info));
            count_ += Trailing::of(object, info).field_count;
        }
    }

    std::uint32_t count() const { return count_; }
    FieldSlot& operator[](std::uint32_t index) const {
        if (index < fixed_) return *place_at<FieldSlot>(object_, offsets_[index]);
        return trailing_[index - fixed_];
    }
    /// The first field, from that one on, for which `matches(slot)` is true; count(): none is.
    template <class M>
    std::uint32_t find(std::uint32_t index, M&& matches) const {
        for (; index < fixed_; ++index) {
            if (matches(*place_at<FieldSlot>(object_, offsets_[index]))) return index;
        }
        for (; index < count_; ++index) {
            if (matches(trailing_[index - fixed_])) return index;
        }
        return count_;
    }
    /// Bytes of payload of an object of the variable type.
    static std::size_t variable_bytes(const TypeInfo& info, const Trailing& trailing) {
        return trailing_offset(info) + trailing.field_count * sizeof(FieldSlot) +
               trailing.byte_count;
    }
    /// Where the trailing fields of a variable type start.
    static std::size_t trailing_offset(const TypeInfo& info) {
        return Trailing::offset(info) + sizeof(Trailing);
    }

    /// Bytes of payload of an object whose fixed part, and Trailing record if any, are there.
    static std::size_t payload_bytes(Header* header, const TypeTable::Entry& type) {
        // order: relaxed; written once, found with acquire.
        const TypeInfo& info = *type.info.load(platform::memory_order_relaxed);
        if (!info.variable()) return info.size;
        return variable_bytes(info, Trailing::of(header->payload(), info));
    }

private:
    std::byte* object_;
    const std::uint16_t* offsets_;
    FieldSlot* trailing_ = nullptr;
    std::uint32_t fixed_;
    std::uint32_t count_;
};

}  // namespace ouro
