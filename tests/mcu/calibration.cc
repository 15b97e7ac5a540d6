// Goal: the instruction counter is exact; and the costs of the port's operations, as figures.
// Method: straight code and loops whose length is known; one line per figure.
#include <cstdint>

#include "platform/context.h"
#include "platform/mutex.h"
#include "platform/thread.h"
#include "ports/cortex_m/boards/board.h"
#include "ports/cortex_m/boards/instructions.h"

namespace ouro {

namespace {

using platform::memory_order_acq_rel;
using platform::memory_order_acquire;
using platform::memory_order_relaxed;

bool g_exact = true;

void print_figure(const char* name, std::uint32_t figure) {
    board::print(name);
    board::print(": ");
    board::print_number(figure);
    board::print("\n");
}

void expect(const char* name, std::uint32_t figure, std::uint32_t expected) {
    print_figure(name, figure);
    if (figure == expected) return;
    print_figure("  expected", expected);
    g_exact = false;
}

[[gnu::noinline]] void loop(std::uint32_t rounds) {
    asm volatile(".syntax unified\n1:\n\tsubs %0, #1\n\tbne 1b" : "+l"(rounds)::"cc");
}

void known_lengths(const board::InstructionCounter& counter) {
    expect("nothing", counter.count([] {}), 0);
    expect("1 instruction", counter.count([] { asm volatile("nop"); }), 1);
    expect("7 instructions",
           counter.count([] { asm volatile("nop\n\tnop\n\tnop\n\tnop\n\tnop\n\tnop\n\tnop"); }), 7);
    // Two instructions a round, and call, argument and return.
    const std::uint32_t ten = counter.count([] { loop(10); });
    const std::uint32_t lengths[] = {100, 1'000, 100'000};
    for (const std::uint32_t rounds : lengths) {
        if (2 * rounds + ten > board::InstructionCounter::kMax) continue;
        const std::uint32_t figure = counter.count([=] { loop(rounds); });
        const std::uint32_t exact = 2 * (rounds - 10) + ten;
        // The call's argument may take an instruction more or less to make.
        expect("a loop", figure, figure + 1 >= exact && figure <= exact + 1 ? figure : exact);
    }
}

// Objects that the compiler does not see through.
platform::atomic<std::uint32_t> g_word;
platform::Mutex g_mutex;
platform::Event g_event;

void operations(const board::InstructionCounter& counter) {
    print_figure("fetch_add", counter.count([] { g_word.fetch_add(1, memory_order_acq_rel); }));
    print_figure("fetch_add_masked",
                 counter.count([] { g_word.fetch_add_masked(256, 1, 2, memory_order_acq_rel); }));
    print_figure("compare_exchange", counter.count([] {
        std::uint32_t expected = 0;
        g_word.compare_exchange(expected, 1, memory_order_acq_rel, memory_order_acquire);
    }));
    print_figure("current_context",
                 counter.count([] { asm volatile("" ::"r"(&platform::current_context())); }));
    print_figure("load window", counter.count([] { const platform::LoadWindow window; }));
    print_figure("all_windows_closed",
                 counter.count([] { asm volatile("" ::"r"(platform::all_windows_closed())); }));
    print_figure("lock and unlock, free", counter.count([] {
        g_mutex.lock();
        g_mutex.unlock();
    }));
    print_figure("event: set", counter.count([] { g_event.set(); }));
    print_figure("event: wait, set", counter.count([] { g_event.wait(platform::kForever); }));
}

}  // namespace
}  // namespace ouro

int main() {
    const ouro::board::InstructionCounter counter;
    ouro::known_lengths(counter);
    ouro::operations(counter);
    return ouro::g_exact ? 0 : 1;
}
