#include "tests/conformance/suite.h"

namespace ouro::conformance {

void for_each_case(void (*visit)(const Case& one)) {
    const Case* const all[] = {kAtomicCases, kLockCases, kEventCases,  kContextCases,
                               kBorrowCases, kTimeCases, kThreadCases, kSelfTestCases};
    for (const Case* cases : all) {
        for (; cases->name != nullptr; ++cases) visit(*cases);
    }
}

}  // namespace ouro::conformance
