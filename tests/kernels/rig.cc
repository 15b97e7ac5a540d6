// What the fakes have in common: threads with stacks, interrupts, how the program ends.
#include "tests/kernels/rig.h"

#include <cstdio>
#include <cstdlib>

#include "tests/conformance/rig.h"
#include "tests/kernels/fake/engine.h"

extern "C" unsigned ouro_kernel_interrupt_depth() { return ouro::fake::interrupt_depth(); }

extern "C" void ouro_kernel_fatal(const char* reason, const void*) {
    ouro::fake::Call quiet("ouro_kernel_fatal", ouro::fake::From::anywhere);
    std::fprintf(stderr, "ouro: fatal: %s\n", reason);
    std::fflush(nullptr);
    std::_Exit(2);
}

namespace ouro::kernels {

namespace {

constexpr unsigned kStacks = conformance::kCrew + 2;
alignas(16) unsigned char g_stacks[kStacks][kStackBytes];
alignas(16) unsigned char g_main_stack[4 * kStackBytes];
void (*g_for_each)(void (*visit)(const conformance::Case&)) = nullptr;
unsigned g_rounds = 0;

void run_case(const conformance::Case& one) {
    one.run();
    if (g_rounds > 1) return;
    const fake::Call quiet("printf", fake::From::task);
    std::printf("conforms: %s\n", one.name);
    std::fflush(stdout);
}

}  // namespace

unsigned char* stack(unsigned n) { return g_stacks[conformance::kCrew + n]; }

void run_cases(unsigned priority, unsigned rounds,
               void (*for_each)(void (*visit)(const conformance::Case&))) {
    static void* block[64];
    g_for_each = for_each;
    g_rounds = rounds;
    fake::create(
        [](void*) {
            for (; g_rounds > 0; --g_rounds) g_for_each(run_case);
            fake::stop();
        },
        nullptr, g_main_stack, sizeof g_main_stack, priority, block, sizeof block);
    fake::start();
    std::printf("switches: %s\n", fake::switches() > 1000 ? "thousands" : "too few");
}

}  // namespace ouro::kernels

namespace ouro::conformance::rig {

platform::ThreadSettings settings(unsigned n) {
    return {.stack = kernels::g_stacks[n], .stack_bytes = kernels::kStackBytes, .priority = 1};
}

// Fewer than usual, by which cases see that tasks of other priorities may have to wait for them.
unsigned repeats(unsigned usual) { return usual * 9 / 10; }

bool interrupt(unsigned, void (*handler)(void*), void* argument) {
    fake::interrupt(handler, argument);
    return true;
}

void interrupt_anywhere(void (*handler)(void*), void* argument) {
    fake::interrupt_anywhere(handler, argument);
}

void between_two_steps(unsigned i) {
    if (i % 64 == 0) platform::yield_thread();
}

bool wants_lost_updates(unsigned lost) {
    static unsigned rounds = 0;
    if (lost != 0) return false;
    OURO_CONFORMS(++rounds < 1000, "tasks must meet between a load and a store");
    return true;
}

}  // namespace ouro::conformance::rig
