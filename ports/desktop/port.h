// The desktop port: Linux and other hosted systems with 64-bit pointers, threads and an MMU.
//
// Hot half inline (atomics, contexts, windows), cold half in port.cc. Windows use an asymmetric
// barrier where the kernel has membarrier(2): entering is then a plain store, and the rare observer
// pays. Elsewhere, and under ThreadSanitizer, both sides use a read-modify-write of the same word.
#pragma once

#include <pthread.h>

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <mutex>

#include "platform/thread_settings.h"

#if defined(__SANITIZE_ADDRESS__)
#define OURO_PORT_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define OURO_PORT_ASAN 1
#endif
#endif
#ifndef OURO_PORT_ASAN
#define OURO_PORT_ASAN 0
#endif

namespace ouro::platform {
struct Context;
}

namespace ouro::port {

inline constexpr const char* kPortName = "desktop";
/// Width of the count word: 64 = count, flags and a 32-bit monotone version (DESIGN rule 18).
inline constexpr unsigned kWordBits = 64;
/// May a thread that needs a collection wait for the one that runs it?
inline constexpr bool kWaitAllowed = true;
/// Does a thread that waits for the processor get it by time, if nobody yields?
inline constexpr bool kTimeSlices = true;
/// May contexts keep something at hand (platform/context.h)?
inline constexpr bool kContextLocals = true;
/// Bytes of poisoned space behind every object in AddressSanitizer builds.
inline constexpr std::size_t kRedzoneBytes = OURO_PORT_ASAN ? 16 : 0;
/// Most threads that may be inside Ouro at once; heap/paged/word.h needs fewer than 2048.
inline constexpr std::uint32_t kMaxContexts = 1000;

/// std::atomic with the order mandatory on every operation.
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
    std::atomic<T> value_;
};

class Mutex {
public:
    void lock() {
        if (!mutex_.try_lock()) lock_slowly();
    }
    bool try_lock() { return mutex_.try_lock(); }
    void unlock() { mutex_.unlock(); }

private:
    void lock_slowly();

    std::mutex mutex_;
};

class Event {
public:
    void set();
    bool wait(std::uint64_t ns);
    /// Around a fork nobody is in the middle of set(); in the child there are no waiters.
    void before_fork() { mutex_.lock(); }
    void after_fork(bool in_child);

private:
    std::mutex mutex_;
    std::condition_variable condition_;
    bool set_ = false;
};

class Thread {
public:
    ~Thread() { join(); }
    /// Runs function(argument) on a new thread. False iff the system has none to give.
    bool start(void (*function)(void*), void* argument,
               const platform::ThreadSettings& settings = {});
    /// Waits for its end; returns at once when it was never started.
    void join();
    /// Forgets the thread without waiting: after fork() it does not exist in the child.
    void forget();

private:
    static void* run(void* self);

    pthread_t handle_{};
    bool started_ = false;
    void (*function_)(void*) = nullptr;
    void* argument_ = nullptr;
};

extern constinit thread_local platform::Context* t_context;
platform::Context& acquire_context();
/// True when windows need no read-modify-write because observers use membarrier(2).
extern const bool g_asymmetric_windows;

inline platform::Context& current_context() {
    platform::Context* context = t_context;
    return context != nullptr ? *context : acquire_context();
}

#define OURO_PORT_KNOWN_CONTEXT
inline platform::Context* known_context() { return t_context; }

inline void enter_window(atomic<std::uint32_t>& window) {
    if (g_asymmetric_windows) {
        // order: relaxed + compiler barrier; the observer's membarrier() in all_windows_closed()
        // supplies the store-load order for both sides.
        window.store(window.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
        std::atomic_signal_fence(std::memory_order_seq_cst);
    } else {
        // order: acq_rel RMW; pairs with the RMW in all_windows_closed(): of the two the later one
        // sees the earlier one, so either the observer sees this window or this window sees what
        // was written before the observation.
        window.fetch_add(1, std::memory_order_acq_rel);
    }
}

inline void leave_window(atomic<std::uint32_t>& window) {
    // order: release; pairs with the acquire in all_windows_closed(): what was read in the window
    // was read before the observer goes on.
    window.store(window.load(std::memory_order_relaxed) - 1, std::memory_order_release);
}

bool all_windows_closed();

/// How many guards a heap may have open at once.
#define OURO_PORT_GUARDS 16
#define OURO_PORT_PUBLISH

inline void publish(atomic<std::uintptr_t>& place, std::uintptr_t value) {
    if (g_asymmetric_windows) {
        // order: release; what was read through the old value is read before. Compiler barrier: the
        // membarrier() in before_looks() supplies the store-load order for both sides.
        place.store(value, std::memory_order_release);
        std::atomic_signal_fence(std::memory_order_seq_cst);
    } else {
        // order: acq_rel RMW; pairs with the RMW of whoever looks: of the two the later one sees
        // the earlier one, so either he sees the place or we see what was true before his look.
        place.exchange(value, std::memory_order_acq_rel);
    }
}
void before_looks();
std::uint64_t clock_ns();
void yield_thread();
[[noreturn]] void fatal(const char* reason, const void* address);
void note(const char* sentence, const char* name, unsigned a, unsigned b);

/// A program sees no interrupts here; signal handlers may not use Ouro.
inline bool is_in_interrupt() { return false; }
unsigned core_id();
/// Every memory of a desktop machine that a program can have has working atomics; trying each page
/// would only make the system supply it.
inline bool probe_word(std::uint32_t* /*word*/) { return true; }
inline void link_begins() {}
inline bool link_is_broken() { return false; }

bool forget_other_contexts();
void on_fork(void (*before)(), void (*in_parent)(), void (*in_child)());

/// Does a memory checker watch? Told before the first constructor of a program's own runs.
extern constinit bool g_is_checked;
inline bool is_watched() { return g_is_checked; }
void mark_poisoned(void* address, std::size_t bytes);
void mark_undefined(void* address, std::size_t bytes);
void mark_defined(void* address, std::size_t bytes);
inline void poison(void* address, std::size_t bytes) {
    if (g_is_checked) mark_poisoned(address, bytes);
}
inline void unpoison(void* address, std::size_t bytes) {
    if (g_is_checked) mark_undefined(address, bytes);
}
inline void reveal(void* address, std::size_t bytes) {
    if (g_is_checked) mark_defined(address, bytes);
}
inline void plain_read(const void* /*address*/, std::size_t /*bytes*/) {}
inline void plain_write(const void* /*address*/, std::size_t /*bytes*/) {}

}  // namespace ouro::port
