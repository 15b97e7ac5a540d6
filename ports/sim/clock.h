// Vector clocks: what a thread knows of the others' progress.
#pragma once

#include <cstdint>

namespace ouro::port::sim {

/// Threads and interrupts of one execution, the first one included.
inline constexpr unsigned kThreadsMax = 8;

/// One counter per thread. A thread's own counter grows with each of its operations; operation
/// {u, n} happens before whatever a thread does while its clock has at[u] >= n.
struct VectorClock {
    std::uint32_t at[kThreadsMax] = {};

    /// Takes over what the other clock knows.
    void join(const VectorClock& other) {
        for (unsigned i = 0; i < kThreadsMax; ++i)
            at[i] = at[i] < other.at[i] ? other.at[i] : at[i];
    }
    /// Does operation number `time` of `thread` happen before the owner's next one?
    bool covers(unsigned thread, std::uint32_t time) const { return at[thread] >= time; }
};

/// What one thread knows, in the terms of the C++ memory model.
struct ThreadView {
    unsigned id = 0;
    VectorClock clock;     ///< what happens before the thread's next operation
    VectorClock acquired;  ///< what its next acquire fence adds: messages of relaxed loads
    VectorClock released;  ///< its clock at its last release fence: relaxed stores publish that
};

}  // namespace ouro::port::sim
