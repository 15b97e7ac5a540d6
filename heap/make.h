// Making objects: memory, constructor, and the moment from which the collector may look inside.
#pragma once

#include <new>
#include <type_traits>
#include <utility>

#include "heap/census.h"
#include "heap/describe.h"
#include "heap/heap.h"
#include "heap/ref.h"

namespace ouro {

namespace detail {

/// Takes the memory back when a constructor throws (in builds that have exceptions).
class ConstructionGuard {
public:
    ConstructionGuard(Heap& heap, void* object, const TypeInfo& info)
        : heap_(heap), object_(object), info_(info) {}
    ~ConstructionGuard() {
        if (object_ != nullptr) heap_.abandon_object(object_, info_);
    }
    void done() { object_ = nullptr; }

private:
    Heap& heap_;
    void* object_;
    const TypeInfo& info_;
};

template <class T, class... Args>
Result<Ref<T>> construct(Heap& heap, std::size_t bytes, Trailing trailing, Args&&... args) {
    static_assert(alignof(T) <= sizeof(Header), "objects are aligned to a header's size, not more");
    static constexpr const TypeInfo& info = type_info_of<T>;
    auto memory = heap.begin_object(info, bytes, trailing);
    if (!memory) return memory.error();
    void* object = *memory;
    {
        ConstructionGuard guard(heap, object, info);
        Census census(info, object, bytes);
        if constexpr (sizeof...(Args) == 0 && std::is_empty_v<T>) {
            ::new (object) T;  // no T(): that may clear its one byte, which need not be its own
        } else if constexpr (std::is_constructible_v<T, Args&&...>) {
            ::new (object) T(std::forward<Args>(args)...);
        } else {
            ::new (object) T{std::forward<Args>(args)...};
        }
        guard.done();
    }
    heap.finish_object(object);
    return Ref<T>::adopt(reinterpret_cast<std::uintptr_t>(object));
}

[[noreturn]] void stop_out_of_memory(Heap& heap, std::size_t bytes, Error error);

}  // namespace detail

/// Makes a T from `args`. Fails with out_of_memory, collector_busy, object_too_large,
/// too_many_types, too_many_fields, shut_down, in_interrupt; never stops the program.
/// Time: O(1) plus clearing sizeof(T) bytes plus the constructor; a part of the collector's work
/// when it falls behind (CollectorConfig::assist_bytes); an emergency collection when memory is
/// short. Threads: any.
template <class T, class... Args>
Result<Ref<T>> try_make(Heap& heap, Args&&... args) {
    static_assert(!std::is_base_of_v<Variable, T>, "use try_make_variable for variable types");
    return detail::construct<T>(heap, sizeof(T), Trailing{}, std::forward<Args>(args)...);
}

/// Makes a T (derived from Variable) with `trailing.field_count` null fields and
/// `trailing.byte_count` zero bytes behind its fixed part. Fails like try_make.
template <class T, class... Args>
Result<Ref<T>> try_make_variable(Heap& heap, Trailing trailing, Args&&... args) {
    static_assert(std::is_base_of_v<Variable, T>, "derive T from ouro::Variable");
    OURO_ASSERT(trailing.field_count == 0 || detail::type_info_of<T>.has_fields(),
                "trailing fields of a type that says it has none (ouro_leaf)");
    const std::size_t bytes = Fields::variable_bytes(detail::type_info_of<T>, trailing);
    return detail::construct<T>(heap, bytes, trailing, std::forward<Args>(args)...);
}

/// try_make, but out of memory calls HeapConfig::out_of_memory and then stops the program with the
/// reason and the heap's figures.
template <class T, class... Args>
Ref<T> make(Heap& heap, Args&&... args) {
    auto made = try_make<T>(heap, std::forward<Args>(args)...);
    if (OURO_UNLIKELY(!made)) detail::stop_out_of_memory(heap, sizeof(T), made.error());
    return std::move(made).value();
}

/// How many trailing fields and bytes a variable object has; also while it is being constructed.
template <class T>
const Trailing& trailing_of(const T* object) {
    static_assert(std::is_base_of_v<Variable, T>);
    return Trailing::of(const_cast<T*>(object), detail::type_info_of<T>);
}

/// The trailing fields of a variable object as an array of Field<F>.
template <class F, class T>
Field<F>* trailing_fields(T* object) {
    static_assert(std::is_base_of_v<Variable, T>);
    return place_at<Field<F>>(object, Fields::trailing_offset(detail::type_info_of<T>));
}

template <class F, class T>
const Field<F>* trailing_fields(const T* object) {
    return trailing_fields<F>(const_cast<T*>(object));
}

/// The trailing bytes of a variable object.
template <class T>
std::byte* trailing_bytes(T* object) {
    return reinterpret_cast<std::byte*>(trailing_fields<Object>(object) +
                                        trailing_of(object).field_count);
}
template <class T>
const std::byte* trailing_bytes(const T* object) {
    return trailing_bytes(const_cast<T*>(object));
}

}  // namespace ouro
