// How many references to each member of a set come from inside the set.
//
// The header has room for a few bits of it only, so edges are counted modulo one number after
// another: a member whose count agrees with its edges modulo numbers that have no common factor,
// whose product is more than any count, has exactly as many edges (Chinese remainder theorem). One
// round is enough unless a member has more references than the header's bits can tell; then the
// set, without what has been found alive by now, is counted again modulo the next number. No memory
// is needed for hubs, however many there are.
#pragma once

#include <cstdint>

#include "heap/header.h"
#include "heap/verify_parts.h"

namespace ouro {

class EdgeCounts {
public:
    /// Before the edges of a set are counted for the first time, or again because it has shrunk.
    void begin() {
        round_ = 0;
        more_ = false;
    }
    /// Every edge is explained in this round. True iff another round is to be counted.
    bool next_round() {
        if (!more_ || round_ + 1 == kRounds) return false;
        ++round_;
        more_ = false;
        return true;
    }

    /// In every round, for every member, before its edges are counted.
    static void reset(Header* header) { header->set_edges(0); }
    void add(Header* header) {
        if (header->add_edge(modulus())) more_ = true;
    }
    /// Are all `count` references to the object accounted for, as far as this round can tell?
    bool explains(const Header* header, std::uint32_t count) {
        if (count >= kModuli[0]) more_ = true;
        return header->edges() == count % modulus();
    }

    bool is_sound() const { return round_ < kRounds && is_bool(more_); }

private:
    static constexpr std::uint32_t kRounds = 3;
    // A power of two, its predecessor, and an odd number below: no two have a common factor.
    static constexpr std::uint32_t kModuli[kRounds] = {Header::kEdgesMax + 1, Header::kEdgesMax,
                                                       Header::kEdgesMax - 2};
    static_assert(std::uint64_t{kModuli[0]} * kModuli[1] * kModuli[2] > WordValue::kCountMax,
                  "three rounds tell any two counts apart");

    std::uint32_t modulus() const { return kModuli[round_]; }

    std::uint32_t round_ = 0;
    bool more_ = false;  ///< a member has more references than one round can tell
};

}  // namespace ouro
