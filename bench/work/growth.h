// G: what reclaiming a garbage graph costs per object and reference, as the graph grows; the same
// for one plain traversal; and per garbage object beside a live heap that grows.
//
// A contestant of G offers WideHandle, make_wide(fields), set_wide(node, field, target), and
// collect_all(), which reclaims everything unreachable on the calling thread and returns how many
// objects.
#pragma once

#if __has_include(<valgrind/callgrind.h>)
#include <valgrind/callgrind.h>
#define OURO_BENCH_CALLGRIND 1
#else
#define OURO_BENCH_CALLGRIND 0
#endif

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <utility>
#include <vector>

#include "bench/contestant.h"
#include "bench/harness/clock.h"
#include "bench/harness/report.h"
#include "bench/harness/threads.h"
#include "bench/work/shapes.h"

namespace ouro::bench {

/// Repeats work(), which returns a duration, for 50 ms in all, at most 200 times and, unless that
/// takes more than half a second, at least 3 times.
template <class W>
double median_ns(bool once, W&& work) {
    std::vector<std::uint64_t> times;
    std::uint64_t sum = 0;
    do {
        times.push_back(work());
        sum += times.back();
    } while (!once && times.size() < 200 &&
             (sum < 50'000'000 || (times.size() < 3 && sum < 500'000'000)));
    std::nth_element(times.begin(), times.begin() + times.size() / 2, times.end());
    return static_cast<double>(times[times.size() / 2]);
}

/// Under callgrind: nothing but what lies in this scope is counted.
class CountedScope {
public:
    CountedScope() {
#if OURO_BENCH_CALLGRIND
        CALLGRIND_START_INSTRUMENTATION;
#endif
    }
    ~CountedScope() {
#if OURO_BENCH_CALLGRIND
        CALLGRIND_STOP_INSTRUMENTATION;
#endif
    }
    CountedScope(const CountedScope&) = delete;
    CountedScope& operator=(const CountedScope&) = delete;
};

template <class C>
std::uint64_t collect_shape(const Shape& shape) {
    {
        std::vector<typename C::WideHandle> objects;
        objects.reserve(shape.objects());
        for (std::size_t i = 0; i < shape.objects(); ++i)
            objects.push_back(C::make_wide(shape.fields()));
        shape.for_each_reference([&](std::size_t from, std::uint32_t field, std::size_t to) {
            C::set_wide(objects[from], field, objects[to]);
        });
    }
    const std::uint64_t start = thread_ns();
    std::size_t reclaimed;
    {
        CountedScope counted;
        reclaimed = C::collect_all();
    }
    const std::uint64_t time = thread_ns() - start;
    if (reclaimed != shape.objects()) fail("G: not exactly the garbage was reclaimed");
    return time;
}

template <class C>
void collect_growth(const std::string& name, std::size_t size, bool once, Report& report) {
    const Shape shape(name, size);
    const std::size_t bytes = shape.objects() * (std::size_t{shape.fields()} * 8 + 48);
    begin<C>({.region_bytes = bytes + bytes / 2 + (std::size_t{16} << 20), .background = false});
    const double time = median_ns(once, [&] { return collect_shape<C>(shape); });
    report.add("size", static_cast<double>(shape.size()));
    report.add("ns", time / static_cast<double>(shape.size()));
}

/// A live list of `live` objects; the garbage are 25,000 pairs.
template <class C>
void collect_beside_live(std::size_t live, Report& report) {
    constexpr std::size_t kPairs = 25'000;
    begin<C>({.region_bytes = live * 96 + (std::size_t{32} << 20), .background = false});
    typename C::Handle first = C::make();
    for (std::size_t i = 1; i < live; ++i) {
        typename C::Handle node = C::make();
        C::set(first, 1, node);
        C::set(node, 0, std::move(first));
        first = std::move(node);
    }
    C::collect_all();
    const double time = median_ns(false, [&] {
        for (std::size_t i = 0; i < kPairs; ++i) {
            typename C::Handle a = C::make();
            typename C::Handle b = C::make();
            C::set(a, 0, b);
            C::set(b, 0, a);
        }
        const std::uint64_t start = thread_ns();
        if (C::collect_all() != 2 * kPairs) fail("G: not exactly the garbage was reclaimed");
        return thread_ns() - start;
    });
    report.add("ns", time / (2 * kPairs));
}

/// An object of the plain graph: as large as a counted one, from malloc.
struct PlainObject {
    std::uint64_t seen;
    std::uint64_t unused;
    std::uint64_t fields;
    PlainObject** begin() { return reinterpret_cast<PlainObject**>(this + 1); }
};

/// Every object once, every reference looked at once, with a stack of its own.
inline std::size_t traverse(PlainObject* from, std::uint64_t mark,
                            std::vector<PlainObject*>& stack) {
    std::size_t seen = 1;
    from->seen = mark;
    stack.push_back(from);
    while (!stack.empty()) {
        PlainObject* object = stack.back();
        stack.pop_back();
        for (std::uint64_t k = 0; k < object->fields; ++k) {
            PlainObject* target = object->begin()[k];
            if (target == nullptr || target->seen == mark) continue;
            target->seen = mark;
            stack.push_back(target);
            ++seen;
        }
    }
    return seen;
}

inline void traverse_growth(const std::string& name, std::size_t size, Report& report) {
    const Shape shape(name, size);
    const std::size_t bytes = sizeof(PlainObject) + shape.fields() * sizeof(void*);
    std::vector<PlainObject*> objects;
    objects.reserve(shape.objects());
    for (std::size_t i = 0; i < shape.objects(); ++i) {
        objects.push_back(static_cast<PlainObject*>(std::calloc(1, bytes)));
        objects.back()->fields = shape.fields();
    }
    shape.for_each_reference([&](std::size_t from, std::uint32_t field, std::size_t to) {
        objects[from]->begin()[field] = objects[to];
    });
    std::vector<PlainObject*> stack;
    stack.reserve(shape.objects());
    std::uint64_t mark = 0;
    const double time = median_ns(false, [&] {
        const std::uint64_t start = thread_ns();
        if (traverse(objects[0], ++mark, stack) != shape.objects()) fail("G: not all was reached");
        return thread_ns() - start;
    });
    report.add("size", static_cast<double>(shape.size()));
    report.add("ns", time / static_cast<double>(shape.size()));
}

}  // namespace ouro::bench
