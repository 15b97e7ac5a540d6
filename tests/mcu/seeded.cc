#include "tests/mcu/seeded.h"

#include "platform/atomic.h"
#include "platform/thread.h"
#include "ports/cortex_m/boards/board.h"
#include "ports/cortex_m/scheduler.h"

namespace ouro::testing {

namespace {

using platform::memory_order_relaxed;

constexpr unsigned kLine = 3;  // of the interrupts that come anywhere
constexpr std::uint32_t kUrgency = 0xA0;

struct Core {
    std::uint32_t state = 0;
    std::uint32_t looks = 0;
    std::uint32_t switches = 0;
    std::uint32_t interrupts = 0;
    std::uint32_t hash = 2166136261u;  // FNV-1a's
    platform::atomic<std::uint32_t> interrupting{0};
};
constinit Core g_cores[port::kCores];

/// A counter that goes round all of 2^32, mixed (the finalizer of MurmurHash3, A. Appleby).
std::uint32_t draw(Core& core) {
    std::uint32_t z = core.state += 0x9E37'79B9;
    z = (z ^ z >> 16) * 0x85EB'CA6B;
    z = (z ^ z >> 13) * 0xC2B2'AE35;
    return z ^ z >> 16;
}

std::uint32_t below(Core& core, std::uint32_t limit) {
    return static_cast<std::uint32_t>(std::uint64_t{draw(core)} * limit >> 32);
}

void add_to_hash(Core& core, std::uint32_t value) {
    for (unsigned i = 0; i < 4; ++i, value >>= 8)
        core.hash = (core.hash ^ (value & 0xFF)) * 16777619u;
}

// Slices: mostly short, so that windows of a few instructions are hit, some long, so that schedules
// differ over a distance. In instructions; one takes 2^shift nanoseconds.
// OURO_SEEDED_SPARSE 1: twenty times as long, for programs that have one thread most of the time.
#ifndef OURO_SEEDED_SPARSE
#define OURO_SEEDED_SPARSE 0
#endif
constexpr std::uint32_t kFactor = OURO_SEEDED_SPARSE != 0 ? 20 : 1;
constexpr std::uint32_t kShortest = 60, kShort = 200 * kFactor, kLong = 3000 * kFactor;

std::uint32_t slice(unsigned number) {
    Core& core = g_cores[number];
    const std::uint32_t range = below(core, 8) != 0 ? kShort : kLong;
    // Drawn in ticks, so that every boundary between instructions can be met.
    const auto ticks = [](std::uint32_t instructions) {
        return static_cast<std::uint32_t>((std::uint64_t{instructions} << OURO_ICOUNT_SHIFT) *
                                          OURO_CORTEX_M_SYSTICK_HZ / 1'000'000'000);
    };
    return ticks(kShortest) + below(core, ticks(range));
}

unsigned first(unsigned number) { return below(g_cores[number], port::kThreadsMax); }

bool ticked(unsigned number) {
    Core& core = g_cores[number];
    if (core.interrupting.load(memory_order_relaxed) == 0 || below(core, 4) != 0) return true;
    ++core.interrupts;
    add_to_hash(core, 0xFFFF'FFFF);
    port::machine::word_at(port::machine::kInterruptSetPending) = 1u << kLine;
    return false;
}

void switched(unsigned number, std::uint32_t pc, unsigned from, unsigned to) {
    Core& core = g_cores[number];
    ++core.looks;
    if (from != to) ++core.switches;
    add_to_hash(core, pc);
    add_to_hash(core, from << 8 | to);
}

constexpr port::scheduler::Policy kSeeded{slice, first, ticked, switched};

}  // namespace

void start_seeded(std::uint32_t seed) {
    g_cores[port::core_id()].state = seed ^ port::core_id() << 31;
    port::scheduler::start(1, &kSeeded);
}

void start_everywhere() {
    start_seeded(board::argument(1));
    board::start_second_core([] {
        start_seeded(board::argument(1));
        static constinit platform::Event never;
        never.wait(platform::kForever);
    });
}

void interrupt_anywhere(void (*handler)(void*), void* argument) {
    auto& interrupting = g_cores[port::core_id()].interrupting;
    // No more of the old: one that is pending runs before the caller goes on.
    interrupting.store(0, memory_order_relaxed);
    port::machine::synchronize();
    if (handler == nullptr) return;
    board::set_interrupt(kLine, kUrgency, handler, argument);
    interrupting.store(1, memory_order_relaxed);
}

std::uint32_t switches() {
    std::uint32_t sum = 0;
    for (const Core& core : g_cores) sum += core.switches;
    return sum;
}

void print_schedule() {
    std::uint32_t interrupts = 0, looks = 0, hash = 0;
    for (const Core& core : g_cores) {
        looks += core.looks;
        interrupts += core.interrupts;
        hash = hash * 31 + core.hash;
    }
    const std::uint32_t sum = switches();
    board::print("schedule: ");
    board::print_number(looks);
    board::print(" slices, ");
    board::print_number(sum);
    board::print(" switches, ");
    board::print_number(interrupts);
    board::print(" interrupts, hash ");
    board::print_hex(hash);
    board::print("\n");
}

}  // namespace ouro::testing
