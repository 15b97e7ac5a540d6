// Ends the program with the evidence when a run makes no progress: a deadlock is a violation too.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <thread>

#include "stress/evidence.h"

namespace ouro::stress {

class Watchdog {
public:
    explicit Watchdog(Evidence& evidence);
    ~Watchdog();
    Watchdog(const Watchdog&) = delete;
    Watchdog& operator=(const Watchdog&) = delete;

    /// The run goes on; `phase` (static text) is what it does next. The coordinator.
    void progress(const char* phase);

private:
    void watch();

    Evidence& evidence_;
    std::mutex mutex_;
    std::condition_variable changed_;
    const char* phase_ = "start";
    std::uint64_t since_ns_;
    bool ended_ = false;
    std::thread thread_;
};

/// While it lives, an abort (the heap's own "fatal", an assertion) and, where nobody else has asked
/// for them, memory faults print the evidence and end the program with status 1.
class AbortReport {
public:
    explicit AbortReport(Evidence& evidence);
    ~AbortReport();
    AbortReport(const AbortReport&) = delete;
    AbortReport& operator=(const AbortReport&) = delete;
};

}  // namespace ouro::stress
