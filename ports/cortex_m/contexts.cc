// The records of execution contexts: one per thread; those of interrupts are in
// ports/machine/arm_interrupts.cc.
#include "platform/context.h"

#include "ports/cortex_m/contexts.h"
#include "ports/cortex_m/scheduler.h"

namespace ouro::port {

namespace {

constinit platform::Context g_threads[kThreadsMax];

}  // namespace

// The first records are those of the cores' main programs, which need no scheduler.
constinit platform::Context* g_running_context[kCores] = {
    &g_threads[0],
#if OURO_CORTEX_M_CORES > 1
    &g_threads[1],
#endif
};
constinit std::uint32_t g_running_mark[kCores] = {
    1,
#if OURO_CORTEX_M_CORES > 1
    2,
#endif
};
static_assert(kCores <= 2);

platform::Context& thread_context(unsigned index) { return g_threads[index]; }

/// A handler of PendSV's priority never runs while the scheduler, in PendSV, waits for something to
/// happen (S4).
void check_interrupt_priority(std::uint32_t priority) {
    constexpr std::uint32_t kPendSv = 14;
    if (scheduler::is_running() && priority >= machine::priority_of(kPendSv))
        fatal("an interrupt of the lowest priority uses Ouro", nullptr);
}

#if !defined(OURO_PORT_ONE_WINDOW)
bool all_windows_closed() {
    for (platform::Context& context : g_threads) {
        if (!is_closed(context.window)) return false;
    }
    return interrupt_windows_closed();
}
#endif

}  // namespace ouro::port
