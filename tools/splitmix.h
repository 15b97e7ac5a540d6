// splitmix64: the mixing function behind the `mix` field of gcgraph files. Vigna, after Steele,
// Lea & Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014.
#pragma once

#include <cstdint>

namespace ouro::tools {

/// Mix 64 bits: a bijection whose output looks random even for small consecutive inputs.
/// The sum modulo 2^64 over a set of node ids is a fingerprint of the set that does not depend on
/// the order of summation, so that threads may sum apart and add up at the end.
/// Takes:      any value; a node id in gcgraph files.
/// Returns:    the mixed value; equals the first output of the SplitMix64 generator seeded with x.
/// Time:       O(1), seven operations on 64 bits. Never fails.
/// Threads:    any; no state.
constexpr std::uint64_t splitmix64(std::uint64_t x) {
    x += 0x9E3779B97F4A7C15u;
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9u;
    x = (x ^ (x >> 27)) * 0x94D049BB133111EBu;
    return x ^ (x >> 31);
}

}  // namespace ouro::tools
