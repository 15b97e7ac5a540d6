// Errors are values: the reasons for which an operation of Ouro can fail, and the carrier for them.
#pragma once

#include <cstdint>
#include <new>
#include <type_traits>
#include <utility>

#include "platform/fatal.h"

namespace ouro {

/// Why an operation failed. A function's documentation lists the ones it can return.
enum class [[nodiscard]] Error : std::uint8_t {
    none = 0,
    out_of_memory,     ///< no block large enough, also after an emergency collection
    collector_busy,    ///< no block large enough, and another context owns the pass just now
    region_too_small,  ///< the region cannot hold the heap's own tables and one object
    region_too_large,  ///< more than 64 GiB (paged) or 512 KiB (compact, 32-bit)
    region_unusable,   ///< atomic operations do not work in this memory (platform/self_test.h)
    region_in_use,     ///< another heap, perhaps one that handles outlived, lives in this memory
    too_many_heaps,    ///< the program already has 16 heaps, on machines of 32 bits 4
    too_many_types,    ///< HeapConfig::types_max distinct types exist in this heap
    too_many_fields,   ///< HeapConfig::field_offsets_max is used up by the types' field lists
    object_too_large,  ///< larger than the region could ever hold
    dead,              ///< the object named by an id or address is no longer there
    wrong_type,        ///< a checked cast or query met an object of another type
    wrong_heap,        ///< a reference to one heap's object was given to another heap
    in_interrupt,      ///< not for interrupt handlers (docs/interrupts.md)
    busy,              ///< another context is doing this and waiting is not allowed here
    shut_down,         ///< the heap has been shut down
    not_supported,     ///< this object or port cannot do that (e.g. not weakly referable)
};

/// A short, stable description of `error`.
const char* to_string(Error error);

/// A value or the reason why there is none. `T` must be movable.
template <class T>
class [[nodiscard]] Result {
    /// Then so is the result, and a function returns it in registers.
    static constexpr bool kIsPlain = std::is_trivially_copyable_v<T>;

public:
    Result(T value)
        : value_(std::move(value)), error_(Error::none) {}  // NOLINT: implicit by design
    Result(Error error) : nothing_{}, error_(error) {       // NOLINT: implicit by design
        OURO_ASSERT(error != Error::none, "Result made from Error::none");
    }
    Result(Result&& other) noexcept
        requires kIsPlain
    = default;
    Result(Result&& other) noexcept : nothing_{}, error_(other.error_) {
        if (ok()) new (&value_) T(std::move(other.value_));
    }
    Result& operator=(Result&& other) = delete;
    ~Result()
        requires kIsPlain
    = default;
    ~Result() {
        if (ok()) value_.~T();
    }

    bool ok() const { return error_ == Error::none; }
    explicit operator bool() const { return ok(); }
    Error error() const { return error_; }

    /// The value. Stops the program with the error's text when there is none.
    T& value() & {
        if (!ok()) platform::fatal(to_string(error_));
        return value_;
    }
    T&& value() && {
        if (!ok()) platform::fatal(to_string(error_));
        return std::move(value_);
    }
    const T& value() const& {
        if (!ok()) platform::fatal(to_string(error_));
        return value_;
    }
    T& operator*() & { return value(); }
    T&& operator*() && { return std::move(*this).value(); }
    const T& operator*() const& { return value(); }
    T* operator->() { return &value(); }
    const T* operator->() const { return &value(); }

private:
    union {
        char nothing_;
        T value_;
    };
    Error error_;
};

}  // namespace ouro
