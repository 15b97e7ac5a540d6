// Load windows on one core and on several (platform/context.h). Included by ports whose header has
// defined atomic<T> and kCores.
//
// Each context has a word of its own, so that one that is removed inside a window takes it along.
// A port with one core whose threads nobody removes may have all of them count in one word instead
// (OURO_PORT_ONE_WINDOW): who looks runs, so nobody else enters or leaves one meanwhile, and one
// look tells of all contexts.
#pragma once

#include <atomic>
#include <cstdint>

namespace ouro::port {

#if defined(OURO_PORT_ONE_WINDOW)

static_assert(kCores == 1);

/// Windows that are open, of all contexts.
extern atomic<std::uint32_t> g_open_windows;

inline void enter_window(atomic<std::uint32_t>& window) {
    // order: relaxed read-modify-write, between those of who preempts and is preempted; the fence
    // is the compiler's only: an observer runs on this core, in a handler or in a thread that was
    // switched to, and sees what was done before it in program order.
    window.fetch_add(1, std::memory_order_relaxed);
    std::atomic_signal_fence(std::memory_order_seq_cst);
}

inline void leave_window(atomic<std::uint32_t>& window) {
    // order: release; pairs with all_windows_closed(): what was read in the window was read before
    // the observer goes on.
    window.fetch_sub(1, std::memory_order_release);
}

inline bool all_windows_closed() {
    // order: acquire; pairs with leave_window().
    return g_open_windows.load(std::memory_order_acquire) == 0;
}

#else

inline void enter_window(atomic<std::uint32_t>& window) {
    if constexpr (kCores == 1) {
        // order: the compiler's only; an observer runs on this core, in a handler or in a thread
        // that was switched to, and sees what was done before it in program order.
        window.store(window.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
        std::atomic_signal_fence(std::memory_order_seq_cst);
    } else {
        // order: acq_rel read-modify-write; pairs with the one in is_closed(): the later of the two
        // sees the earlier.
        window.fetch_add(1, std::memory_order_acq_rel);
    }
}

inline void leave_window(atomic<std::uint32_t>& window) {
    // order: release; pairs with the read in is_closed(): what was read in the window was read
    // before the observer goes on.
    window.store(window.load(std::memory_order_relaxed) - 1, std::memory_order_release);
}

/// For observers: has the window been seen closed? Time: O(1).
inline bool is_closed(atomic<std::uint32_t>& window) {
    if constexpr (kCores == 1) {
        // order: acquire; pairs with leave_window(). Who runs now is the observer: nobody else's
        // window changes while it looks, so looking again would not help.
        return window.load(std::memory_order_acquire) == 0;
    }
    constexpr unsigned kLooks = 256;
    for (unsigned i = 0; i < kLooks; ++i) {
        // order: acq_rel read-modify-write; pairs with enter_window() and leave_window().
        if (window.fetch_add(0, std::memory_order_acq_rel) == 0) return true;
    }
    return false;
}

bool all_windows_closed();

#endif

}  // namespace ouro::port
