// The Cortex-M port: bare metal, ARMv6-M to ARMv8.1-M, one core or two.
//
// Hot half inline (atomics, contexts, windows), cold half in the .cc files: a small scheduler
// (scheduler.h), so that the collector can be a thread of low priority, and the clock. A firmware
// without threads uses neither: locks are then always free, waits poll, the collector is stepped
// from the main loop. README.md says what a firmware has to supply.
#pragma once

#include <cstddef>
#include <cstdint>

#include "platform/thread_settings.h"
#include "ports/cortex_m/config.h"
#include "ports/machine/arm.h"
#include "ports/machine/arm_interrupts.h"
#include "ports/machine/windows.h"

namespace ouro::platform {
struct Context;
}

namespace ouro::port {

inline constexpr const char* kPortName = "cortex_m";
inline constexpr unsigned kWordBits = 32;
inline constexpr bool kWaitAllowed = true;
inline constexpr bool kTimeSlices = false;
inline constexpr bool kContextLocals = false;
inline constexpr std::size_t kRedzoneBytes = 0;
inline constexpr std::uint32_t kMaxContexts = kThreadsMax + kCores * kInterruptLevels;

[[gnu::always_inline]] inline bool is_in_interrupt() { return machine::exception_number() != 0; }

[[gnu::always_inline]] inline unsigned core_id() {
    if constexpr (kCores == 1) return 0;
    return machine::word_at(OURO_CORTEX_M_CORE_ID_ADDRESS);
}

/// Who a lock's holder is: by core, the mark of the thread that runs there, its place in the
/// scheduler's table + 1.
extern std::uint32_t g_running_mark[kCores];
inline constexpr std::uint32_t kInterruptMark = 0xFF;

[[gnu::always_inline]] inline std::uint32_t current_mark() {
    return is_in_interrupt() ? kInterruptMark : g_running_mark[core_id()];
}

/// A lock of threads, with priority inheritance: while the most urgent thread waits for it, its
/// holder runs in that thread's place (scheduler.h). Masks nothing.
///
/// lock() in an interrupt stops the program with a reason; try_lock() there is allowed, and the
/// handler that got the lock must give it back before it returns.
class Mutex {
public:
    void lock() {
        const std::uint32_t mark = current_mark();
        if (mark == kInterruptMark || !take(mark)) [[unlikely]]
            lock_slowly();
    }
    bool try_lock() { return take(current_mark()); }
    void unlock() {
        // order: release; pairs with try_lock() of the next holder.
        const std::uint32_t before = holder_.exchange(0, std::memory_order_release);
        if (before != current_mark()) [[unlikely]]
            unlock_slowly(before);
    }

private:
    bool take(std::uint32_t mark) {
        std::uint32_t nobody = 0;
        // order: acquire; pairs with unlock().
        return holder_.compare_exchange(nobody, mark, std::memory_order_acquire,
                                        std::memory_order_relaxed);
    }
    void lock_slowly();
    void unlock_slowly(std::uint32_t before);

    atomic<std::uint32_t> holder_{0};  ///< 0 = free; else the holder's mark, and lock.h
};

/// Wakes one waiter. set() from every context.
class Event {
public:
    void set();
    bool wait(std::uint64_t ns);
    void before_fork() {}
    void after_fork(bool) {}

private:
    atomic<std::uint32_t> set_{0};
};

/// What a thread waits for.
enum class Wait : std::uint8_t {
    nothing,   ///< it can run
    non_zero,  ///< a word that is not 0, or the deadline
    zero,      ///< a word that is 0: the lock that it names by its holder is free
    no_more,   ///< it has come to its end
};

/// The part of a thread that the scheduler works on. Written by the thread itself before it lets
/// others run, and by the scheduler.
struct ThreadRecord {
    std::uint32_t* stack_pointer = nullptr;  ///< of a thread that does not run
    atomic<std::uint32_t>* waits_on = nullptr;
    std::uint64_t deadline = 0;
    std::uint32_t* stack = nullptr;  ///< lowest word; null = not known (main)
    atomic<std::uint32_t> ended{1};
    std::uint16_t stack_words = 0;      ///< 65,535: or more
    std::uint8_t exception_return = 0;  ///< its lowest byte, the others are ones; 0: has not run
    Wait wait = Wait::nothing;
    std::uint8_t priority = 0;
    std::uint8_t core = 0;
    std::uint8_t index = 0;  ///< in the scheduler's table
};

/// A thread and its control block, which may lie anywhere as long as the thread lives.
class Thread {
public:
    ~Thread() { join(); }
    /// False without a stack of at least kStackBytesMin, or when kThreadsMax threads exist.
    /// Time: O(stack).
    bool start(void (*function)(void*), void* argument,
               const platform::ThreadSettings& settings = {});
    void join();
    void forget() {}
    /// Bytes of the stack that were never used. Time: O(stack).
    std::size_t stack_bytes_unused() const;

    /// Room for two exception frames with floating point and a few calls.
    static constexpr std::size_t kStackBytesMin = 384;

private:
    ThreadRecord record_;
};

/// By core: the context of the thread that runs there.
extern platform::Context* g_running_context[kCores];

[[gnu::always_inline]] inline platform::Context& current_context() {
    const std::uint32_t exception = machine::exception_number();
    if (exception != 0) [[unlikely]]
        return interrupt_context(exception);
    return *g_running_context[core_id()];
}

std::uint64_t clock_ns();
void yield_thread();
/// Calls ouro_cortex_m_fatal(reason, address), which the firmware may define.
[[noreturn]] void fatal(const char* reason, const void* address);
inline void note(const char* /*sentence*/, const char* /*name*/, unsigned /*a*/, unsigned /*b*/) {}

/// Tries exclusive accesses by hand, a bounded number of times: see ports/machine/arm_probe.cc.
bool probe_word(std::uint32_t* word);

inline bool forget_other_contexts() { return false; }
inline void on_fork(void (*)(), void (*)(), void (*)()) {}

inline bool is_watched() { return false; }
inline void poison(void* /*address*/, std::size_t /*bytes*/) {}
inline void unpoison(void* /*address*/, std::size_t /*bytes*/) {}
inline void reveal(void* /*address*/, std::size_t /*bytes*/) {}
inline void plain_read(const void* /*address*/, std::size_t /*bytes*/) {}
inline void plain_write(const void* /*address*/, std::size_t /*bytes*/) {}

}  // namespace ouro::port

extern "C" [[noreturn]] void ouro_cortex_m_fatal(const char* reason, const void* address);
