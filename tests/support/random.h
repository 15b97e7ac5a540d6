// Random numbers for tests: reproducible, and the seed is part of every failure.
//
//   SeededRandom random = seeded_random();            OURO_TEST_SEED in the environment, or 1
//   SCOPED_TRACE(random.seed_text());
#pragma once

#include <cstdint>
#include <cstdlib>
#include <string>

namespace ouro::testing {

/// The SplitMix64 generator (Steele, Lea, Flood, OOPSLA 2014).
class SeededRandom {
public:
    explicit SeededRandom(std::uint64_t seed) : seed_(seed), state_(seed) {}

    std::uint64_t next() {
        std::uint64_t x = state_ += 0x9E3779B97F4A7C15u;
        x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9u;
        x = (x ^ (x >> 27)) * 0x94D049BB133111EBu;
        return x ^ (x >> 31);
    }
    /// A number in [0, limit).
    std::uint32_t below(std::uint64_t limit) { return static_cast<std::uint32_t>(next() % limit); }
    std::string seed_text() const { return "OURO_TEST_SEED=" + std::to_string(seed_); }

private:
    std::uint64_t seed_;
    std::uint64_t state_;
};

inline SeededRandom seeded_random() {
    const char* seed = std::getenv("OURO_TEST_SEED");
    return SeededRandom(seed != nullptr ? std::strtoull(seed, nullptr, 0) : 1);
}

}  // namespace ouro::testing
