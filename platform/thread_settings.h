// What a thread is made with on machines where its maker supplies that. Included by ports.
#pragma once

#include <cstddef>

namespace ouro::platform {

/// Memory and place of a new thread. Machines with an operating system of their own look at none of
/// it; the others refuse to start a thread without a stack.
struct ThreadSettings {
    /// Memory for the stack, the caller's until join() has returned. Aligned or not: the port takes
    /// the aligned part.
    void* stack = nullptr;
    std::size_t stack_bytes = 0;
    /// Greater is more urgent. 0, the least urgent, is right for a collector.
    unsigned priority = 0;
    /// The core that runs it, 0 .. cores - 1. Threads do not move.
    unsigned core = 0;
};

}  // namespace ouro::platform
