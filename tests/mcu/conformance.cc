// The conformance suite on a board, under the schedule of the seed on the command line.
#include <cstdint>

#include "platform/interrupt.h"
#include "ports/cortex_m/boards/board.h"
#include "tests/conformance/rig.h"
#include "tests/conformance/suite.h"
#include "tests/mcu/seeded.h"

namespace ouro::conformance {

namespace rig {

namespace {
constexpr std::size_t kStackBytes = 1024;
[[gnu::section(".noinit")]] alignas(8) unsigned char g_stacks[kCrew][kStackBytes];
constexpr std::uint32_t kUrgencies[] = {0x80, 0x40};
}  // namespace

platform::ThreadSettings settings(unsigned n) {
    const unsigned core = port::kCores > 1 && n == 0 ? 1 : 0;
    return {.stack = g_stacks[n], .stack_bytes = kStackBytes, .priority = 1, .core = core};
}

unsigned repeats(unsigned usual) { return usual; }

bool interrupt(unsigned urgency, void (*handler)(void*), void* argument) {
    board::set_interrupt(urgency, kUrgencies[urgency], handler, argument);
    board::trigger(urgency);
    return true;
}

void interrupt_anywhere(void (*handler)(void*), void* argument) {
    testing::interrupt_anywhere(handler, argument);
}

void between_two_steps(unsigned /*i*/) {}

#ifdef OURO_LOSSES_ARE_LUCK
bool wants_lost_updates(unsigned /*lost*/) { return false; }
#else
bool wants_lost_updates(unsigned lost) {
    static unsigned rounds = 0;
    if (lost != 0) return false;
    OURO_CONFORMS(++rounds < 1000, "the schedule must preempt between a load and a store");
    return true;
}
#endif

}  // namespace rig
}  // namespace ouro::conformance

int main() {
    using namespace ouro;
    const std::uint32_t seed = board::argument(1);
    board::print(board::kName);
    board::print(", seed ");
    board::print_number(seed);
    board::print("\n");
    testing::start_everywhere();
    conformance::for_each_case([](const conformance::Case& one) {
        one.run();
        board::print("conforms: ");
        board::print(one.name);
        board::print("\n");
    });
    testing::print_schedule();
    return 0;
}
