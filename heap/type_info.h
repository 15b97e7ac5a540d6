// What the heap knows about a type: size, where its references are, what user code its end runs.
//
// One constant TypeInfo per C++ type, in read-only memory; its address is the type's identity. A
// heap keeps a table of the types it has met (heap/type_table.h).
#pragma once

#include <cstddef>
#include <cstdint>

#include "heap/header.h"

namespace ouro {

class WeakAnchor;

/// Describes one type of managed object.
struct TypeInfo {
    /// Name for reports. Static storage.
    const char* name;
    /// Bytes of the fixed part; a variable part (trailing fields, then bytes) may follow.
    std::uint32_t size;
    /// Number of fixed fields; their offsets are produced by write_offsets.
    std::uint16_t fixed_fields;
    /// Properties, see below.
    std::uint16_t flags;

    /// Writes the byte offsets of the fixed fields, ascending, into `out` (fixed_fields entries).
    void (*write_offsets)(std::uint16_t* out);
    /// Runs the C++ destructor; null when it would do nothing.
    void (*destroy)(void* object);
    /// Calls the finalizer; null when the type has none.
    void (*finalize)(void* object);
    static constexpr std::uint16_t kHasFields = 1u << 0;        ///< may hold references
    static constexpr std::uint16_t kTracked = 1u << 1;          ///< can be part of a cycle
    static constexpr std::uint16_t kWeaklyReferable = 1u << 2;  ///< starts with a WeakAnchor
    static constexpr std::uint16_t kVariable = 1u << 3;         ///< has a Trailing record
    static constexpr std::uint16_t kQuietDestructor = 1u << 4;  ///< see heap/describe.h

    static constexpr std::uint16_t kWeakReference = 1u << 5;  ///< starts with an ObjectWeakNode
    static constexpr std::uint16_t kNotBorrowed = 1u << 6;    ///< its end waits for no guard
    static constexpr std::uint16_t kEndsPlainly = 1u << 7;    ///< see ends_plainly()

    bool has_fields() const { return (flags & kHasFields) != 0; }
    bool tracked() const { return (flags & kTracked) != 0; }
    bool weakly_referable() const { return (flags & kWeaklyReferable) != 0; }
    bool is_weak_reference() const { return (flags & kWeakReference) != 0; }
    bool may_be_borrowed() const { return (flags & kNotBorrowed) == 0; }
    bool variable() const { return (flags & kVariable) != 0; }
    /// Is the end of such an object that its memory goes back, and nothing else?
    bool ends_as_memory() const { return (flags & (kEndsPlainly | kHasFields)) == kEndsPlainly; }
    /// Is the end of such an object that its references go and its memory, and nothing else? It has
    /// no finalizer, no destructor, and nobody refers to it weakly.
    bool ends_plainly() const { return (flags & kEndsPlainly) != 0; }
    /// Is there a destructor, and may it do anything?
    bool has_loud_destructor() const {
        return destroy != nullptr && (flags & kQuietDestructor) == 0;
    }
    /// Does the end of such an object call functions that may do anything?
    bool runs_user_code() const { return has_loud_destructor() || finalize != nullptr; }
};

}  // namespace ouro
