// What a port's types must offer, as concepts: a port that lacks an operation fails here, by name.
#pragma once

#include <atomic>
#include <concepts>
#include <cstdint>

#include "platform/thread_settings.h"

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

/// The operation of count words that have no room for a version, in one read-modify-write:
/// fetch_add_masked(add, clear, set, order): value = ((value + add) & ~clear) | set; returns the
/// value before.
template <class A, class T>
concept PortMaskedAdd = requires(A a, T v, std::memory_order o) {
    { a.fetch_add_masked(v, v, v, o) } -> std::same_as<T>;
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

template <class T>
concept PortThread = requires(T t, void (*function)(void*), void* argument, ThreadSettings s) {
    { t.start(function, argument) } -> std::same_as<bool>;
    { t.start(function, argument, s) } -> std::same_as<bool>;
    { t.join() };
};

}  // namespace ouro::platform
