// Atomics by short masked sections: ARMv6-M, which has no read-modify-write, memories in which
// exclusive accesses do not work, and other machines without. The includer has defined
// MaskedSection, in which no other context runs that uses Ouro.
//
// The sections are inline and belong to the port: no __atomic_* function is defined, so that a
// firmware that has its own does not collide with it. The longest is `compare_exchange`.
#pragma once

#include <atomic>
#include <cstdint>

namespace ouro::port {

/// A value of at most a machine word with the order mandatory on every operation. Orders bind the
/// compiler only: one core sees its own accesses in the order of the program. (On several, where a
/// masked section keeps the other cores out, the section has to order more.)
template <class T>
class atomic {
public:
    constexpr atomic() noexcept : value_{} {}
    constexpr explicit atomic(T value) noexcept : value_(value) {}
    atomic(const atomic&) = delete;
    atomic& operator=(const atomic&) = delete;

    [[gnu::always_inline]] T load(std::memory_order order) const noexcept {
        const T value = __atomic_load_n(&value_, __ATOMIC_RELAXED);
        if (order != std::memory_order_relaxed) std::atomic_signal_fence(std::memory_order_seq_cst);
        return value;
    }
    [[gnu::always_inline]] void store(T value, std::memory_order order) noexcept {
        if (order != std::memory_order_relaxed) std::atomic_signal_fence(std::memory_order_seq_cst);
        __atomic_store_n(&value_, value, __ATOMIC_RELAXED);
    }
    [[gnu::always_inline]] T exchange(T value, std::memory_order) noexcept {
        return modify([=](T) __attribute__((always_inline)) { return value; });
    }
    [[gnu::always_inline]] T fetch_add(T value, std::memory_order) noexcept {
        return modify([=](T before) __attribute__((always_inline)) {
            return static_cast<T>(before + value);
        });
    }
    [[gnu::always_inline]] T fetch_sub(T value, std::memory_order) noexcept {
        return modify([=](T before) __attribute__((always_inline)) {
            return static_cast<T>(before - value);
        });
    }
    [[gnu::always_inline]] T fetch_or(T value, std::memory_order) noexcept {
        return modify([=](T before) __attribute__((always_inline)) {
            return static_cast<T>(before | value);
        });
    }
    [[gnu::always_inline]] T fetch_and(T value, std::memory_order) noexcept {
        return modify([=](T before) __attribute__((always_inline)) {
            return static_cast<T>(before & value);
        });
    }
    [[gnu::always_inline]] T fetch_add_masked(T add, T clear, T set, std::memory_order) noexcept {
        const T keep = static_cast<T>(~clear);
        return modify([=](T before) __attribute__((always_inline)) {
            return static_cast<T>(((before + add) & keep) | set);
        });
    }
    /// Strong. On failure `expected` receives the value found.
    [[gnu::always_inline]] bool compare_exchange(T& expected, T desired, std::memory_order,
                                                 std::memory_order) noexcept {
        const T wanted = expected;
        const T before = modify(
            [=](T now) __attribute__((always_inline)) { return now == wanted ? desired : now; });
        expected = before;
        return before == wanted;
    }

private:
    static_assert(sizeof(T) <= sizeof(void*), "a plain load of it must be one access");

    // `compute` must be inline too: tools/masked_sections.py finds a call in a masked section.
    template <class Compute>
    [[gnu::always_inline]] T modify(Compute compute) noexcept {
        const MaskedSection section;
        const T before = value_;
        value_ = compute(before);
        return before;
    }

    T value_;
};

}  // namespace ouro::port
