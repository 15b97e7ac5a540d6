// How many different states an exhaustive search has gone through.
//
// A state is what every thread has done and seen up to now, and for every location what was
// stored there, in its order and by whom. Orders of steps that nobody can tell apart lead to
// one state. States are told apart by 64 bits of hash: among a million of them two are taken for
// one with a probability of 3e-8.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "ports/sim/engine.h"

namespace ouro::explore {

class States {
public:
    /// `most`: so many are told apart; a power of two.
    explicit States(std::size_t most = std::size_t{1} << 26) : most_(most) {}

    /// An execution begins, in the state in which they all do.
    void begin();
    /// For port::sim::Observer::traced; `self` is a States.
    static void note(void* self, const port::sim::Operation& operation);
    /// Different ones so far, the first one left out.
    std::uint64_t count() const { return count_; }
    /// There may be more: as many as can be told apart were seen.
    bool is_full() const { return count_ == most_; }

private:
    /// What a location's stores come to. Of another execution: it has had none in this one.
    struct Location {
        const void* at = nullptr;
        std::uint64_t execution = 0;
        std::uint64_t stores = 0;
    };

    void step(const port::sim::Operation& operation);
    std::uint64_t& stores_of(const void* at);
    void enter(std::uint64_t state);
    void grow();

    std::size_t most_;
    std::uint64_t count_ = 0;
    std::uint64_t execution_ = 0;
    std::uint64_t threads_[port::sim::kThreadsMax] = {};  ///< what each has done and seen
    std::uint64_t state_ = 0;                             ///< the sum of threads and locations
    std::vector<Location> locations_;                     ///< open-addressed, by address
    std::vector<std::uint64_t> seen_;                     ///< open-addressed; 0: free
};

}  // namespace ouro::explore
