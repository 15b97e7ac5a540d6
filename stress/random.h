// Numbers from a seed: the same seed gives the same numbers on every machine.
#pragma once

#include <cstdint>

namespace ouro::stress {

/// Scrambles 64 bits (SplitMix64: Steele, Lea, Flood, OOPSLA 2014; constants by Vigna).
constexpr std::uint64_t scramble(std::uint64_t x) {
    x += 0x9e3779b97f4a7c15u;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
}

/// A generator of its own for one thread or one purpose. Not shared between threads.
class Random {
public:
    constexpr explicit Random(std::uint64_t seed) : state_(seed) {}

    constexpr std::uint64_t next() {
        const std::uint64_t value = scramble(state_);
        state_ += 0x9e3779b97f4a7c15u;
        return value;
    }
    /// A number in [0, n), n > 0.
    constexpr std::uint32_t below(std::uint32_t n) {
        return static_cast<std::uint32_t>(((next() >> 32) * n) >> 32);
    }
    /// A number in [low, high].
    constexpr std::uint32_t between(std::uint32_t low, std::uint32_t high) {
        return low + below(high - low + 1);
    }
    constexpr bool one_in(std::uint32_t n) { return below(n) == 0; }
    /// One of the values given.
    template <class T, std::size_t N>
    constexpr T one_of(const T (&values)[N]) {
        return values[below(static_cast<std::uint32_t>(N))];
    }
    /// A generator for stream number `stream` of this one's seed; this one does not move on.
    constexpr Random stream(std::uint64_t stream) const {
        return Random(scramble(state_ ^ scramble(stream + 1)));
    }

private:
    std::uint64_t state_;
};

}  // namespace ouro::stress
