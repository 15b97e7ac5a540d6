// W5: one thread reads a shared cell while another replaces what it holds, or while nobody does.
// Nanoseconds of the reading thread's processor time for one read, which looks into the object.
#pragma once

#include <atomic>
#include <thread>

#include "bench/contestant.h"
#include "bench/harness/keep.h"
#include "bench/harness/report.h"
#include "bench/harness/scale.h"
#include "bench/harness/threads.h"

namespace ouro::bench {

/// A counted reference is taken, looked through and released.
template <class C>
struct Counting {
    static std::uint64_t read(typename C::Cell& cell) {
        auto handle = C::load(cell);
        keep(handle);
        return C::value(handle);
    }
};

template <class C>
struct Borrowing {
    std::uint64_t read(typename C::Cell& cell) { return C::look(lender, cell); }
    typename C::Lender lender;
};

template <class C, class Reader, bool kReplaced>
void read_cell(Scale scale, Report& report) {
    begin<C>();
    static typename C::Cell cell;
    C::store(cell, C::make());
    const std::uint64_t duration = scaled_ms(scale, 300) * 1'000'000ull;
    std::uint64_t reads = 0;
    std::uint64_t writes = 0;
    std::atomic<bool> stop{false};
    const Together together = run_together<C>(kReplaced ? 2 : 1, true, [&](unsigned index) {
        if (index == 1) {
            for (; !stop; ++writes) C::store(cell, C::make());
            return;
        }
        for (const std::uint64_t end = wall_ns() + duration; wall_ns() < end;) {
            Reader reader;
            for (int i = 0; i < kLooks; ++i) {
                std::uint64_t value = reader.read(cell);
                keep(value);
            }
            reads += kLooks;
        }
        stop = true;
    });
    report.add("operations", static_cast<double>(reads));
    report.add("ns", static_cast<double>(together.threads[0]) / static_cast<double>(reads));
    report.add("parallel", together.parallel());
    if (kReplaced)
        report.add("write_ns",
                   static_cast<double>(together.threads[1]) / static_cast<double>(writes));
}

}  // namespace ouro::bench
