// Values as objects: integers, strings, none, true, false, and checked casts from Ref<Object>.
//
// Small integers, none, true, false and interned strings are immediates (heap/value.h): never
// counted, the same reference everywhere. Other integers and strings are leaf objects.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "heap/describe.h"
#include "heap/error.h"
#include "heap/heap.h"
#include "heap/query.h"
#include "heap/ref.h"
#include "platform/atomic.h"

namespace ouro {

/// An integer outside kSmallIntMin..kSmallIntMax.
struct Integer {
    using ouro_leaf = void;
    static constexpr const char* ouro_name = "int";
    std::int64_t value;
};

/// An immutable text. Its bytes follow the fixed part.
class String : public Variable {
public:
    using ouro_leaf = void;
    static constexpr const char* ouro_name = "str";
    std::string_view text() const;

    bool is_interned() const {
        // order: relaxed; a property of the object that its references show by themselves.
        return next_interned_.load(platform::memory_order_relaxed) != 0;
    }

private:
    friend class InternTable;
    String* next_interned() const {
        // order: relaxed; chains are read and written under the table's lock.
        return reinterpret_cast<String*>(next_interned_.load(platform::memory_order_relaxed) &
                                         ~std::uintptr_t{1});
    }
    void set_interned(String* next) {
        // order: relaxed; see next_interned().
        next_interned_.store(reinterpret_cast<std::uintptr_t>(next) | 1,
                             platform::memory_order_relaxed);
    }

    platform::atomic<std::uintptr_t> next_interned_{0};  ///< 0: not interned; else bit 0 is set
};

/// The one object that stands for nothing. A null reference is no object.
inline Ref<Object> none() { return Ref<Object>::adopt(detail::kNoneBits); }
/// The one true or the one false.
inline Ref<Object> boolean(bool value) {
    return Ref<Object>::adopt(value ? detail::kTrueBits : detail::kFalseBits);
}
/// An integer object; the same one for the same small value. Fails like try_make.
Result<Ref<Object>> try_integer(Heap& heap, std::int64_t value);
/// A new string object. Fails like try_make.
Result<Ref<String>> try_string(Heap& heap, std::string_view text);
/// The one immortal string with this text. References to it are never counted, and a handle to it
/// may outlive the heap. Fails like try_make. Time: O(text + bucket).
Result<Ref<String>> try_intern(Heap& heap, std::string_view text);

/// Is it none()? A null reference is not.
inline bool is_none(const Ref<Object>& ref) { return ref.bits() == detail::kNoneBits; }
/// The value of an integer object or immediate, else nothing.
std::optional<std::int64_t> as_integer(const Ref<Object>& ref);

/// Is `ref` an object of exactly type T? Then a Ref<T> to it, else null. Time: O(1).
template <class T>
Ref<T> cast(const Ref<Object>& ref) {
    if (!detail::is_object(ref.bits())) {
        if (!std::is_same_v<T, String> || !detail::is_interned_bits(ref.bits())) return {};
        return Ref<T>::adopt(ref.bits());
    }
    if (detail::type_of(detail::object_of(ref.bits())) != &detail::type_info_of<T>) return {};
    detail::retain(detail::object_of(ref.bits()));
    return Ref<T>::adopt(ref.bits());
}

}  // namespace ouro
