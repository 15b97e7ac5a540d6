// W6: a list of a million nodes is dropped, linked one way or both ways, by a thread with a stack
// of 8 MiB or 64 KiB. Nanoseconds of its processor time for a node, until all are
// reclaimed.
#pragma once

#include <algorithm>
#include <cstdint>
#include <utility>

#include "bench/contestant.h"
#include "bench/harness/clock.h"
#include "bench/harness/keep.h"
#include "bench/harness/report.h"
#include "bench/harness/scale.h"
#include "bench/harness/threads.h"

namespace ouro::bench {

inline constexpr std::size_t kListNodes = 1'000'000;

template <class C, bool kBothWays>
typename C::Handle make_list(std::size_t nodes) {
    typename C::Handle head = C::make();
    for (std::size_t i = 1; i < nodes; ++i) {
        typename C::Handle node = C::make();
        if constexpr (kBothWays) C::set(head, 1, node);
        C::set(node, 0, std::move(head));
        head = std::move(node);
    }
    return head;
}

template <class C, bool kBothWays, std::size_t kStackBytes>
void drop_list(Scale scale, Report& report) {
    begin<C>({.region_bytes = large_region(scale), .background = false});
    const std::size_t objects_before = live_objects<C>(0);
    const std::size_t nodes = scaled(scale, kListNodes);
    std::uint64_t time = 0;
    run_on_stack<C>(kStackBytes, [&] {
        typename C::Handle head = make_list<C, kBothWays>(nodes);
        keep(head);
        const std::uint64_t start = thread_ns();
        head = typename C::Handle{};
        keep(head);
        finish<C>();
        time = thread_ns() - start;
    });
    report.add("operations", static_cast<double>(nodes));
    report.add("ns", static_cast<double>(time) / static_cast<double>(nodes));
    if (live_objects<C>(0) != objects_before) fail("W6: nodes are left");
}

/// A bound of 256 objects on what one release may end: the longest release, of one list of a
/// million nodes and of a thousand lists of a thousand.
template <class C>
void drop_bounded(Scale scale, Report& report) {
    begin<C>({.region_bytes = large_region(scale), .cascade_objects = 256});
    std::uint64_t longest = 0;
    const std::size_t lists = scaled(scale, 1000);
    for (std::size_t i = 0; i <= lists; ++i) {
        typename C::Handle head = make_list<C, false>(i == 0 ? scaled(scale, kListNodes) : 1000);
        const std::uint64_t start = wall_ns();
        head = typename C::Handle{};
        longest = std::max(longest, wall_ns() - start);
    }
    finish<C>();
    report.add("longest", static_cast<double>(longest));
    if (live_objects<C>(0) != 0) fail("W6: nodes are left");
}

}  // namespace ouro::bench
