// W1: copy a reference into a variable that outlives the expression, and release it. Nanoseconds of
// processor time for one pair, on each thread.
#pragma once

#include <utility>
#include <vector>

#include "bench/contestant.h"
#include "bench/harness/keep.h"
#include "bench/harness/report.h"
#include "bench/harness/scale.h"
#include "bench/harness/threads.h"

namespace ouro::bench {

inline constexpr std::size_t kCopies = 20'000'000;

inline void report_pairs(Report& report, const Together& together, std::size_t pairs) {
    const auto all = static_cast<double>(pairs * together.threads.size());
    report.add("operations", all);
    report.add("ns", static_cast<double>(together.sum()) / all);
    report.add("parallel", together.parallel());
}

/// `work` is done in a loop by `threads` threads, each with the handle of an object: the same one,
/// or one each.
template <class C, class Work>
void repeat_on_handles(unsigned threads, bool same, Scale scale, Report& report, Work work) {
    using Handle = typename C::Handle;
    begin<C>();
    const std::size_t pairs = scaled(scale, kCopies);
    const Handle shared = C::make();
    const Together together = run_together<C>(threads, threads > 1, [&](unsigned) {
        Handle original = same ? shared : C::make();
        keep(original);
        for (std::size_t i = 0; i < pairs; ++i) work(original);
    });
    report_pairs(report, together, pairs);
}

template <class C>
void copy_and_release(typename C::Handle& original) {
    typename C::Handle copy(original);
    keep(copy);
    keep(original);
}

template <class C>
void copy_one(Scale scale, Report& report) {
    repeat_on_handles<C>(1, true, scale, report, copy_and_release<C>);
}

template <class C>
void copy_same(Scale scale, Report& report) {
    repeat_on_handles<C>(2, true, scale, report, copy_and_release<C>);
}

template <class C>
void copy_separate(Scale scale, Report& report) {
    repeat_on_handles<C>(2, false, scale, report, copy_and_release<C>);
}

/// Instead of a copy: the reference moves into another variable and back.
template <class C>
void move_there_and_back(Scale scale, Report& report) {
    repeat_on_handles<C>(1, true, scale, report, [](typename C::Handle& original) {
        typename C::Handle moved(std::move(original));
        keep(moved);
        original = std::move(moved);
        keep(original);
    });
}

/// Instead of a copy: a look at what a field refers to, through the contestant's cheapest safe way.
template <class C>
void look_through_field(Scale scale, Report& report) {
    begin<C>();
    const std::size_t looks = scaled(scale, kCopies);
    typename C::Handle node = C::make();
    C::set(node, 0, C::make());
    const Together together = run_together<C>(1, false, [&](unsigned) {
        for (std::size_t done = 0; done < looks; done += kLooks) {
            typename C::Lender lender;
            for (int i = 0; i < kLooks; ++i) {
                std::uint64_t value = C::look(lender, node, 0);
                keep(value);
            }
        }
    });
    report_pairs(report, together, looks);
}

}  // namespace ouro::bench
