// The records of execution contexts: one per thread, one per interrupt priority and core.
#include "platform/context.h"

#include "ports/cortex_m/contexts.h"
#include "ports/cortex_m/scheduler.h"

namespace ouro::port {

namespace {

struct InterruptSlot {
    platform::Context context;
    atomic<std::uint32_t> priority{0};  ///< + kTaken; 0 = nobody's yet
};
constexpr std::uint32_t kTaken = 0x100;

constinit InterruptSlot g_interrupts[kCores][kInterruptLevels];
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

namespace {

/// A handler of PendSV's priority never runs while the scheduler, in PendSV, waits for something to
/// happen (S4).
void check_above_the_scheduler(std::uint32_t priority) {
    constexpr std::uint32_t kPendSv = 14;
    if (scheduler::is_running() && priority >= machine::priority_of(kPendSv))
        fatal("an interrupt of the lowest priority uses Ouro", nullptr);
}

}  // namespace

platform::Context& interrupt_context(std::uint32_t exception) {
    if (exception <= machine::kHardFault) fatal("NMI and HardFault may not use Ouro", nullptr);
    const std::uint32_t priority = machine::priority_of(exception);
    if (kHasBasePriority && priority < kCeiling)
        fatal("an interrupt above the ceiling uses Ouro", nullptr);
    const std::uint32_t key = priority | kTaken;
    for (InterruptSlot& slot : g_interrupts[core_id()]) {
        // order: relaxed, both; the slots of a core are used by its handlers only, one after the
        // other or nested.
        std::uint32_t found = slot.priority.load(std::memory_order_relaxed);
        if (found == key) return slot.context;
        if (found != 0) continue;
        check_above_the_scheduler(priority);
        if (slot.priority.compare_exchange(found, key, std::memory_order_relaxed,
                                           std::memory_order_relaxed))
            return slot.context;
    }
    fatal("more interrupt priorities use Ouro than OURO_CORTEX_M_INTERRUPT_LEVELS", nullptr);
}

namespace {

bool is_closed(platform::Context& context) {
    if constexpr (kCores == 1) {
        // order: acquire; pairs with leave_window(). Who runs now is the observer: nobody else's
        // window changes while it looks, so looking again would not help.
        return context.window.load(std::memory_order_acquire) == 0;
    }
    constexpr unsigned kLooks = 256;
    for (unsigned i = 0; i < kLooks; ++i) {
        // order: acq_rel read-modify-write; pairs with enter_window() and leave_window().
        if (context.window.fetch_add(0, std::memory_order_acq_rel) == 0) return true;
    }
    return false;
}

}  // namespace

bool all_windows_closed() {
    for (platform::Context& context : g_threads) {
        if (!is_closed(context)) return false;
    }
    for (auto& core : g_interrupts) {
        for (InterruptSlot& slot : core) {
            if (!is_closed(slot.context)) return false;
        }
    }
    return true;
}

}  // namespace ouro::port
