// One damaged heap: a copy of the process damages its region and goes on with it until something
// is noticed. The region lies between terabytes without access, so that what a damaged number or
// address leads to is not memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "ouro/ouro.h"

namespace ouro::faults {

/// What came of it, from best to worst.
enum class Fate : unsigned char {
    named,    ///< verify() names it
    later,    ///< a later verify() names it
    fatal,    ///< the heap stops the program with a sentence
    nothing,  ///< everything ran to its end, and verify() is content
    access,   ///< a read outside the region stops the program
    crashed,  ///< another signal stops the program
    blocked,  ///< a wait for something that never comes
    endless,  ///< a loop
    outside,  ///< a write outside the region stops the program
};
inline constexpr std::size_t kFates = static_cast<std::size_t>(Fate::outside) + 1;

/// A heap with something of everything in it.
class Population {
public:
    static constexpr std::size_t kBytes = 128 * 1024;

    Population();
    ~Population();
    Population(const Population&) = delete;
    Population& operator=(const Population&) = delete;
    std::byte* region() const { return region_; }
    ManagedHeap& managed() { return *managed_; }
    /// In a process of its own: flips the mask's bits in the word of 8 bytes that holds the bit.
    Fate damage(std::uint32_t bit, std::uint64_t mask);

private:
    void fill();
    Fate live_on();

    std::byte* region_ = nullptr;
    std::optional<ManagedHeap> managed_;
    std::vector<Ref<Object>> handles_;
};

}  // namespace ouro::faults
