// Field<T>: a counted reference that is a member of a managed object.
#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>

#include "heap/census.h"
#include "heap/field_slot.h"
#include "heap/guard.h"
#include "heap/ref.h"
#include "platform/mutant.h"

namespace ouro {

/// Member of a managed object that holds one counted reference to a T, or null.
///
/// Any number of threads may load, store, exchange and take from the same field at once. Reading
/// always yields a counted Ref, so what is read stays alive while it is used: `p->f->g` holds p->f
/// to the end of the full expression. Whoever writes must hold a counted reference to the object
/// that the field is part of (that is what reaching it through a Ref means) and must not change
/// that handle meanwhile.
///
/// The destructor is trivial on purpose: the heap lets the fields of a dead object go itself,
/// iteratively. A field that ends otherwise (inside std::optional, say) is a leak; the census names
/// such types. Time: load one compare-and-swap, store and exchange one exchange and a release;
/// lock-free.
template <class T>
class Field {
public:
    using Target = T;

    constexpr Field() { note(); }
    Field(Ref<T> value) : slot_(value.detach()) { note(); }  // NOLINT: implicit; in constructors
    Field(const Field&) = delete;
    /// A counted copy of what the other holds: load, then store.
    Field& operator=(const Field& other) {
        store(other.load());
        return *this;
    }
    ~Field() = default;

    /// A counted reference to what the field holds.
    Ref<T> load() const { return Ref<T>::adopt(detail::load_counted(slot_)); }
    operator Ref<T>() const { return load(); }  // NOLINT: implicit by design
    Ref<T> operator->() const { return load(); }
    explicit operator bool() const {
        // order: relaxed; a hint about one moment, the object is not touched.
        return slot_.load(platform::memory_order_relaxed) != 0;
    }

    /// What the field holds, to be looked at as long as the guard lives, counted by nobody:
    /// heap/guard.h. Time: three loads and a store; counts instead where nothing can be lent.
    Borrowed<T> borrow(Guard& guard) const {
        std::uint32_t place = Guard::kCounted;
        const std::uintptr_t bits =
            Borrowed<T>::kIsLent ? guard.borrow(slot_, place) : detail::load_counted(slot_);
        return Borrowed<T>(bits, guard, place);
    }

    /// Do both refer to the same? Counts nothing.
    template <class U>
    bool operator==(const Ref<U>& ref) const {
        // order: relaxed; a hint about one moment, the object is not touched.
        return slot_.load(platform::memory_order_relaxed) == ref.bits();
    }
    template <class U>
    bool operator==(const Field<U>& other) const {
        // order: relaxed, both; a hint about one moment, the objects are not touched.
        return other.slot_.load(platform::memory_order_relaxed) ==
               slot_.load(platform::memory_order_relaxed);
    }
    bool operator==(std::nullptr_t) const { return !static_cast<bool>(*this); }

    void store(const Ref<T>& value) {
        if (OURO_MUTANT(increment_after_publish)) {
            detail::store_owned(slot_, value.bits());
            [[maybe_unused]] const std::uintptr_t counted = Ref<T>(value).detach();
            return;
        }
        detail::store_owned(slot_, Ref<T>(value).detach());
    }
    void store(Ref<T>&& value) {
        if (detail::is_object(value.bits()) && !OURO_MUTANT(moved_in_literally) &&
            detail::is_inside(slot_, value.bits())) {
            // The reference that is moved in may be the one that keeps this very field alive: store
            // a copy, and let the handle go after the field is written (DESIGN rule 7).
            Ref<T> copy(value);
            detail::store_owned(slot_, copy.detach());
            value.reset();
            return;
        }
        detail::store_owned(slot_, value.detach());
    }
    Field& operator=(const Ref<T>& value) {
        store(value);
        return *this;
    }
    Field& operator=(Ref<T>&& value) {
        store(std::move(value));
        return *this;
    }
    Field& operator=(std::nullptr_t) {
        detail::store_owned(slot_, 0);
        return *this;
    }
    /// Puts `value` in and returns what was there.
    Ref<T> exchange(Ref<T> value) {
        if (detail::is_object(value.bits()) && detail::is_inside(slot_, value.bits())) {
            Ref<T> copy(value);  // as in store(): `value` lets go after the field is written
            return Ref<T>::adopt(detail::exchange_owned(slot_, copy.detach()));
        }
        return Ref<T>::adopt(detail::exchange_owned(slot_, value.detach()));
    }
    /// Empties the field and returns what was there.
    Ref<T> take() { return Ref<T>::adopt(detail::exchange_owned(slot_, 0)); }

private:
    template <class U>
    friend class Field;

    constexpr void note() const {
        if (!std::is_constant_evaluated()) detail::Census::note_field(this);
    }

    FieldSlot slot_{0};
};

static_assert(sizeof(Field<Object>) == sizeof(FieldSlot));
static_assert(std::is_trivially_destructible_v<Field<Object>>);

}  // namespace ouro
