// Execution contexts: who is running, and whether somebody may be looking at memory that is about
// to change its layout.
//
// A context is a thread (or an interrupt level). The port owns the storage, gives each running
// context one Context and takes it back when the thread ends, after the thread's own thread-local
// objects are gone, so that a handle released last still finds one.
#pragma once

#include <cstdint>

#include "platform/atomic.h"
#include "platform/compiler.h"

/// 1: the constructor census is built in (heap/census.h), for debug builds.
#ifndef OURO_CENSUS
#define OURO_CENSUS 0
#endif

namespace ouro::platform {

struct Context;

/// Heaps that a program may have at once.
inline constexpr std::uint32_t kHeapsMax = sizeof(void*) == 4 ? 4 : 16;
static_assert(kHeapsMax <= 16, "Context::put_off has a bit for each");

/// What a context keeps at hand for others between their calls. Ports of machines that are short of
/// memory have none of it (port::kContextLocals).
template <bool kPresent>
struct ContextLocals {};

template <>
struct ContextLocals<true> {
    static constexpr std::uint32_t kPlaces = 16;

    /// One for each that keeps something, and one that is null for ever, for those that do not.
    /// Written by the context and, to take something away from it, by others; read by the context
    /// inside load windows.
    atomic<void*> places[kPlaces + 1];
    /// Of the context, since it got something the last time: how often it would have liked to.
    std::uint32_t operations = 0;
    /// Null, or called by the port when the context ends, on it.
    void (*at_end)(Context&) = nullptr;
};

/// The depth of a context's load windows. Read by others. A port may count those of all contexts in
/// one word instead (OURO_PORT_ONE_WINDOW).
struct ContextWindow {
#if defined(OURO_PORT_ONE_WINDOW)
    static atomic<std::uint32_t>& window_word() { return port::g_open_windows; }
    void reset_window() {}
    static bool window_is_closed() { return true; }
#else
    atomic<std::uint32_t> window{0};  ///< 0 = this context looks at no uncounted object

    atomic<std::uint32_t>& window_word() { return window; }
    void reset_window() { window.store(0, memory_order_relaxed); }  // order: nobody else has it
    // order: relaxed; asked by its only writer.
    bool window_is_closed() const { return window.load(memory_order_relaxed) == 0; }
#endif
};

/// The innermost constructor census of a context (heap/census.h), in builds that have one.
template <bool kPresent>
struct ContextCensus {};

template <>
struct ContextCensus<true> {
    void* census = nullptr;
};

/// Per-context state of the core. Only its own context writes it.
struct Context : ContextLocals<port::kContextLocals>,
                 ContextWindow,
                 ContextCensus<OURO_CENSUS == 1> {
    /// Nesting depth of reclaim cascades that user code started from inside a cascade.
    std::uint16_t cascade_depth = 0;
    /// Heaps in which this context has put ends off because user code nested too deep, and will see
    /// to them: a bit for each heap's number.
    std::uint16_t put_off = 0;
    /// How many in each.
    std::uint8_t put_off_in[kHeapsMax] = {};

    /// At rest, for whoever has the record next.
    void reset() {
        reset_window();
        cascade_depth = put_off = 0;
        for (std::uint8_t& count : put_off_in) count = 0;
        static_cast<ContextCensus<OURO_CENSUS == 1>&>(*this) = {};
    }
    /// Is it as reset() leaves it? Of a context that does not run, or the caller's.
    bool is_at_rest() const {
        std::uint32_t rest = put_off;
        for (const std::uint8_t count : put_off_in) rest |= count;
#if OURO_CENSUS
        if (census != nullptr) return false;
#endif
        return rest == 0 && cascade_depth == 0 && window_is_closed();
    }
};

/// The running context's record. Time: O(1) after the first call of a thread. ISR: yes.
using port::current_context;

/// The same for short ways: null where giving a thread its record takes more than a look.
inline Context* known_context() {
#if defined(OURO_PORT_KNOWN_CONTEXT)
    return port::known_context();
#else
    return &port::current_context();
#endif
}

/// A scope in which this context may read the word of an object that it holds no reference to.
///
/// While any context is inside a window, no page changes its cell size (DESIGN rule 2 and 15), so a
/// word that was read inside stays a word until the window closes. Windows never contain user code
/// and never wait.
class [[nodiscard]] LoadWindow {
public:
    LoadWindow() : LoadWindow(own_word()) {}
    /// Of the caller, who has asked for its context already.
    explicit LoadWindow(Context& context) : LoadWindow(context.window_word()) {}
    ~LoadWindow() { port::leave_window(word_); }
    LoadWindow(const LoadWindow&) = delete;
    LoadWindow& operator=(const LoadWindow&) = delete;

private:
    explicit LoadWindow(atomic<std::uint32_t>& word) : word_(word) { port::enter_window(word_); }

    static atomic<std::uint32_t>& own_word() {
#if defined(OURO_PORT_ONE_WINDOW)
        // A handler that may not use Ouro is refused, by its record.
        if (OURO_UNLIKELY(port::is_in_interrupt())) (void)current_context();
        return ContextWindow::window_word();
#else
        return current_context().window_word();
#endif
    }

    atomic<std::uint32_t>& word_;
};

/// True if, since this call began, every context has been seen outside all windows.
/// Never waits: false when one was inside at the moment it was looked at. Time: O(contexts).
using port::all_windows_closed;

/// In the child of a fork only the calling context exists; the others' records are free again.
using port::forget_other_contexts;

}  // namespace ouro::platform
