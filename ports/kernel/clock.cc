// Time: the kernel's ticks, whose counter may wrap.
#include <limits>

#include "platform/port.h"
#include "ports/kernel/ticks.h"

namespace ouro::port {

namespace {

constexpr unsigned kTickBits = std::numeric_limits<kernel::Tick>::digits;

/// How often the counter has gone half round. Its lowest bit is the counter's highest: where they
/// differ, half a round has passed since somebody looked. So somebody has to look twice a round;
/// a thread that waits does (ticks.h).
constinit atomic<std::uint32_t> g_halves{0};

std::uint64_t wide_ticks() {
    for (;;) {
        // order: acquire / relaxed; nothing but the counter itself hangs on it.
        std::uint32_t halves = g_halves.load(std::memory_order_acquire);
        const kernel::Tick now = kernel::ticks();
        if (g_halves.load(std::memory_order_relaxed) != halves) continue;
        if ((halves & 1) == now >> (kTickBits - 1))
            return std::uint64_t{halves / 2} << (kTickBits % 64) | now;
        // order: acq_rel / relaxed; who comes first counts, all look again.
        g_halves.compare_exchange(halves, halves + 1, std::memory_order_acq_rel,
                                  std::memory_order_relaxed);
    }
}

}  // namespace

std::uint64_t clock_ns() {
    if constexpr (kTickBits == 64) {
        return ticks::to_ns(kernel::ticks());
    } else {
        return ticks::to_ns(wide_ticks());
    }
}

}  // namespace ouro::port
