// Execution contexts: who is running, and whether somebody may be looking at memory that is about
// to change its layout.
//
// A context is a thread (or an interrupt level). The port owns the storage, gives each running
// context one Context and takes it back when the thread ends, after the thread's own thread-local
// objects are gone, so that a handle released last still finds one.
#pragma once

#include <cstdint>

#include "platform/atomic.h"

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

    /// One for each that keeps something. Written by the context and, to take something away from
    /// it, by others; read by the context inside load windows.
    atomic<void*> places[kPlaces];
    /// Of the context, since it got something the last time: how often it would have liked to.
    std::uint32_t operations = 0;
    /// Null, or called by the port when the context ends, on it.
    void (*at_end)(Context&) = nullptr;
};

/// Per-context state of the core. Only its own context writes it; `window` is read by others.
struct Context : ContextLocals<port::kContextLocals> {
    /// Depth of load windows (see LoadWindow); 0 = this context looks at no uncounted object.
    atomic<std::uint32_t> window{0};
    /// Nesting depth of reclaim cascades that user code started from inside a cascade.
    std::uint16_t cascade_depth = 0;
    /// Heaps in which this context has put ends off because user code nested too deep, and will see
    /// to them: a bit for each heap's number.
    std::uint16_t put_off = 0;
    /// How many in each.
    std::uint8_t put_off_in[kHeapsMax] = {};
    /// Innermost constructor census of this context (heap/census.h), in builds that have one.
    void* census = nullptr;

    /// At rest, for whoever has the record next.
    void reset() {
        window.store(0, memory_order_relaxed);  // order: relaxed; nobody else has it
        cascade_depth = put_off = 0;
        for (std::uint8_t& count : put_off_in) count = 0;
        census = nullptr;
    }
};

/// The running context's record. Time: O(1) after the first call of a thread. ISR: yes.
using port::current_context;

/// A scope in which this context may read the word of an object that it holds no reference to.
///
/// While any context is inside a window, no page changes its cell size (DESIGN rule 2 and 15), so a
/// word that was read inside stays a word until the window closes. Windows never contain user code
/// and never wait.
class [[nodiscard]] LoadWindow {
public:
    LoadWindow() : LoadWindow(current_context()) {}
    /// Of the caller, who has asked for its context already.
    explicit LoadWindow(Context& context) : context_(context) {
        port::enter_window(context_.window);
    }
    ~LoadWindow() { port::leave_window(context_.window); }
    LoadWindow(const LoadWindow&) = delete;
    LoadWindow& operator=(const LoadWindow&) = delete;

private:
    Context& context_;
};

/// True if, since this call began, every context has been seen outside all windows.
/// Never waits: false when one was inside at the moment it was looked at. Time: O(contexts).
using port::all_windows_closed;

/// In the child of a fork only the calling context exists; the others' records are free again.
using port::forget_other_contexts;

}  // namespace ouro::platform
