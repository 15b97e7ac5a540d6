// W3: binary trees of depth 16, built and dropped again and again, without and with a reference
// from each node to its parent.
#pragma once

#include <algorithm>
#include <utility>

#include "bench/contestant.h"
#include "bench/harness/clock.h"
#include "bench/harness/keep.h"
#include "bench/harness/report.h"
#include "bench/harness/scale.h"
#include "bench/harness/threads.h"

namespace ouro::bench {

template <class C, bool kParents>
typename C::Handle tree(unsigned depth) {
    typename C::Handle node = C::make();
    if (depth == 0) return node;
    for (int side = 0; side < 2; ++side) {
        typename C::Handle child = tree<C, kParents>(depth - 1);
        if constexpr (kParents) C::set(child, 2, node);
        C::set(node, side, std::move(child));
    }
    return node;
}

template <class C, bool kParents>
void trees(Scale scale, Report& report) {
    begin<C>({.region_bytes = large_region(scale)});
    const unsigned depth = scaled_depth(scale, 16);
    const std::size_t count = std::max<std::size_t>(scaled(scale, 40), 2);
    const std::size_t objects_before = live_objects<C>(0);
    const std::size_t bytes_before = used_bytes<C>();
    reset_peak_resident();

    const std::uint64_t wall = wall_ns();
    const std::uint64_t process = process_ns();
    std::size_t live_bytes = 0;
    for (std::size_t i = 0; i < count; ++i) {
        typename C::Handle root = tree<C, kParents>(depth);
        keep(root);
        if (i == 0) live_bytes = used_bytes<C>() - bytes_before;
    }
    finish<C>();
    const auto nodes = static_cast<double>(count * ((std::size_t{2} << depth) - 1));
    report.add("ns", static_cast<double>(wall_ns() - wall) / nodes);
    report.add("operations", nodes);
    report.add("cpu_ns", static_cast<double>(process_ns() - process) / nodes);
    report.add("live_bytes", static_cast<double>(live_bytes));
    report.add("peak_over_start", static_cast<double>(peak_bytes<C>() - bytes_before));
    if (live_objects<C>(0) != objects_before) fail("W3: nodes are left");
}

}  // namespace ouro::bench
