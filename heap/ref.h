// Ref<T>: a counted reference held outside managed objects: on stacks, in globals, in containers.
#pragma once

#include <cstdint>
#include <type_traits>
#include <utility>

#include "heap/census.h"
#include "heap/reference_count.h"
#include "heap/value.h"
#include "platform/fatal.h"

namespace ouro {

template <class T>
class Field;
class String;

/// Holds one counted reference to a managed T (or derived), or null.
///
/// Copying adds a reference, destroying gives one up and, with the last one, ends the object at
/// once on this thread. Moving touches no count. A Ref may be handed to another thread; one Ref
/// object used by two threads at once needs the user's own lock, like an int. A Ref as a member of
/// a managed object is legal but counts as held from outside: a cycle through it is never
/// collected. Use Field there. Time: copy and release one atomic operation each. ISR: copy, move,
/// release.
template <class T>
class Ref {
public:
    constexpr Ref() { note(); }
    constexpr Ref(std::nullptr_t) { note(); }  // NOLINT: implicit by design
    Ref(const Ref& other) : bits_(other.bits_) {
        retain(bits_);
        note();
    }
    Ref(Ref&& other) noexcept : bits_(std::exchange(other.bits_, 0)) { note(); }
    template <class U>
        requires(std::is_convertible_v<U*, T*> || std::is_same_v<T, Object>)
    Ref(const Ref<U>& other) : bits_(converted(other)) {  // NOLINT: implicit by design
        retain(bits_);
        note();
    }
    template <class U>
        requires(std::is_convertible_v<U*, T*> || std::is_same_v<T, Object>)
    Ref(Ref<U>&& other) noexcept : bits_(converted(other)) {  // NOLINT: implicit by design
        (void)other.detach();
        note();
    }
    OURO_SHORT ~Ref() { release(bits_); }

    Ref& operator=(const Ref& other) {
        Ref copy(other);
        swap(copy);
        return *this;
    }
    Ref& operator=(Ref&& other) noexcept {
        Ref moved(std::move(other));
        swap(moved);
        return *this;
    }
    void swap(Ref& other) noexcept { std::swap(bits_, other.bits_); }
    /// Lets the reference go.
    void reset() { Ref().swap(*this); }

    T* get() const {
        if constexpr (std::is_same_v<T, String>)
            return reinterpret_cast<T*>(bits_ & ~detail::kTagMask);
        return reinterpret_cast<T*>(bits_);
    }
    T& operator*() const { return *get(); }
    T* operator->() const { return get(); }
    explicit operator bool() const { return bits_ != 0; }

    /// Identity, not equality of content.
    template <class U>
    bool operator==(const Ref<U>& other) const {
        return bits_ == other.bits();
    }

    bool operator==(std::nullptr_t) const { return bits_ == 0; }

    /// The reference as a number; null is 0, immediates are odd.
    std::uintptr_t bits() const { return bits_; }
    /// Takes over a counted reference that the caller owns.
    static Ref adopt(std::uintptr_t bits) {
        Ref ref;
        ref.bits_ = bits;
        return ref;
    }
    /// Hands the counted reference to the caller, who must give it up some day.
    [[nodiscard]] std::uintptr_t detach() { return std::exchange(bits_, 0); }

private:
    constexpr void note() const {
        if (!std::is_constant_evaluated()) detail::Census::note_handle(this);
    }

    static constexpr bool kMayBeImmediate = std::is_same_v<T, Object> || std::is_same_v<T, String>;

    OURO_SHORT static void retain(std::uintptr_t bits) {
        if constexpr (kMayBeImmediate) {
            if (detail::is_object(bits)) detail::retain(detail::object_of(bits));
        } else {
            if (bits != 0) detail::retain(detail::object_of(bits));
        }
    }
    OURO_SHORT static void release(std::uintptr_t bits) {
        if constexpr (kMayBeImmediate) {
            if (detail::is_object(bits)) detail::release(detail::object_of(bits));
        } else {
            if (bits != 0) detail::release(detail::object_of(bits));
        }
    }
    template <class U>
    static std::uintptr_t converted(const Ref<U>& other) {
        if constexpr (!std::is_same_v<T, Object>) {
            // An object is named by where its payload starts: the base must start there too.
            T* base = other.get();
            OURO_ASSERT(reinterpret_cast<std::uintptr_t>(base) == other.bits(),
                        "conversion to a base class that is not at the object's start");
        }
        return other.bits();
    }

    std::uintptr_t bits_ = 0;
};

template <class T>
void swap(Ref<T>& a, Ref<T>& b) noexcept {
    a.swap(b);
}

/// A Ref to the object that a member function (or constructor) runs in. Null in a destructor.
template <class T>
Ref<T> self(T* object) {
    const WordValue word = header_of(object)->load_word();
    if (word.count() == 0) return {};
    detail::retain(object);
    return Ref<T>::adopt(reinterpret_cast<std::uintptr_t>(object));
}

}  // namespace ouro
