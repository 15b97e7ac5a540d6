// The work of the allocator's figures: sizes, a random number generator, types of every size.
//
// Two distributions: sizes uniform in 8..256, and the object mix, 30 % 16, 30 % 24, 15 % 32,
// 15 % 48, 10 % 64..256.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

#include "ouro/ouro.h"

namespace ouro::bench {

/// xorshift32 (G. Marsaglia, "Xorshift RNGs", 2003).
class Random {
public:
    explicit Random(std::uint32_t seed) : state_(seed * 2654435761u + 1) {}
    std::uint32_t next() {
        state_ ^= state_ << 13;
        state_ ^= state_ >> 17;
        return state_ ^= state_ << 5;
    }
    /// Below `limit`, at most 2^16.
    std::uint32_t below(std::uint32_t limit) { return (next() >> 16) * limit >> 16; }

private:
    std::uint32_t state_;
};

enum class Sizes { uniform, mix };

inline std::uint32_t draw_size(Random& random, Sizes sizes) {
    if (sizes == Sizes::uniform) return 8 + random.below(249);
    const std::uint32_t percent = random.below(100);
    if (percent < 30) return 16;
    if (percent < 60) return 24;
    if (percent < 75) return 32;
    if (percent < 90) return 48;
    return 64 + random.below(193);
}

/// Objects of N bytes without references.
template <std::size_t N>
struct Leaf {
    std::byte bytes[N];
    using ouro_leaf = void;
};

inline constexpr std::size_t kSizeStep = 8;
inline constexpr std::size_t kSizeMax = 256;
inline constexpr std::size_t kLeafTypes = kSizeMax / kSizeStep;

namespace detail {
template <std::size_t... Index>
constexpr auto leaf_types(std::index_sequence<Index...>) {
    struct {
        const TypeInfo* infos[kLeafTypes];
    } made{{&ouro::detail::type_info_of<Leaf<(Index + 1) * kSizeStep>>...}};
    return made;
}
inline constexpr auto kLeafInfos = leaf_types(std::make_index_sequence<kLeafTypes>());
}  // namespace detail

/// The type whose objects have these bytes, rounded up to a header's size: what the allocator does
/// to any size. A program has a type of its own for each.
inline const TypeInfo& leaf_type(std::uint32_t bytes) {
    return *detail::kLeafInfos.infos[(bytes + kSizeStep - 1) / kSizeStep - 1];
}

}  // namespace ouro::bench
