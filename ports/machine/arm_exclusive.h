// Atomics by exclusive accesses: LDREX and STREX on ARMv7-M, on ARMv8-M also LDAEX and STLEX.
//
// Interrupts need not be masked: an exception's entry and return clear the exclusive monitor, so a
// store-exclusive after one fails and the loop goes round again. A loop ends unless interrupts come
// faster than its five instructions.
//
// With one core no barrier instruction is emitted: an exception handler and a thread that is
// switched to see what the core did before in the order of the program. The compiler is held to the
// order as usual.
#pragma once

#include <atomic>
#include <cstdint>

#include "ports/machine/arm_config.h"

namespace ouro::port {

class linked_word;

/// std::atomic of at most four bytes with the order mandatory on every operation.
template <class T>
class atomic {
public:
    constexpr atomic() noexcept : value_{} {}
    constexpr explicit atomic(T value) noexcept : value_(value) {}
    atomic(const atomic&) = delete;
    atomic& operator=(const atomic&) = delete;

    [[gnu::always_inline]] T load(std::memory_order order) const noexcept {
        const T value = value_.load(machine_order(order));
        fence_after(order);
        return value;
    }
    [[gnu::always_inline]] void store(T value, std::memory_order order) noexcept {
        fence_before(order);
        value_.store(value, machine_order(order));
    }
    [[gnu::always_inline]] T exchange(T value, std::memory_order order) noexcept {
        return fenced(order, [&](auto machine) { return value_.exchange(value, machine); });
    }
    [[gnu::always_inline]] T fetch_add(T value, std::memory_order order) noexcept {
        return fenced(order, [&](auto machine) { return value_.fetch_add(value, machine); });
    }
    [[gnu::always_inline]] T fetch_sub(T value, std::memory_order order) noexcept {
        return fenced(order, [&](auto machine) { return value_.fetch_sub(value, machine); });
    }
    [[gnu::always_inline]] T fetch_or(T value, std::memory_order order) noexcept {
        return fenced(order, [&](auto machine) { return value_.fetch_or(value, machine); });
    }
    [[gnu::always_inline]] T fetch_and(T value, std::memory_order order) noexcept {
        return fenced(order, [&](auto machine) { return value_.fetch_and(value, machine); });
    }
    /// One exclusive pair, not a loop around compare_exchange.
    [[gnu::always_inline]] T fetch_add_masked(T add, T clear, T set,
                                              std::memory_order order) noexcept;
    /// Strong. On failure `expected` receives the value found.
    [[gnu::always_inline]] bool compare_exchange(T& expected, T desired, std::memory_order success,
                                                 std::memory_order failure) noexcept {
        fence_before(success);
        const bool swapped = value_.compare_exchange_strong(
            expected, desired, machine_order(success), machine_order(failure));
        fence_after(success);
        return swapped;
    }

private:
    friend class linked_word;
    static_assert(sizeof(T) <= 4, "no Cortex-M has atomics of eight bytes");

    static constexpr std::memory_order machine_order(std::memory_order order) {
        return kCores == 1 ? std::memory_order_relaxed : order;
    }
    [[gnu::always_inline]] static void fence_before(std::memory_order order) {
        if (order != std::memory_order_relaxed && order != std::memory_order_acquire)
            std::atomic_signal_fence(std::memory_order_seq_cst);
    }
    [[gnu::always_inline]] static void fence_after(std::memory_order order) {
        if (order != std::memory_order_relaxed && order != std::memory_order_release)
            std::atomic_signal_fence(std::memory_order_seq_cst);
    }
    template <class Operation>
    [[gnu::always_inline]] static T fenced(std::memory_order order, Operation operation) {
        fence_before(order);
        const T before = operation(machine_order(order));
        fence_after(order);
        return before;
    }

    std::atomic<T> value_;
};

#if OURO_CORTEX_M_CORES > 1 && __ARM_ARCH >= 8
#define OURO_LOAD_EXCLUSIVE "ldaex"
#define OURO_STORE_EXCLUSIVE "stlex"
#else
#define OURO_LOAD_EXCLUSIVE "ldrex"
#define OURO_STORE_EXCLUSIVE "strex"
#endif

#if OURO_CORTEX_M_MAINLINE

#define OURO_MASKED_ADD(masks)                                                           \
    asm volatile("1:\n\t" OURO_LOAD_EXCLUSIVE                                            \
                 " %[before], %[value]\n\t"                                              \
                 "add %[after], %[before], %[add]\n\t" masks OURO_STORE_EXCLUSIVE        \
                 " %[failed], %[after], %[value]\n\t"                                    \
                 "cmp %[failed], #0\n\t"                                                 \
                 "bne 1b"                                                                \
                 : [before] "=&r"(before), [after] "=&r"(after), [failed] "=&r"(failed), \
                   [value] "+Q"(value_)                                                  \
                 : [add] "rI"(add), [clear] "rI"(clear), [set] "rI"(set)                 \
                 : "cc")

template <class T>
inline T atomic<T>::fetch_add_masked(T add, T clear, T set, std::memory_order order) noexcept {
    static_assert(sizeof(T) == 4 && sizeof(std::atomic<T>) == 4, "the bare word");
    constexpr bool kBarriers = kCores > 1 && __ARM_ARCH < 8;
    T before, after;
    std::uint32_t failed;
    if constexpr (kBarriers) std::atomic_thread_fence(std::memory_order_release);
    fence_before(order);
    // What is a constant 0 costs no instruction.
    if (__builtin_constant_p(set) && set == 0) {
        OURO_MASKED_ADD("bic %[after], %[after], %[clear]\n\t");
    } else if (__builtin_constant_p(clear) && clear == 0) {
        OURO_MASKED_ADD("orr %[after], %[after], %[set]\n\t");
    } else {
        OURO_MASKED_ADD("bic %[after], %[after], %[clear]\n\torr %[after], %[after], %[set]\n\t");
    }
    fence_after(order);
    if constexpr (kBarriers) std::atomic_thread_fence(std::memory_order_acquire);
    return before;
}

#undef OURO_MASKED_ADD

#else  // ARMv8-M baseline: the three-register forms do not exist

template <class T>
inline T atomic<T>::fetch_add_masked(T add, T clear, T set, std::memory_order order) noexcept {
    T before = load(std::memory_order_relaxed);
    while (!compare_exchange(before, ((before + add) & ~clear) | set, order,
                             std::memory_order_relaxed)) {
    }
    return before;
}

#endif

// ---- load-linked and store-conditional, see platform/linked_word.h

#define OURO_PORT_LINKED_WORD 1

/// The two instructions themselves. What comes between them is compiled code with loads and stores
/// of its own, which the monitors of these cores do not watch; an exception in between, and with
/// two cores a write by the other one, makes the store fail.
class linked_word : public atomic<std::uint32_t> {
public:
    struct Link {
        std::uint32_t bits;
        std::uint32_t value() const { return bits; }
    };

    [[gnu::always_inline]] Link load_linked(std::memory_order order) const noexcept {
        std::uint32_t value;
        asm volatile(OURO_LOAD_EXCLUSIVE " %0, %1" : "=r"(value) : "Q"(value_));
        barrier_after(order);
        return {value};
    }
    [[gnu::always_inline]] bool store_conditional(Link, std::uint32_t value,
                                                  std::memory_order order) noexcept {
        std::uint32_t failed;
        if constexpr (kBarriers) std::atomic_thread_fence(std::memory_order_release);
        std::atomic_signal_fence(std::memory_order_seq_cst);
        asm volatile(OURO_STORE_EXCLUSIVE " %0, %2, %1"
                     : "=&r"(failed), "+Q"(value_)
                     : "r"(value)
                     : "memory");
        barrier_after(order);
        return failed == 0;
    }

private:
    static constexpr bool kBarriers = kCores > 1 && __ARM_ARCH < 8;
    [[gnu::always_inline]] static void barrier_after(std::memory_order) {
        if constexpr (kBarriers) std::atomic_thread_fence(std::memory_order_acquire);
        std::atomic_signal_fence(std::memory_order_seq_cst);
    }
};

#undef OURO_LOAD_EXCLUSIVE
#undef OURO_STORE_EXCLUSIVE

}  // namespace ouro::port
