// Short locks. A holder never runs user code, never waits and never holds one longer than a bounded
// number of steps, so a port may implement it by masking interrupts.
#pragma once

#include "platform/port.h"

namespace ouro::platform {

/// lock(): acquires, ordering what the previous holder wrote before what follows. try_lock(): the
/// same or false at once. unlock(): by the holder. Not recursive.
using Mutex = port::Mutex;

/// Holds a Mutex, or what has its operations, for a scope.
template <class Lock = Mutex>
class [[nodiscard]] LockGuard {
public:
    explicit LockGuard(Lock& mutex) : mutex_(mutex) { mutex_.lock(); }
    ~LockGuard() { mutex_.unlock(); }
    LockGuard(const LockGuard&) = delete;
    LockGuard& operator=(const LockGuard&) = delete;

private:
    Lock& mutex_;
};

}  // namespace ouro::platform
