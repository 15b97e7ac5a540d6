// Goal: every thread and every interrupt that can preempt another has a context of its own, and
// windows are seen by whoever looks. Method: addresses compared across a crew and nested handlers;
// the heap's use of windows with a reader and an owner.
#include "platform/context.h"

#include <cstdint>

#include "platform/interrupt.h"
#include "tests/conformance/crew.h"

namespace ouro::conformance {

namespace {

using platform::all_windows_closed;
using platform::atomic;
using platform::Context;
using platform::current_context;
using platform::LoadWindow;
using platform::memory_order_acquire;
using platform::memory_order_relaxed;
using platform::memory_order_release;

struct Seen {
    Context* of[kCrew + 1] = {};
    atomic<std::uint32_t> arrived{0};
};

void look(Seen& seen, unsigned number) {
    Context& own = current_context();
    seen.of[number] = &own;
    OURO_CONFORMS(own.is_at_rest(), "a thread's context begins at rest");
    OURO_CONFORMS(!platform::is_in_interrupt(), "a thread is no interrupt");
    own.cascade_depth = static_cast<std::uint16_t>(number + 1);
    seen.arrived.fetch_add(1, memory_order_relaxed);
    while (seen.arrived.load(memory_order_relaxed) <= kCrew) platform::yield_thread();
    OURO_CONFORMS(&current_context() == &own, "a thread keeps its context");
    OURO_CONFORMS(own.cascade_depth == number + 1, "nobody else writes it");
    own.cascade_depth = 0;
}

void is_a_threads_own() {
    Seen seen;
    run_crew(seen, look);
    for (unsigned i = 0; i <= kCrew; ++i) {
        for (unsigned j = 0; j < i; ++j)
            OURO_CONFORMS(seen.of[i] != seen.of[j], "threads have different contexts");
    }
}

struct Nested {
    Context* thread = nullptr;
    Context* outer = nullptr;
    Context* inner = nullptr;
};

void interrupt_inner(void* all) {
    auto& nested = *static_cast<Nested*>(all);
    nested.inner = &current_context();
    OURO_CONFORMS(nested.inner->is_at_rest(), "a handler finds its context at rest");
    OURO_CONFORMS(!all_windows_closed(), "a handler sees the windows of whom it interrupted");
    const LoadWindow window;
}

void interrupt_outer(void* all) {
    auto& nested = *static_cast<Nested*>(all);
    OURO_CONFORMS(platform::is_in_interrupt(), "a handler knows that it is one");
    nested.outer = &current_context();
    OURO_CONFORMS(nested.outer->is_at_rest(), "a handler finds its context at rest");
    OURO_CONFORMS(!all_windows_closed(), "a handler sees the window of the interrupted thread");
    const LoadWindow window;
    rig::interrupt(1, interrupt_inner, all);
    OURO_CONFORMS(&current_context() == nested.outer, "a handler keeps its context");
    OURO_CONFORMS(!all_windows_closed(), "and its window");
}

void is_an_interrupts_own() {
    Nested nested;
    nested.thread = &current_context();
    {
        const LoadWindow window;
        if (!rig::interrupt(0, interrupt_outer, &nested)) return;
    }
    OURO_CONFORMS(&current_context() == nested.thread, "a thread keeps its context");
    OURO_CONFORMS(!platform::is_in_interrupt(), "a thread is no interrupt, after one either");
    OURO_CONFORMS(nested.outer != nested.thread, "a handler's context is not the thread's");
    if (nested.inner != nullptr) {
        OURO_CONFORMS(nested.inner != nested.outer && nested.inner != nested.thread,
                      "handlers that preempt each other have different contexts");
    }
    OURO_CONFORMS(all_windows_closed(), "windows close with their scopes");
}

void look_for_windows(void* seen) { *static_cast<bool*>(seen) = !all_windows_closed(); }

void open_a_window(void* all) {
    bool& seen = *static_cast<bool*>(all);
    OURO_CONFORMS(all_windows_closed(), "nobody is inside a window at first");
    const LoadWindow window;
    OURO_CONFORMS(!all_windows_closed(), "a handler's window is seen by itself");
    if (!rig::interrupt(1, look_for_windows, &seen)) seen = true;
}

void of_interrupts_are_seen() {
    bool seen = false;
    if (!rig::interrupt(0, open_a_window, &seen)) return;
    OURO_CONFORMS(seen, "a handler's window is seen by who interrupts it");
    OURO_CONFORMS(all_windows_closed(), "windows close with their scopes");
}

void windows_nest() {
    OURO_CONFORMS(all_windows_closed(), "nobody is inside a window at first");
    {
        const LoadWindow outer;
        OURO_CONFORMS(!all_windows_closed(), "an open window is seen");
        {
            const LoadWindow inner;
            OURO_CONFORMS(!all_windows_closed(), "an open window is seen");
        }
        OURO_CONFORMS(!all_windows_closed(), "the outer window is still open");
    }
    OURO_CONFORMS(all_windows_closed(), "windows close with their scopes");
}

struct Page {
    atomic<std::uint32_t> published{1};
    atomic<std::uint32_t> content{1};
    atomic<std::uint32_t> done{0};
};

/// What the heap does: a reader looks at a page only inside a window; the owner withdraws the page,
/// waits until all windows were seen closed, and only then changes it.
void read_or_change(Page& page, unsigned number) {
    if (number != 0) {
        while (page.done.load(memory_order_acquire) == 0) {
            {
                const LoadWindow window;
                const std::uint32_t version = page.published.load(memory_order_acquire);
                for (unsigned i = 0; i < 3 && version != 0; ++i) {
                    OURO_CONFORMS(page.content.load(memory_order_relaxed) == version,
                                  "nothing changes under a reader in a window");
                }
            }
            if (rig::repeats(100) < 100) platform::yield_thread();
        }
        return;
    }
    for (std::uint32_t version = 2; version < rig::repeats(300) + 2; ++version) {
        page.published.store(0, memory_order_release);
        while (!all_windows_closed()) platform::yield_thread();
        page.content.store(version, memory_order_relaxed);
        page.published.store(version, memory_order_release);
    }
    page.done.store(1, memory_order_release);
}

void windows_hold_changes_back() {
    Page page;
    run_crew(page, read_or_change);
}

struct Ends {
    atomic<std::uint32_t> told{0};
};

/// Leaves something with the caller's context, if contexts of this port keep anything.
template <class AnyContext>
void leave_something(AnyContext& context, Ends& ends) {
    if constexpr (requires { context.at_end; }) {
        OURO_CONFORMS(context.places[AnyContext::kPlaces - 1].load(memory_order_relaxed) == nullptr,
                      "a thread's context has nothing of another thread's");
        context.places[AnyContext::kPlaces - 1].store(&ends, memory_order_relaxed);
        context.at_end = [](Context& ended) {
            OURO_CONFORMS(&current_context() == &ended, "the end is told on the context that ends");
            const LoadWindow window;
            auto& place = static_cast<AnyContext&>(ended).places[AnyContext::kPlaces - 1];
            auto* found = static_cast<Ends*>(place.exchange(nullptr, memory_order_relaxed));
            OURO_CONFORMS(found != nullptr, "a context keeps what was left with it");
            found->told.fetch_add(1, memory_order_relaxed);
            static_cast<AnyContext&>(ended).at_end = nullptr;
        };
    } else {
        ends.told.fetch_add(1, memory_order_relaxed);
    }
}

void leave_something_in_crew(Ends& ends, unsigned number) {
    if (number != 0) leave_something(current_context(), ends);
}

void tells_its_end() {
    for (int round = 0; round < 3; ++round) {
        Ends ends;
        run_crew(ends, leave_something_in_crew);
        OURO_CONFORMS(ends.told.load(memory_order_relaxed) == kCrew, "every thread's end is told");
    }
    OURO_CONFORMS(all_windows_closed(), "windows close with their scopes");
}

}  // namespace

const Case kContextCases[] = {
    {"context: is a thread's own", is_a_threads_own},
    {"context: tells its end", tells_its_end},
    {"context: is an interrupt's own", is_an_interrupts_own},
    {"window: nests", windows_nest},
    {"window: of interrupts are seen", of_interrupts_are_seen},
    {"window: holds changes back", windows_hold_changes_back},
    {nullptr, nullptr},
};

}  // namespace ouro::conformance
