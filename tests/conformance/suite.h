// What every port must do, as cases that need nothing but platform/ and a rig: no test framework,
// no allocation, no exceptions, so that the same source runs on a desktop, in the simulation and on
// a microcontroller.
//
// A case that finds the contract broken calls platform::fatal() with the sentence that is not true.
#pragma once

#include "platform/fatal.h"
#include "platform/thread.h"

namespace ouro::conformance {

/// Stops the program unless the contract's sentence is true here.
#define OURO_CONFORMS(condition, sentence) OURO_ASSERT(condition, sentence)

struct Case {
    const char* name;
    void (*run)();
};

/// All cases, one after the other: `visit` is called for each.
void for_each_case(void (*visit)(const Case& one));

// Each file's cases, ended by a null name.
extern const Case kAtomicCases[];
extern const Case kLockCases[];
extern const Case kEventCases[];
extern const Case kContextCases[];
extern const Case kBorrowCases[];
extern const Case kTimeCases[];
extern const Case kThreadCases[];
extern const Case kSelfTestCases[];

}  // namespace ouro::conformance
