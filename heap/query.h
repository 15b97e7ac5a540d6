// Looking at objects without disturbing them: identity, counts, by reference, by id, by address.
//
// No query adds a reference that another query could see. Ids are checked: an id whose object is
// gone answers "dead" also when the memory holds another object by now.
#pragma once

#include <cstddef>
#include <cstdint>

#include "heap/describe.h"
#include "heap/error.h"
#include "heap/heap.h"
#include "heap/ref.h"

namespace ouro {

/// Identity of an object for all time: where it is, and which of the objects that lived there.
/// Generations of one page repeat after 2^32 allocations in it; an id kept for that long may name a
/// later object. An id of an immediate has generation 0.
struct Id {
    std::uintptr_t address = 0;
    std::uint32_t generation = 0;
    bool operator==(const Id&) const = default;
};

/// "0x" and the address in lower-case hexadecimal, as a string in `out` (at least 19 bytes).
const char* hex(const Id& id, char* out);
inline constexpr std::size_t kHexBytes = 19;

/// What a count query answers for objects whose count saturated, and for immediates.
inline constexpr std::uint32_t kImmortal = ~std::uint32_t{0};

namespace detail {
Id id_of_bits(std::uintptr_t bits);
/// Is it a reference to none, false, true, a small integer, or an interned string that is there?
bool is_immediate(std::uintptr_t bits);
std::uint32_t refcount_of_bits(std::uintptr_t bits);
/// The description of the type of an object that the caller holds a reference to.
const TypeInfo* type_of(const void* object);
}  // namespace detail

/// Living objects of exactly type T in `heap`. Time: O(1) expected. Threads: any.
template <class T>
std::size_t live_objects(Heap& heap) {
    TypeTable::Entry* type = heap.types().find(detail::type_info_of<T>);
    if (type == nullptr) return 0;
    // order: relaxed; a figure.
    const auto counted =
        static_cast<std::int32_t>(type->live_objects.load(platform::memory_order_relaxed));
    return static_cast<std::size_t>(counted +
                                    heap.blocks().live_objects(heap.types().index_of(type)));
}

/// The identity of what `ref` refers to. Time: O(1). Threads: any.
template <class T>
Id id(const Ref<T>& ref) {
    return detail::id_of_bits(ref.bits());
}

/// The number of counted references to the object: handles and fields, `ref` itself being one of
/// them like any other; nothing is added by asking. kImmortal for immediates and saturated counts.
template <class T>
std::uint32_t refcount(const Ref<T>& ref) {
    return detail::refcount_of_bits(ref.bits());
}

/// The same, seen from inside a call that itself holds a reference: one more (the argument).
template <class T>
std::uint32_t getrefcount(Ref<T> ref) {  // NOLINT: by value is the point
    return detail::refcount_of_bits(ref.bits());
}

/// The count by id. Fails with dead once the object's reclaim is certain. Adds no reference.
/// Time: O(1). Threads: any.
Result<std::uint32_t> refcount(const Id& id);
/// Is the object of this id still there?
bool is_alive(const Id& id);

/// Which object lives at exactly this address now. Fails with dead when none does.
Result<Id> object_at(std::uintptr_t address);
/// Which object's memory contains this address. Fails with dead when none does.
Result<Id> object_containing(std::uintptr_t address);

/// The name of the object's type, or of the kind of immediate. Fails with dead.
Result<const char*> type_name(const Id& id);

/// A counted reference to the object of an id. Fails with dead. Time: O(1). Threads: any.
Result<Ref<Object>> resolve(const Id& id);

}  // namespace ouro
