// The simulation port: atomics, locks, waits, clock and threads under one deterministic engine.
//
// Inside an execution (ports/sim/engine.h) every operation here is a step of it. Outside, on the
// only thread there is, operations act on memory directly, so that heaps are made and judged at
// full speed. See ports/sim/README.md for what it shows and what it cannot.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

#include "platform/thread_settings.h"
#include "ports/sim/clock.h"

namespace ouro::platform {
struct Context;
}

namespace ouro::port {

inline constexpr const char* kPortName = "sim";
inline constexpr unsigned kWordBits = 64;
inline constexpr bool kWaitAllowed = true;
inline constexpr bool kTimeSlices = false;
inline constexpr bool kContextLocals = true;
inline constexpr std::size_t kRedzoneBytes = 0;
inline constexpr std::uint32_t kMaxContexts = sim::kThreadsMax;

namespace sim {

/// Is an execution under way?
extern bool g_running;

std::uint64_t load(const void* at, unsigned bytes, std::memory_order order);
void store(void* at, unsigned bytes, std::uint64_t value, std::memory_order order);
std::uint64_t exchange(void* at, unsigned bytes, std::uint64_t value, std::memory_order order);
std::uint64_t fetch_add(void* at, unsigned bytes, std::uint64_t value, std::memory_order order);
std::uint64_t fetch_sub(void* at, unsigned bytes, std::uint64_t value, std::memory_order order);
std::uint64_t fetch_or(void* at, unsigned bytes, std::uint64_t value, std::memory_order order);
std::uint64_t fetch_and(void* at, unsigned bytes, std::uint64_t value, std::memory_order order);
std::uint64_t fetch_add_masked(void* at, unsigned bytes, std::uint64_t add, std::uint64_t clear,
                               std::uint64_t set, std::memory_order order);
bool compare_exchange(void* at, unsigned bytes, std::uint64_t& expected, std::uint64_t desired,
                      std::memory_order success, std::memory_order failure);
void construct(const void* at, unsigned bytes);
void link_begins();
bool link_is_broken();

template <class T>
std::uint64_t bits_of(T value) {
    std::uint64_t bits = 0;
    std::memcpy(&bits, &value, sizeof value);
    return bits;
}
template <class T>
T value_of(std::uint64_t bits) {
    T value;
    std::memcpy(&value, &bits, sizeof value);
    return value;
}

}  // namespace sim

/// A value of at most eight bytes whose every access is a step. The newest value stands in place.
template <class T>
class atomic {
public:
    constexpr atomic() noexcept : value_{} { note(); }
    constexpr explicit atomic(T value) noexcept : value_(value) { note(); }
    atomic(const atomic&) = delete;
    atomic& operator=(const atomic&) = delete;

    T load(std::memory_order order) const noexcept {
        if (!sim::g_running) return value_;
        return sim::value_of<T>(sim::load(&value_, sizeof(T), order));
    }
    void store(T value, std::memory_order order) noexcept {
        if (!sim::g_running) {
            value_ = value;
            return;
        }
        sim::store(&value_, sizeof(T), sim::bits_of(value), order);
    }
    T exchange(T value, std::memory_order order) noexcept {
        return sim::value_of<T>(sim::exchange(&value_, sizeof(T), sim::bits_of(value), order));
    }
    T fetch_add(T value, std::memory_order order) noexcept {
        return sim::value_of<T>(sim::fetch_add(&value_, sizeof(T), sim::bits_of(value), order));
    }
    T fetch_sub(T value, std::memory_order order) noexcept {
        return sim::value_of<T>(sim::fetch_sub(&value_, sizeof(T), sim::bits_of(value), order));
    }
    T fetch_or(T value, std::memory_order order) noexcept {
        return sim::value_of<T>(sim::fetch_or(&value_, sizeof(T), sim::bits_of(value), order));
    }
    T fetch_and(T value, std::memory_order order) noexcept {
        return sim::value_of<T>(sim::fetch_and(&value_, sizeof(T), sim::bits_of(value), order));
    }
    T fetch_add_masked(T add, T clear, T set, std::memory_order order) noexcept {
        return sim::value_of<T>(sim::fetch_add_masked(
            &value_, sizeof(T), sim::bits_of(add), sim::bits_of(clear), sim::bits_of(set), order));
    }
    bool compare_exchange(T& expected, T desired, std::memory_order success,
                          std::memory_order failure) noexcept {
        std::uint64_t bits = sim::bits_of(expected);
        const bool swapped = sim::compare_exchange(&value_, sizeof(T), bits, sim::bits_of(desired),
                                                   success, failure);
        if (!swapped) expected = sim::value_of<T>(bits);
        return swapped;
    }

private:
    static_assert(sizeof(T) <= 8 && std::is_trivially_copyable_v<T>);

    constexpr void note() const {
        if (!std::is_constant_evaluated() && sim::g_running) sim::construct(&value_, sizeof(T));
    }

    T value_;
};

/// A lock whose waiters are in no order: who is chosen next gets it.
class Mutex {
public:
    void lock();
    bool try_lock();
    void unlock();

private:
    static bool is_free(const void* self);
    void take();

    std::uint32_t owner_ = 0;  ///< thread + 1, 0 = free
    sim::VectorClock clock_;   ///< of the last holder when it let go
};

class Event {
public:
    void set();
    bool wait(std::uint64_t ns);
    void before_fork() {}
    void after_fork(bool) {}

private:
    static bool is_set(const void* self);

    bool set_ = false;
    sim::VectorClock clock_;  ///< of those who set it
};

class Thread {
public:
    ~Thread() { join(); }
    bool start(void (*function)(void*), void* argument,
               const platform::ThreadSettings& settings = {});
    void join();
    void forget() { thread_ = -1; }

private:
    static bool has_ended(const void* self);

    int thread_ = -1;
};

/// The record of the thread or interrupt that runs; outside an execution that of nobody.
platform::Context& current_context();

/// order: acq_rel read-modify-write; pairs with the one in all_windows_closed(): the later of the
/// two sees the earlier.
inline void enter_window(atomic<std::uint32_t>& window) {
    window.fetch_add(1, std::memory_order_acq_rel);
}
/// order: release; pairs with the acquire in all_windows_closed().
inline void leave_window(atomic<std::uint32_t>& window) {
    window.store(window.load(std::memory_order_relaxed) - 1, std::memory_order_release);
}

bool all_windows_closed();

/// How many guards a heap may have open at once.
#define OURO_PORT_GUARDS 2

std::uint64_t clock_ns();
void yield_thread();
[[noreturn]] void fatal(const char* reason, const void* address);
void note(const char* sentence, const char* name, unsigned a, unsigned b);
bool is_in_interrupt();
inline unsigned core_id() { return 0; }
bool probe_word(std::uint32_t* word);
inline void link_begins() {
    if (sim::g_running) sim::link_begins();
}
inline bool link_is_broken() { return sim::g_running && sim::link_is_broken(); }
bool forget_other_contexts();
void on_fork(void (*before)(), void (*in_parent)(), void (*in_child)());

inline bool is_watched() { return true; }
void poison(void* address, std::size_t bytes);
void unpoison(void* address, std::size_t bytes);
inline void reveal(void* address, std::size_t bytes) { unpoison(address, bytes); }
void plain_read(const void* address, std::size_t bytes);
void plain_write(const void* address, std::size_t bytes);

}  // namespace ouro::port
