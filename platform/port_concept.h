// What a port's types must offer, as concepts: a port that lacks an operation fails here, by name.
#pragma once

#include <atomic>
#include <concepts>
#include <cstdint>

namespace ouro::platform {

/// Every operation takes its memory order explicitly: a default would be an unreviewed seq_cst.
template <class A, class T>
concept PortAtomic = requires(A a, const A c, T v, T& e, std::memory_order o) {
    { c.load(o) } -> std::same_as<T>;
    { a.store(v, o) };
    { a.exchange(v, o) } -> std::same_as<T>;
    { a.fetch_add(v, o) } -> std::same_as<T>;
    { a.fetch_sub(v, o) } -> std::same_as<T>;
    { a.fetch_or(v, o) } -> std::same_as<T>;
    { a.fetch_and(v, o) } -> std::same_as<T>;
    { a.compare_exchange(e, v, o, o) } -> std::same_as<bool>;
};

template <class M>
concept PortMutex = requires(M m) {
    { m.lock() };
    { m.try_lock() } -> std::same_as<bool>;
    { m.unlock() };
};

template <class E>
concept PortEvent = requires(E e, std::uint64_t ns) {
    { e.set() };
    { e.wait(ns) } -> std::same_as<bool>;
};

}  // namespace ouro::platform
