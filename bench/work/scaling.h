// S: 1 to 16 threads do W4's operation, each on 1024 live nodes of its own. Operations per
// microsecond on the wall, and the share of the processor time that other threads, the collector's,
// have had.
#pragma once

#include <atomic>
#include <utility>
#include <vector>

#include "bench/contestant.h"
#include "bench/harness/clock.h"
#include "bench/harness/random.h"
#include "bench/harness/report.h"
#include "bench/harness/scale.h"
#include "bench/harness/threads.h"

namespace ouro::bench {

template <class C>
std::uint64_t replace_pairs_until(std::uint64_t end, unsigned seed) {
    using Handle = typename C::Handle;
    Random random(seed + 1);
    std::vector<Handle> nodes;
    for (int i = 0; i < 1024; ++i) nodes.push_back(C::make());
    for (std::size_t i = 1; i < nodes.size(); ++i) C::set(nodes[i], 0, nodes[i - 1]);
    std::uint64_t operations = 0;
    while (wall_ns() < end) {
        for (int i = 0; i < 64; ++i) {
            const Handle& holder = nodes[random.below(1024)];
            Handle a = C::make();
            Handle b = C::make();
            C::set(a, 0, b);
            if constexpr (HasCycles<C>) C::set(b, 0, a);
            C::clear(holder, 2);
            C::set(holder, 2, std::move(a));
        }
        operations += 64;
    }
    return operations;
}

template <class C, unsigned kCount>
void scaling(Scale scale, Report& report) {
    begin<C>({.region_bytes = large_region(scale)});
    const std::uint64_t duration = scaled_ms(scale, 400) * 1'000'000ull;
    std::atomic<std::uint64_t> operations{0};
    const std::uint64_t process = process_ns();
    const std::uint64_t main_thread = thread_ns();
    const Together together = run_together<C>(kCount, false, [&](unsigned index) {
        operations += replace_pairs_until<C>(wall_ns() + duration, index);
    });
    const auto all = static_cast<double>(process_ns() - process - (thread_ns() - main_thread));
    report.add("per_us",
               1000 * static_cast<double>(operations) / static_cast<double>(together.wall));
    report.add("cpu_ns", all / static_cast<double>(operations));
    report.add("others_share", 1 - static_cast<double>(together.sum()) / all);
    report.add("parallel", together.parallel());
}

}  // namespace ouro::bench
