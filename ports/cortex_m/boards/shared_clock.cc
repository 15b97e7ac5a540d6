// The clock of boards with two cores: a timer that both can read, counting down, 32 bits wide.
#include "ports/cortex_m/boards/board.h"
#include "ports/cortex_m/port.h"

#if OURO_CORTEX_M_OWN_CLOCK

namespace ouro::port {

namespace {

// CMSDK APB TIMER0 of the SSE-200, secure alias; it counts the system's clock.
constexpr std::uintptr_t kTimer = 0x5000'0000;
constexpr std::uintptr_t kControl = kTimer, kValue = kTimer + 4, kReload = kTimer + 8;
constexpr std::uint64_t kNanosecondsPerTick = 1'000'000'000 / OURO_CORTEX_M_SYSTICK_HZ;
static_assert(1'000'000'000 % OURO_CORTEX_M_SYSTICK_HZ == 0);

/// Half turns of the counter that somebody has seen. Right as long as somebody reads the clock in
/// each: every 107 seconds at 20 MHz. The idle scheduler does.
constinit atomic<std::uint32_t> g_half_turns{0};

}  // namespace

std::uint64_t clock_ns() {
    for (;;) {
        // order: acquire, acq_rel; whoever has seen a half turn has read the counter before: ours
        // is read after and is not older.
        std::uint32_t turns = g_half_turns.load(std::memory_order_acquire);
        const std::uint32_t count = ~machine::word_at(kValue);
        const std::uint32_t now = turns + ((count >> 31) != (turns & 1) ? 1 : 0);
        if (now != turns && !g_half_turns.compare_exchange(turns, now, std::memory_order_acq_rel,
                                                           std::memory_order_relaxed))
            continue;
        return ((std::uint64_t{now >> 1} << 32) + count) * kNanosecondsPerTick;
    }
}

}  // namespace ouro::port

namespace ouro::board {

void start_clock() {
    using namespace port;
    machine::word_at(kReload) = 0xFFFF'FFFF;
    machine::word_at(kValue) = 0xFFFF'FFFF;
    machine::word_at(kControl) = 1;
}

}  // namespace ouro::board

#else

namespace ouro::board {
void start_clock() {}
}  // namespace ouro::board

#endif
