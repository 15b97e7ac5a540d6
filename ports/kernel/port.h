// What the ports for kernels have in common: everything but the calls of the kernel. Included by
// ports/<kernel>/port.h after its kernel.h, which has defined those calls in namespace
// ouro::port::kernel. README.md lists them.
#pragma once

#include <cstddef>
#include <cstdint>

#include "platform/thread_settings.h"
#include "ports/kernel/machine.h"

namespace ouro::platform {
struct Context;
}

/// Stops the program; a firmware may define its own. Without, the kernel's way.
extern "C" [[noreturn]] void ouro_kernel_fatal(const char* reason, const void* address);

/// A task that used Ouro is about to end, or has ended: its record serves another one. Null: the
/// calling task. From tasks, critical sections and the kernel's hooks: it calls nothing. Tasks that
/// platform::Thread started do it themselves. Time: O(OURO_KERNEL_TASKS).
extern "C" void ouro_kernel_release_context(const void* task);

/// Off Cortex-M: how many handlers are nested where the caller runs, 0 in tasks. A firmware whose
/// handlers use Ouro must define it where the kernel does not know (README.md of the port).
extern "C" unsigned ouro_kernel_interrupt_depth();

namespace ouro::port {

inline constexpr bool kWaitAllowed = true;
inline constexpr bool kTimeSlices = false;
inline constexpr bool kContextLocals = false;
inline constexpr std::size_t kRedzoneBytes = 0;
inline constexpr std::uint32_t kMaxContexts = OURO_KERNEL_TASKS + 1 + kCores * kInterruptLevels;

#if defined(OURO_CORTEX_M)
inline bool is_in_interrupt() { return machine::exception_number() != 0; }
/// Tries exclusive accesses by hand, a bounded number of times.
bool probe_word(std::uint32_t* word);
#else
inline bool is_in_interrupt() { return ouro_kernel_interrupt_depth() != 0; }
/// The record of the handler that runs, by its depth.
platform::Context& interrupt_context(unsigned depth);
bool interrupt_windows_closed();
/// Tries read-modify-writes.
bool probe_word(std::uint32_t* word);
#endif

inline unsigned core_id() {
    if constexpr (kCores == 1) return 0;
    return kernel::core();
}

/// Makes a kernel's object at its first use. Objects of this port are constants at first: they lie
/// in statics, and are used before the scheduler runs.
class Creation {
public:
    bool is_done() const {
        // order: acquire; pairs with done().
        return state_.load(std::memory_order_acquire) == kDone;
    }
    template <class Create>
    void ensure(Create create) {
        if (is_done()) return;
        const kernel::Pause pause = kernel::pause();
        std::uint32_t nothing = 0;
        // order: acq_rel / acquire; one creates.
        if (state_.compare_exchange(nothing, kBegun, std::memory_order_acq_rel,
                                    std::memory_order_acquire)) {
            create();
            // order: release; pairs with is_done().
            state_.store(kDone, std::memory_order_release);
        } else {
            // On this core nobody else runs; another core is done in a moment.
            while (!is_done()) {
            }
        }
        kernel::resume(pause);
    }

private:
    static constexpr std::uint32_t kBegun = 1, kDone = 2;
    atomic<std::uint32_t> state_{0};
};

/// The kernel's mutex, with its priority inheritance, and who holds it. In interrupts, where a
/// kernel's mutex may not be touched, and before the scheduler runs, the holder's word is the lock.
///
/// lock() in an interrupt stops the program with a reason; try_lock() there is allowed, and the
/// handler that got the lock must give it back before it returns.
class Mutex {
public:
    constexpr Mutex() noexcept = default;
    void lock();
    bool try_lock();
    void unlock();

private:
    bool mark(std::uintptr_t holder);

    atomic<std::uintptr_t> holder_{0};  ///< 0 = free; else a task, or a mark of lock.cc
    Creation creation_;
    kernel::Lock lock_{};
};

/// A flag that says it all, and a kernel's binary semaphore that wakes the waiter.
class Event {
public:
    constexpr Event() noexcept = default;
    void set();
    bool wait(std::uint64_t ns);
    void before_fork() {}
    void after_fork(bool) {}

private:
    atomic<std::uint32_t> set_{0};
    Creation creation_;
    kernel::Signal signal_{};
};

/// A kernel's task and its control block, which may lie anywhere as long as the task lives.
class Thread {
public:
    ~Thread() { join(); }
    /// False without a stack of at least kStackBytesMin, or for a core that is not there. Stops the
    /// program for a priority that the kernel does not have. Allowed before the scheduler runs.
    bool start(void (*function)(void*), void* argument,
               const platform::ThreadSettings& settings = {});
    void join();
    void forget() {}

    static constexpr std::size_t kStackBytesMin = kernel::kStackBytesMin;

private:
    static void run(void* self);

    void (*function_)(void*) = nullptr;
    void* argument_ = nullptr;
    bool started_ = false;  ///< and not joined
    atomic<std::uint32_t> ended_{0};
    kernel::Task task_{};
};

/// The record of the calling task, or of main() before the scheduler runs.
platform::Context& task_context();

inline platform::Context& current_context() {
#if defined(OURO_CORTEX_M)
    const std::uint32_t where = machine::exception_number();
#else
    const unsigned where = ouro_kernel_interrupt_depth();
#endif
    if (where != 0) [[unlikely]]
        return interrupt_context(where);
    return task_context();
}

std::uint64_t clock_ns();
void yield_thread();
[[noreturn]] void fatal(const char* reason, const void* address);
inline void note(const char* /*sentence*/, const char* /*name*/, unsigned /*a*/, unsigned /*b*/) {}

inline bool forget_other_contexts() { return false; }
inline void on_fork(void (*)(), void (*)(), void (*)()) {}

inline bool is_watched() { return false; }
inline void poison(void* /*address*/, std::size_t /*bytes*/) {}
inline void unpoison(void* /*address*/, std::size_t /*bytes*/) {}
inline void reveal(void* /*address*/, std::size_t /*bytes*/) {}
inline void plain_read(const void* /*address*/, std::size_t /*bytes*/) {}
inline void plain_write(const void* /*address*/, std::size_t /*bytes*/) {}

}  // namespace ouro::port
