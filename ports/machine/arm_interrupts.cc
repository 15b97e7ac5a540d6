// One record per interrupt priority and core.
#include "platform/context.h"

#if defined(OURO_CORTEX_M)

namespace ouro::port {

namespace {

struct InterruptSlot {
    platform::Context context;
    atomic<std::uint32_t> priority{0};  ///< + kTaken; 0 = nobody's yet
};
constexpr std::uint32_t kTaken = 0x100;

constinit InterruptSlot g_interrupts[kCores][kInterruptLevels];

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
        check_interrupt_priority(priority);
        if (slot.priority.compare_exchange(found, key, std::memory_order_relaxed,
                                           std::memory_order_relaxed))
            return slot.context;
    }
    fatal("more interrupt priorities use Ouro than OURO_CORTEX_M_INTERRUPT_LEVELS", nullptr);
}

#if !defined(OURO_PORT_ONE_WINDOW)
bool interrupt_windows_closed() {
    for (auto& core : g_interrupts) {
        for (InterruptSlot& slot : core) {
            if (!is_closed(slot.context.window)) return false;
        }
    }
    return true;
}
#endif

}  // namespace ouro::port

#endif
