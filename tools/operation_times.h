// How long single operations of a mutator took.
#pragma once

#include <algorithm>
#include <cstdint>
#include <utility>

#include "platform/thread.h"

namespace ouro::tools {

/// The longest operation of each kind, in nanoseconds, as the calling thread saw it: waiting for a
/// lock and being off the processor included.
struct OperationTimes {
    std::uint64_t make_ns = 0;     ///< make one object
    std::uint64_t store_ns = 0;    ///< store one reference into a field
    std::uint64_t release_ns = 0;  ///< let one handle go, with all that ends through it

    std::uint64_t longest_ns() const { return std::max({make_ns, store_ns, release_ns}); }

    void add(const OperationTimes& other) {
        make_ns = std::max(make_ns, other.make_ns);
        store_ns = std::max(store_ns, other.store_ns);
        release_ns = std::max(release_ns, other.release_ns);
    }
};

/// Runs `operation`, raises `longest_ns` to its duration, and passes its result on.
template <class F>
auto timed(std::uint64_t& longest_ns, F&& operation) {
    struct Stopwatch {
        std::uint64_t& longest_ns;
        std::uint64_t start = platform::clock_ns();
        ~Stopwatch() { longest_ns = std::max(longest_ns, platform::clock_ns() - start); }
    } stopwatch{longest_ns};
    return std::forward<F>(operation)();
}

}  // namespace ouro::tools
