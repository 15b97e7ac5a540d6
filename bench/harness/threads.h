// Threads for measurements: started together, one on each processor, with their processor time.
#pragma once

#include <pthread.h>
#include <sched.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <thread>
#include <vector>

#include "bench/harness/clock.h"

namespace ouro::bench {

[[noreturn]] inline void fail(const char* why) {
    std::fprintf(stderr, "bench: %s\n", why);
    std::exit(3);
}

/// The processors that this process may use.
inline std::vector<int> processors() {
    cpu_set_t set;
    std::vector<int> found;
    if (sched_getaffinity(0, sizeof set, &set) != 0) return found;
    for (int i = 0; i < CPU_SETSIZE; ++i) {
        if (CPU_ISSET(i, &set)) found.push_back(i);
    }
    return found;
}

/// Binds the thread with this id (0: the calling one) to one processor.
inline void bind_to(int processor, pid_t thread = 0) {
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(processor, &set);
    if (sched_setaffinity(thread, sizeof set, &set) != 0) fail("cannot bind to a processor");
}

/// How a thread is scheduled: as all others, or before all of a lower rank.
enum class Rank { ordinary, first, before_first };

/// Sets the rank of the thread with this id (0: the calling one); threads that it starts inherit
/// it. False: not permitted.
inline bool set_rank(Rank rank, pid_t thread = 0) {
    sched_param parameters{};
    parameters.sched_priority = 10 * static_cast<int>(rank);
    const int policy = rank == Rank::ordinary ? SCHED_OTHER : SCHED_RR;
    return sched_setscheduler(thread, policy, &parameters) == 0;
}

/// What threads that ran side by side have used.
struct Together {
    std::uint64_t wall = 0;              ///< from the common start to the last one's end
    std::vector<std::uint64_t> threads;  ///< processor time of each

    std::uint64_t sum() const {
        std::uint64_t total = 0;
        for (const std::uint64_t one : threads) total += one;
        return total;
    }
    /// How many threads ran at a time, on average: the number of threads if the machine was free.
    double parallel() const { return static_cast<double>(sum()) / static_cast<double>(wall); }
};

/// Runs work(0) ... work(count - 1) in a thread each, started together; with `bound` each on a
/// processor of its own, as long as there are any. C is a contestant (bench/contestant.h).
template <class C>
Together run_together(unsigned count, bool bound, const std::function<void(unsigned)>& work) {
    const std::vector<int> usable = processors();
    Together result;
    result.threads.resize(count);
    std::atomic<unsigned> ready{0};
    std::atomic<bool> go{false};
    std::vector<std::thread> threads;
    if constexpr (requires { C::rest(); }) C::rest();
    for (unsigned i = 0; i < count; ++i) {
        threads.emplace_back([&, i] {
            if (bound && count <= usable.size()) bind_to(usable[i]);
            if constexpr (requires { C::enter_thread(); }) C::enter_thread();
            ++ready;
            while (!go) std::this_thread::yield();
            const std::uint64_t start = thread_ns();
            work(i);
            result.threads[i] = thread_ns() - start;
            if constexpr (requires { C::leave_thread(); }) C::leave_thread();
        });
    }
    while (ready != count) std::this_thread::sleep_for(std::chrono::microseconds(100));
    const std::uint64_t start = wall_ns();
    go = true;
    for (std::thread& thread : threads) thread.join();
    result.wall = wall_ns() - start;
    if constexpr (requires { C::resume(); }) C::resume();
    return result;
}

/// Runs `work` on a thread with a stack of this many bytes.
template <class C>
void run_on_stack(std::size_t bytes, const std::function<void()>& work) {
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    if (pthread_attr_setstacksize(&attributes, bytes) != 0) fail("no thread with this stack");
    pthread_t thread;
    const auto start = [](void* argument) -> void* {
        if constexpr (requires { C::enter_thread(); }) C::enter_thread();
        (*static_cast<const std::function<void()>*>(argument))();
        if constexpr (requires { C::leave_thread(); }) C::leave_thread();
        return nullptr;
    };
    if constexpr (requires { C::rest(); }) C::rest();
    void* argument = const_cast<std::function<void()>*>(&work);
    if (pthread_create(&thread, &attributes, start, argument) != 0) fail("no thread to be had");
    pthread_join(thread, nullptr);
    if constexpr (requires { C::resume(); }) C::resume();
    pthread_attr_destroy(&attributes);
}

}  // namespace ouro::bench
