// The end of the line: a broken invariant or a misuse whose outcome is "stop with a reason".
#pragma once

#include "platform/compiler.h"
#include "platform/port.h"

namespace ouro::platform {

/// Prints or records `reason` (a static string that names the rule) and stops the program.
/// `address` is the object concerned, or null.
[[noreturn]] OURO_COLD inline void fatal(const char* reason, const void* address = nullptr) {
    port::fatal(reason, address);
}

/// Tells the developer something that is no error: a sentence, a name and two numbers. May do
/// nothing.
inline void note(const char* sentence, const char* name, unsigned a, unsigned b) {
    port::note(sentence, name, a, b);
}

}  // namespace ouro::platform

/// Cheap assertion, on in every build.
#define OURO_ASSERT(condition, reason)                                    \
    do {                                                                  \
        if (OURO_UNLIKELY(!(condition))) ::ouro::platform::fatal(reason); \
    } while (false)
