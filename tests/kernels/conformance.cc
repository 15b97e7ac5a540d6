// The conformance suite on a fake kernel. Arguments: the priority of the task that runs it, whose
// crew has 1; how many times.
#include <cstdlib>

#include "tests/kernels/fake/engine.h"
#include "tests/kernels/rig.h"

int main(int, char** arguments) {
    // The counters of ticks wrap soon.
    ouro::fake::set_first_tick(0xFFFF'FFF0);
    ouro::kernels::run_cases(static_cast<unsigned>(std::atoi(arguments[1])),
                             static_cast<unsigned>(std::atoi(arguments[2])),
                             ouro::conformance::for_each_case);
    return 0;
}
