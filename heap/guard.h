// Guard, Borrowed<T>: looks at objects that count nothing.
//
//     ouro::Guard guard(heap);
//     for (auto at = list->first.borrow(guard); at; at = at->next.borrow(guard)) sum += at->value;
//
// What a guard delays. While any guard of a heap is open, an object of that heap does not end when
// its last counted reference goes: its finalizer, the death of its weak references, its destructor,
// the release of what it refers to and of its memory wait (Statistics::withheld_objects) until no
// guard is open any more, and then happen in the thread that closes the last one. Sooner they
// happen to what no guard has borrowed: in a release after 64 such objects or a 64th of the region,
// 2 ms later in the collector's thread, in collect(), step(), drain(), in an allocation that finds
// no memory. So what a guard that sleeps withholds for long is what it has borrowed, four objects
// at most, with what only they keep alive and the garbage cycles that they are in. A type whose
// objects are not to wait says so (ouro_not_borrowed, heap/describe.h): whoever borrows one counts.
//
// A borrowed object can be read, not written: not its fields either (DESIGN rule 7); from them one
// can borrow and load. Whoever wants to keep or to change it takes a counted reference. An object
// of another heap than the guard's is counted.
#pragma once

#include <cstdint>
#include <utility>

#include "heap/field_slot.h"
#include "heap/guards.h"
#include "heap/ref.h"
#include "heap/reference_count.h"
#include "platform/fatal.h"

namespace ouro {

class Heap;
template <class T>
class Borrowed;

namespace detail {
/// Do T's objects not wait for guards? Then a guard counts what it borrows of them.
template <class T>
concept IsNotBorrowed = requires { typename T::ouro_not_borrowed; };
}  // namespace detail

/// While it lives, its thread may borrow what fields hold. Lends four objects at once, and counts
/// beyond that; so does it when more guards are open than the port provides for (desktop: 16 a
/// heap), and on ports that have none. Stays in its thread and on its stack, outlives what it has
/// lent, and should live shortly: see above. Time: two atomic read-modify-writes, and the ends of
/// what waited for it.
class [[nodiscard]] Guard {
public:
    explicit Guard(Heap& heap);
    ~Guard();
    Guard(const Guard&) = delete;
    Guard& operator=(const Guard&) = delete;

    /// Can it lend? False: it counts.
    bool lends() const { return places_ != nullptr; }

private:
    template <class T>
    friend class Borrowed;
    template <class T>
    friend class Field;

    static constexpr std::uint32_t kCounted = ~0u;  ///< in no place

    /// What the field holds, in one of the places, or as a counted reference or none.
    std::uintptr_t borrow(const FieldSlot& slot, std::uint32_t& place);
    void give_back(std::uint32_t place) {
        // order: release; what was read of the object is read before anybody finds the place empty.
        places_->borrowed[place].store(
            0, OURO_ORDER(memory_order_release, given_back_relaxed, memory_order_relaxed));
    }

    Heap& heap_;
    GuardPlaces* const places_;   ///< null: it counts
    const std::uintptr_t begin_;  ///< of the heap's region
    const std::size_t bytes_;
};

/// An object that is borrowed from a field, or null. Moves, and is not copied. Belongs to its
/// guard's thread and ends before the guard.
template <class T>
class [[nodiscard]] Borrowed {
public:
    /// What may be no object, or of a type that is not known, is counted; so is what may not be
    /// lent.
    static constexpr bool kIsLent = platform::kGuards != 0 && !std::is_same_v<T, Object> &&
                                    !std::is_same_v<T, String> && !detail::IsNotBorrowed<T>;

    Borrowed() = default;
    Borrowed(Borrowed&& other) noexcept
        : bits_(std::exchange(other.bits_, 0)), guard_(other.guard_), place_(other.place_) {}
    Borrowed& operator=(Borrowed&& other) noexcept {
        Borrowed moved(std::move(other));
        std::swap(bits_, moved.bits_);
        std::swap(guard_, moved.guard_);
        std::swap(place_, moved.place_);
        return *this;
    }
    ~Borrowed() {
        if (!detail::is_object(bits_)) return;
        if (kIsLent && OURO_LIKELY(place_ != Guard::kCounted)) {
            guard_->give_back(place_);
        } else {
            detail::release(detail::object_of(bits_));
        }
    }

    const T* get() const& {
        if constexpr (std::is_same_v<T, String>)
            return reinterpret_cast<const T*>(bits_ & ~detail::kTagMask);
        return reinterpret_cast<const T*>(bits_);
    }
    const T* get() const&& = delete;  // it would outlive what it was borrowed by
    const T& operator*() const& { return *get(); }
    const T& operator*() const&& = delete;
    const T* operator->() const { return get(); }
    explicit operator bool() const { return bits_ != 0; }
    bool operator==(std::nullptr_t) const { return bits_ == 0; }
    /// Identity.
    template <class U>
    bool operator==(const Ref<U>& ref) const {
        return bits_ == ref.bits();
    }

    /// A counted reference to it; null when its last one has gone meanwhile. Time: as Weak::lock().
    Ref<T> counted() const {
        if (!detail::is_object(bits_)) return Ref<T>::adopt(bits_);
        if (!detail::retain_borrowed(detail::object_of(bits_))) return {};
        return Ref<T>::adopt(bits_);
    }

private:
    template <class U>
    friend class Field;
    Borrowed(std::uintptr_t bits, Guard& guard, std::uint32_t place)
        : bits_(bits), guard_(&guard), place_(place) {}

    std::uintptr_t bits_ = 0;
    Guard* guard_ = nullptr;
    std::uint32_t place_ = Guard::kCounted;
};

/// Model: models/guards.pml
inline std::uintptr_t Guard::borrow(const FieldSlot& slot, std::uint32_t& place) {
    if (platform::kGuards == 0 || OURO_UNLIKELY(places_ == nullptr))
        return detail::load_counted(slot);
    std::uint32_t number = 0;
    // order: relaxed; ours alone. Nothing says which are free: its changes would wait for each
    // other.
    while (places_->borrowed[number].load(platform::memory_order_relaxed) != 0) {
        if (++number == GuardPlaces::kMax) return detail::load_counted(slot);
    }
    auto& mine = places_->borrowed[number];
    for (bool published = false;; published = true) {
        // order: seq_cst; U1 (heap/guards.h): what left the field before somebody saw no guard open
        // is not found in it. Acquire: pairs with the exchange that stored it.
        const std::uintptr_t value =
            slot.load(OURO_ORDER(memory_order_seq_cst, borrowed_relaxed, memory_order_acquire));
        if (OURO_UNLIKELY(value - begin_ >= bytes_)) {
            // order: release; as in give_back().
            if (published) mine.store(0, platform::memory_order_release);
            return value == 0 ? 0 : detail::load_counted(slot);  // null, or another heap's
        }
        platform::publish(mine, value);
        // order: acquire; U3: the field still holds it after the place does.
        if (slot.load(platform::memory_order_acquire) != value &&
            !OURO_MUTANT(borrowed_without_recheck))
            continue;
        void* object = detail::object_of(value);
        if (OURO_UNLIKELY(header_of(object)->load_word().has(WordValue::kCondemned)) &&
            !OURO_MUTANT(borrow_ignores_condemned))
            (void)detail::keep_from_commit(object);  // U4
        place = number;
        return value;
    }
}

}  // namespace ouro
