// SysTick and the time that it tells.
//
// T1  Only SysTick's handler writes the time. Its priority is the ceiling, so nobody who reads the
//     clock interrupts it, and a reader whom it interrupts reads again (g_writes).
// T2  restart() therefore asks the handler to do its work, by making it pending: it runs at once.
// T3  A wrap whose handler is still pending counts: see clock_ns().
#include "ports/cortex_m/clock.h"

#include "ports/cortex_m/port.h"
#include "ports/cortex_m/scheduler.h"

namespace ouro::port {

namespace {

/// Nanoseconds of ticks, at most 2^25 of them, in units of 2^-20 ns rounded once.
constexpr std::uint64_t kPerTick =
    ((std::uint64_t{1'000'000'000} << 20) + OURO_CORTEX_M_SYSTICK_HZ / 2) /
    OURO_CORTEX_M_SYSTICK_HZ;

struct Time {
    volatile std::uint64_t base = 0;      ///< nanoseconds at the begin of the slice
    volatile std::uint32_t fraction = 0;  ///< and units of 2^-20 of them
    volatile std::uint32_t reload = 0;    ///< ticks of the slice, less one
    volatile std::uint32_t writes = 0;
    volatile std::uint32_t wanted = 0;  ///< by restart(): ticks, 0 = nothing
};
constinit Time g_time[kCores];

/// Ticks since the slice began, from the register that counts down to 0 and then from `reload` on.
/// Directly after a restart it shows 0, too.
std::uint32_t elapsed(std::uint32_t value, std::uint32_t reload) {
    return value == 0 ? 0 : reload + 1 - value;
}

void begin_slice(Time& time, std::uint32_t ticks) {
    time.reload = ticks - 1;
    machine::word_at(machine::kTickReload) = ticks - 1;
    machine::word_at(machine::kTickValue) = 0;
}

}  // namespace

namespace tick {

void start(std::uint32_t ticks) {
    begin_slice(g_time[core_id()], ticks);
    machine::word_at(machine::kTickControl) = machine::kTickOn;
}

void restart(std::uint32_t ticks) {
    g_time[core_id()].wanted = ticks;
    machine::word_at(machine::kInterruptControl) = machine::kTickPending;
    machine::synchronize();
}

}  // namespace tick

#if !OURO_CORTEX_M_OWN_CLOCK
std::uint64_t clock_ns() {
    // Only core 0 exists (config.h).
    for (;;) {
        const std::uint32_t writes = g_time[0].writes;
        const std::uint64_t base = g_time[0].base;
        const std::uint32_t fraction = g_time[0].fraction;
        const std::uint32_t reload = g_time[0].reload;
        std::uint32_t ticks = elapsed(machine::word_at(machine::kTickValue), reload);
        // Not pending now: no wrap had happened when the value was read. Pending: one had, at the
        // latest now, and the value is read again.
        if ((machine::word_at(machine::kInterruptControl) & machine::kTickPending) != 0)
            ticks = reload + 1 + elapsed(machine::word_at(machine::kTickValue), reload);
        if (g_time[0].writes == writes) return base + ((fraction + ticks * kPerTick) >> 20);
    }
}
#endif

}  // namespace ouro::port

extern "C" void SysTick_Handler() {
    using namespace ouro::port;
    Time& time = g_time[core_id()];
    // The value is read on either side of the question whether it has wrapped.
    const std::uint32_t value = machine::word_at(machine::kTickValue);
    const bool wrapped = (machine::word_at(machine::kTickControl) & machine::kTickWrapped) != 0;
    std::uint64_t ticks = wrapped ? time.reload + 1 : 0;
    if (wrapped) {
        const std::uint32_t next = scheduler::tick_has_come();
        if (next != 0) time.wanted = next;
    }
    if (time.wanted != 0) {
        ticks += elapsed(wrapped ? machine::word_at(machine::kTickValue) : value, time.reload);
        begin_slice(time, time.wanted);
        time.wanted = 0;
    }
    const std::uint64_t parts = time.fraction + ticks * kPerTick;
    time.base = time.base + (parts >> 20);
    time.fraction = static_cast<std::uint32_t>(parts) & 0xF'FFFF;
    time.writes = time.writes + 1;
}
