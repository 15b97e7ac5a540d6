// Instructions counted exactly: under QEMU's -icount each takes 2^OURO_ICOUNT_SHIFT nanoseconds of
// the machine's time, which a timer counts. Nothing of caches, buses or pipelines is in the
// figures: they are instructions, not cycles.
//
// The timer is the board's 32-bit one where boards.json names it, else SysTick: 24 bits, and only
// while the scheduler is not started.
#pragma once

#include <cstdint>

#include "ports/cortex_m/port.h"

namespace ouro::board {

class InstructionCounter {
#if defined(OURO_BOARD_TIMER)
    static constexpr std::uint32_t kMask = 0xFFFF'FFFF;
#else
    static constexpr std::uint32_t kMask = 0xFF'FFFF;
#endif

public:
    /// Starts the timer and measures what two readings cost.
    InstructionCounter() {
        start();
        empty_ = ticks_of([] {});
    }

    /// Most instructions that can be counted at once.
    static constexpr std::uint32_t kMax = static_cast<std::uint32_t>(
        (std::uint64_t{kMask} * 1'000'000'000 / OURO_CORTEX_M_SYSTICK_HZ) >> OURO_ICOUNT_SHIFT);

    /// Instructions that function() executes, interrupts that come meanwhile included.
    template <class Function>
    std::uint32_t count(Function function) const {
        // A reading is up to a tick old: the difference may be one too small, even below zero.
        const auto ticks = static_cast<std::int64_t>(ticks_of(function)) - empty_;
        constexpr std::int64_t kHalf = 1 << (OURO_ICOUNT_SHIFT - 1);
        const std::int64_t nanoseconds = ticks * 1'000'000'000 / OURO_CORTEX_M_SYSTICK_HZ;
        return static_cast<std::uint32_t>((nanoseconds + kHalf) >> OURO_ICOUNT_SHIFT);
    }

private:
#if defined(OURO_BOARD_TIMER)
    // CMSDK APB timer: control, value, reload. It counts down, as fast as SysTick does.
    static constexpr std::uintptr_t kValue = OURO_BOARD_TIMER + 4;
    static void start() {
        port::machine::word_at(OURO_BOARD_TIMER + 8) = kMask;
        port::machine::word_at(kValue) = kMask;
        port::machine::word_at(OURO_BOARD_TIMER) = 1;
    }
#else
    static constexpr std::uintptr_t kValue = port::machine::kTickValue;
    static void start() {
        port::machine::word_at(port::machine::kTickReload) = kMask;
        port::machine::word_at(kValue) = 0;
        port::machine::word_at(port::machine::kTickControl) = 0b101;  // counts, no interrupt
    }
#endif

    // Not inline, so that nothing of the caller's is between the readings.
    template <class Function>
    [[gnu::noinline]] static std::uint32_t ticks_of(Function function) {
        std::uint32_t before, after;
        asm volatile("ldr %0, [%1]" : "=l"(before) : "l"(kValue) : "memory");
        function();
        asm volatile("ldr %0, [%1]" : "=l"(after) : "l"(kValue) : "memory");
        return (before - after) & kMask;
    }

    std::uint32_t empty_ = 0;
};

}  // namespace ouro::board
