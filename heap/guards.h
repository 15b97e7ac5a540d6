// What a heap knows of the guards over it (heap/guard.h): who looks at objects without counting,
// and which objects may therefore not end yet.
//
// U1  A guard is open from before its first borrowing until after the last use of what it lent. Who
//     has taken a count to 0 looks afterwards whether one is open. Either it sees the guard, or
//     that guard reads what the fields hold since the count is 0 (seq_cst: the exchange of a
//     field, the look, the opening, the read of a field).
// U2  While a guard is open, an object whose count has reached 0 is withheld: listed here as it is,
//     as if the thread that is to end it had been suspended. When no guard is open, all may end.
// U3  The address of a borrowed object stands in a place of its guard before the field is read once
//     more. Either somebody else's look finds it there, or the guard finds that it has left the
//     field. So what is withheld and stands in no place may end though guards are open.
// U4  Who borrows an object, or gains a counted reference out of a field, looks whether it is
//     condemned, and then sees to it that the pass does not commit (DESIGN rule 14). A pass looks
//     at the places between its last condemnation and its commit: a member that was borrowed
//     before stands in one of them.
//
// After M. Michael, "Hazard Pointers" (IEEE TPDS 15(6), 2004), with a barrier on the side of the
// looks only, where the machine has one (D. Goldblatt, "Asymmetric Fences", WG21 P1202).
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

#include "heap/fields.h"
#include "heap/heap_config.h"
#include "platform/borrow.h"
#include "platform/context.h"
#include "platform/mutant.h"
#include "platform/mutex.h"

namespace ouro {

/// The places of one guard, written by its context.
struct alignas(HeapConfig::kLine) alignas(void*) GuardPlaces {
    static constexpr std::uint32_t kMax = 4;
    platform::atomic<std::uintptr_t> borrowed[kMax];  ///< addresses of the objects that it lends
    const platform::Context* context = nullptr;       ///< whose guard it is
};

template <std::uint32_t kGuards>
class GuardTable {
public:
    static constexpr std::uint32_t kPlaces = kGuards * GuardPlaces::kMax;
    /// At least half of what is withheld stands in no place.
    static constexpr std::uint32_t kWithheldMax = 2 * kPlaces;

    /// `bytes_max`: so much is withheld, about, beside what is borrowed.
    void init(std::size_t bytes_max) { bytes_max_ = bytes_max; }

    // ---- guards

    /// Places for a guard that is open from now on; null when all are taken. Threads: any.
    GuardPlaces* open(const platform::Context& context) {
        // order: relaxed; confirmed by the swap.
        std::uint32_t taken = open_.load(platform::memory_order_relaxed);
        while (~taken << (32 - kGuards) != 0) {
            const auto number = static_cast<std::uint32_t>(__builtin_ctz(~taken));
            // order: seq_cst; U1: who looks afterwards sees it.
            const auto order =
                OURO_ORDER(memory_order_seq_cst, guard_opened_late, memory_order_acq_rel);
            if (!open_.compare_exchange(taken, taken | 1u << number, order,
                                        platform::memory_order_relaxed))
                continue;
            places_[number].context = &context;
            return &places_[number];
        }
        return nullptr;
    }
    /// The guard lends nothing any more. True: there are withheld objects, and no guard is open.
    /// Model: models/guards.pml
    bool close(GuardPlaces& guard) {
        const std::uint32_t bit = 1u << (&guard - places_);
        guard.context = nullptr;
        // order: seq_cst; with the read of count_: either we see what somebody has withheld, or he
        // sees that no guard is open. Release: what was read is read before anything ends.
        const std::uint32_t before = open_.fetch_and(~bit, platform::memory_order_seq_cst);
        const auto order = OURO_ORDER(memory_order_seq_cst, count_seen_late, memory_order_relaxed);
        return before == bit && count_.load(order) != 0;
    }
    /// Asked by who has taken a count to 0.
    bool are_open() const {
        // order: seq_cst; U1.
        const auto order = OURO_ORDER(memory_order_seq_cst, guard_seen_late, memory_order_relaxed);
        return open_.load(order) != 0;
    }
    /// Does `is_it(address)` hold for what stands in any place? It may not be borrowed, or not
    /// exist any more. Time: O(places).
    template <class IsIt>
    bool any_place(IsIt&& is_it) {
        if (!are_open()) return false;
        platform::before_looks();
        for (GuardPlaces& guard : places_) {
            for (auto& place : guard.borrowed) {
                // order: acq_rel; pairs with publish(): the later of the two sees the earlier. What
                // was read through the place before its last write is read before what follows.
                const std::uintptr_t address = place.fetch_add(
                    0, OURO_ORDER(memory_order_acq_rel, places_read_relaxed, memory_order_relaxed));
                if (address != 0 && is_it(address)) return true;
            }
        }
        return false;
    }

    /// Does a guard lend the object, whose count has reached 0 (U3)? Time: O(places).
    bool is_lent(const void* object) {
        return any_place([object](std::uintptr_t address) {
            return address == reinterpret_cast<std::uintptr_t>(object);
        });
    }

    // ---- withheld objects

    /// Keeps an object, whose count is 0, from its end until no guard lends it (U2). Null: done.
    /// Else this one is to end instead, or, if it is `object` itself, there is no room: then
    /// nothing that `ends_here(other)` allows may end. `is_news`: the collector is to be told, once
    /// until begin_looks(). Time: O(1), and O(places) after many objects or bytes.
    template <class EndsHere>
    void* withhold(void* object, std::size_t bytes, EndsHere&& ends_here, bool& is_news) {
        platform::LockGuard guard(lock_);
        bytes_ += bytes;
        if (count() - ended() >= kWithheldMax / 2 || bytes_ > bytes_max_) look_locked();
        void* other = nullptr;
        if (count() == kWithheldMax) {
            other = take_locked(ends_here);
            if (other == nullptr) return object;
        }
        const std::uint32_t count = this->count();
        withheld_[count] = object;
        // order: seq_cst, both; see close(). What was withheld may end if no guard is open.
        count_.store(count + 1, platform::memory_order_seq_cst);
        if (open_.load(platform::memory_order_seq_cst) == 0 && !OURO_MUTANT(withheld_unseen))
            set_ended(count + 1);
        is_news = !std::exchange(is_told_, true);
        return other;
    }
    /// The collector is about to look: from now on it is told again. False: nothing is withheld.
    bool begin_looks() {
        platform::LockGuard guard(lock_);
        is_told_ = false;
        return count() != 0;
    }
    /// Finds out which of the withheld objects may end. Time: O(places).
    void look() {
        if (count() == 0) return;
        platform::LockGuard guard(lock_);
        look_locked();
    }
    /// Takes one that may end and that ends_here(object) allows to; null: there is none.
    template <class EndsHere>
    void* take(EndsHere&& ends_here) {
        if (ended() == 0) return nullptr;
        platform::LockGuard guard(lock_);
        return take_locked(ends_here);
    }
    /// How many are withheld. A moment's truth.
    std::uint32_t count() const {
        return count_.load(platform::memory_order_relaxed);  // order: a figure, or under the lock
    }
    /// How many of them may end. A moment's truth.
    std::uint32_t ended() const {
        return ended_.load(platform::memory_order_relaxed);  // order: a hint, or under the lock
    }

    // ---- around a fork

    void before_fork() { lock_.lock(); }
    void after_fork() { lock_.unlock(); }
    /// In the child: guards of other contexts are gone. One thread only.
    void forget_others(const platform::Context& own) {
        is_told_ = false;
        std::uint32_t gone = 0;
        for (std::uint32_t number = 0; number < kGuards; ++number) {
            if (places_[number].context == &own) continue;
            for (auto& place : places_[number].borrowed)
                place.store(0, platform::memory_order_relaxed);  // order: one thread only
            gone |= 1u << number;
        }
        // order: relaxed; one thread only.
        const std::uint32_t open = open_.fetch_and(~gone, platform::memory_order_relaxed);
        if ((open & ~gone) == 0) set_ended(count());
    }

    // ---- for verify(); nothing else runs

    bool withholds(const void* object) const {
        for (std::uint32_t i = 0; i < count() && i < kWithheldMax; ++i) {
            if (withheld_[i] == object) return true;
        }
        return false;
    }
    /// Calls visit(lock) for each lock. Returns whether all have returned true.
    template <class Visit>
    bool all_locks(Visit&& visit) {
        return visit(lock_);
    }
    /// Is everything that is withheld an object, and does what is written down fit together?
    template <class IsObject>
    bool is_sound(IsObject&& is_object) const {
        if (count() > kWithheldMax || ended() > count()) return false;
        for (std::uint32_t i = 0; i < count(); ++i) {
            if (!is_object(withheld_[i])) return false;
        }
        // order: relaxed; nobody else is there.
        const std::uint32_t open = open_.load(platform::memory_order_relaxed);
        return kGuards == 32 || open >> (kGuards % 32) == 0;
    }

private:
    void set_ended(std::uint32_t count) {
        ended_.store(count,
                     platform::memory_order_relaxed);  // order: relaxed; a hint, or under the lock
    }
    /// Model: models/guards.pml
    void look_locked() {
        bytes_ = 0;
        std::uintptr_t borrowed[kPlaces];
        std::uint32_t borrowed_count = 0;
        any_place([&](std::uintptr_t address) {
            borrowed[borrowed_count++] = address;
            return false;
        });
        for (std::uint32_t at = ended(); at < count(); ++at) {
            bool is_borrowed = false;
            for (std::uint32_t i = 0; i < borrowed_count; ++i)
                is_borrowed |= borrowed[i] == reinterpret_cast<std::uintptr_t>(withheld_[at]);
            if (is_borrowed && !OURO_MUTANT(borrowed_object_ends)) continue;
            exchange(at, ended());
            set_ended(ended() + 1);
        }
    }
    template <class EndsHere>
    void* take_locked(EndsHere& ends_here) {
        for (std::uint32_t at = ended(); at-- > 0;) {
            void* const object = withheld_[at];
            if (!ends_here(object)) continue;
            // What may end stays in front.
            exchange(at, ended() - 1);
            set_ended(ended() - 1);
            exchange(ended(), count() - 1);
            // order: relaxed; under the lock. Outside it is asked only whether there is something.
            count_.store(count() - 1, platform::memory_order_relaxed);
            return object;
        }
        return nullptr;
    }
    void exchange(std::uint32_t a, std::uint32_t b) {
        void* const object = withheld_[a];
        withheld_[a] = withheld_[b];
        withheld_[b] = object;
    }

    alignas(HeapConfig::kLine) platform::atomic<std::uint32_t> open_{0};  ///< a bit for each guard
    platform::atomic<std::uint32_t> count_{0};
    platform::atomic<std::uint32_t> ended_{0};  ///< the first so many of the list may end
    platform::Mutex lock_;
    bool is_told_ = false;   ///< the collector, of something since it last began to look
    std::size_t bytes_ = 0;  ///< withheld since the last look
    std::size_t bytes_max_ = 0;
    void* withheld_[kWithheldMax] = {};
    GuardPlaces places_[kGuards];
};

/// A port without guards.
template <>
class GuardTable<0> {
public:
    void init(std::size_t) {}
    static constexpr GuardPlaces* open(const platform::Context&) { return nullptr; }
    static constexpr bool close(GuardPlaces&) { return false; }
    static constexpr bool are_open() { return false; }
    template <class IsIt>
    static constexpr bool any_place(IsIt&&) {
        return false;
    }
    static constexpr bool is_lent(const void*) { return false; }
    template <class EndsHere>
    static constexpr void* withhold(void* object, std::size_t, EndsHere&&, bool&) {
        return object;
    }
    static constexpr bool begin_looks() { return false; }
    static constexpr void look() {}
    template <class EndsHere>
    static constexpr void* take(EndsHere&&) {
        return nullptr;
    }
    static constexpr std::uint32_t count() { return 0; }
    static constexpr std::uint32_t ended() { return 0; }
    static constexpr void before_fork() {}
    static constexpr void after_fork() {}
    static constexpr void forget_others(const platform::Context&) {}
    static constexpr bool withholds(const void*) { return false; }
    template <class Visit>
    static constexpr bool all_locks(Visit&&) {
        return true;
    }
    template <class IsObject>
    static constexpr bool is_sound(IsObject&&) {
        return true;
    }
};

using Guards = GuardTable<platform::kGuards>;

}  // namespace ouro
