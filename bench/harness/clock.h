// The three clocks of the measurements, in nanoseconds.
#pragma once

#include <ctime>

#include <cstdint>

namespace ouro::bench {

inline std::uint64_t read_clock(clockid_t clock) {
    timespec now;
    clock_gettime(clock, &now);
    return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000 +
           static_cast<std::uint64_t>(now.tv_nsec);
}

/// Time on the wall.
inline std::uint64_t wall_ns() { return read_clock(CLOCK_MONOTONIC); }
/// Processor time of the calling thread.
inline std::uint64_t thread_ns() { return read_clock(CLOCK_THREAD_CPUTIME_ID); }
/// Processor time of all threads of the process, a collector's included.
inline std::uint64_t process_ns() { return read_clock(CLOCK_PROCESS_CPUTIME_ID); }
/// Processor time of all other threads of the process, sampled after the calling thread's.
inline std::uint64_t other_threads_ns() {
    const std::uint64_t mine = thread_ns();
    return process_ns() - mine;
}

}  // namespace ouro::bench
