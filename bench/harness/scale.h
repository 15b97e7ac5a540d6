// How much of a work is done: all of it, enough for a first look, or just enough to see it run.
#pragma once

#include <algorithm>
#include <cstddef>

namespace ouro::bench {

enum class Scale { full, quick, smoke };

/// A number of things, a tenth or a thousandth of it.
inline std::size_t scaled(Scale scale, std::size_t count) {
    const std::size_t divisor = scale == Scale::full ? 1 : scale == Scale::quick ? 10 : 1000;
    return std::max<std::size_t>(count / divisor, 1);
}

/// A duration in milliseconds.
inline unsigned scaled_ms(Scale scale, unsigned full) {
    const unsigned divisor = scale == Scale::full ? 1 : scale == Scale::quick ? 4 : 50;
    return std::max(full / divisor, 1u);
}

/// The region of works with much in it.
inline std::size_t large_region(Scale scale) {
    return std::size_t{scale == Scale::smoke ? 16u : 256u} << 20;
}

/// The depth of a tree: the full one, two or seven less.
inline unsigned scaled_depth(Scale scale, unsigned full) {
    return full - (scale == Scale::full ? 0 : scale == Scale::quick ? 2 : 7);
}

}  // namespace ouro::bench
