// W2: two-object cycles, made, dropped and reclaimed by themselves. The time runs until the last is
// reclaimed.
#pragma once

#include "bench/contestant.h"
#include "bench/harness/clock.h"
#include "bench/harness/report.h"
#include "bench/harness/scale.h"
#include "bench/harness/threads.h"

namespace ouro::bench {

template <class C>
void make_cycle() {
    typename C::Handle a = C::make();
    typename C::Handle b = C::make();
    C::set(a, 0, b);
    C::set(b, 0, a);
}

template <class C>
void cycles(Scale scale, Report& report) {
    begin<C>({.region_bytes = large_region(scale)});
    const std::size_t count = scaled(scale, 1'000'000);
    make_cycle<C>();
    finish<C>();

    const std::size_t objects_before = live_objects<C>(0);
    const std::size_t bytes_before = used_bytes<C>();
    reset_peak_resident();
    const std::size_t resident_before = resident_bytes();
    const std::uint64_t wall = wall_ns();
    const std::uint64_t process = process_ns();
    const std::uint64_t thread = thread_ns();
    for (std::size_t i = 0; i < count; ++i) make_cycle<C>();
    const std::uint64_t made = wall_ns();
    finish<C>();
    const auto cycles = static_cast<double>(count);
    report.add("ns", static_cast<double>(wall_ns() - wall) / cycles);
    report.add("operations", cycles);
    report.add("make_ns", static_cast<double>(made - wall) / cycles);
    report.add("cpu_ns", static_cast<double>(process_ns() - process) / cycles);
    report.add("mutator_cpu_ns", static_cast<double>(thread_ns() - thread) / cycles);
    const auto over = [](std::size_t now, std::size_t before) {
        return now > before ? static_cast<double>(now - before) : 0.0;
    };
    report.add("peak_over_start", over(peak_bytes<C>(), bytes_before));
    report.add("resident_over_start", over(peak_resident_bytes(), resident_before));
    if (live_objects<C>(0) != objects_before) fail("W2: cycles are left");
}

}  // namespace ouro::bench
