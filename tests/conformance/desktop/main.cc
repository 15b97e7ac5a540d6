// The conformance suite on the desktop: threads of the system, no interrupts.
#include <cstdio>

#include "tests/conformance/rig.h"
#include "tests/conformance/suite.h"

namespace ouro::conformance::rig {

platform::ThreadSettings settings(unsigned /*n*/) { return {}; }

unsigned repeats(unsigned usual) { return 20 * usual; }

bool interrupt(unsigned, void (*)(void*), void*) { return false; }

void interrupt_anywhere(void (*)(void*), void*) {}

// A time slice is longer than a case.
void between_two_steps(unsigned i) {
    if (i % 64 == 0) platform::yield_thread();
}

bool wants_lost_updates(unsigned lost) {
    static unsigned rounds = 0;
    if (lost != 0) return false;
    OURO_CONFORMS(++rounds < 1000, "threads must meet between a load and a store");
    return true;
}

}  // namespace ouro::conformance::rig

int main() {
    ouro::conformance::for_each_case([](const ouro::conformance::Case& one) {
        one.run();
        std::printf("conforms: %s\n", one.name);
        std::fflush(stdout);
    });
    return 0;
}
