// Atomics by the compiler's builtins, for machines that have read-modify-write instructions of
// their own: std::atomic with the order mandatory on every operation.
#pragma once

#include <atomic>
#include <cstdint>

namespace ouro::port {

template <class T>
class atomic {
public:
    constexpr atomic() noexcept : value_{} {}
    constexpr explicit atomic(T value) noexcept : value_(value) {}
    atomic(const atomic&) = delete;
    atomic& operator=(const atomic&) = delete;

    T load(std::memory_order order) const noexcept { return value_.load(order); }
    void store(T value, std::memory_order order) noexcept { value_.store(value, order); }
    T exchange(T value, std::memory_order order) noexcept { return value_.exchange(value, order); }
    T fetch_add(T value, std::memory_order order) noexcept {
        return value_.fetch_add(value, order);
    }
    T fetch_sub(T value, std::memory_order order) noexcept {
        return value_.fetch_sub(value, order);
    }
    T fetch_or(T value, std::memory_order order) noexcept { return value_.fetch_or(value, order); }
    T fetch_and(T value, std::memory_order order) noexcept {
        return value_.fetch_and(value, order);
    }
    T fetch_add_masked(T add, T clear, T set, std::memory_order order) noexcept {
        T old = value_.load(std::memory_order_relaxed);
        while (!value_.compare_exchange_weak(old, static_cast<T>(((old + add) & ~clear) | set),
                                             order, std::memory_order_relaxed)) {
        }
        return old;
    }
    /// Strong. On failure `expected` receives the value found.
    bool compare_exchange(T& expected, T desired, std::memory_order success,
                          std::memory_order failure) noexcept {
        return value_.compare_exchange_strong(expected, desired, success, failure);
    }

private:
    static_assert(std::atomic<T>::is_always_lock_free, "no __atomic_* function of somebody else's");

    std::atomic<T> value_;
};

}  // namespace ouro::port
