// Waiting for what another thread does, where no lock can lend it the waiter's priority.
#pragma once

#include <cstdint>

#include "platform/thread.h"

namespace ouro::platform {

/// Counts the waits of one occasion. The first few only let threads of the same priority run; those
/// after sleep, so that the thread that is waited for gets the processor even if it is the least
/// urgent of all. Threads: its own. ISR: no.
class Patience {
public:
    /// Waits a little; the caller looks again.
    void wait() {
        if (waits_++ < kYields) {
            yield_thread();
        } else {
            Event never;
            never.wait(kSleepNs);
        }
    }
    /// Has it waited so often?
    bool is_over(unsigned waits) const { return waits_ >= waits; }

    static constexpr unsigned kYields = 16;

private:
    static constexpr std::uint64_t kSleepNs = 250'000;

    unsigned waits_ = 0;
};

}  // namespace ouro::platform
