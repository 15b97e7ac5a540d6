// W4: every single operation timed, beside 2^20 - 1 live linked objects. One operation is two
// allocations and four writes of links: a new pair that refers to each other takes the place of an
// older one at one of 4096 live nodes. A contestant that reclaims no cycles leaves the back link
// out.
//
//   r      nothing else
//   dr     in each operation also a copy and a release of a reference to the live root
//   fr     a second thread asks for collections all the time
//   tenth  as r, while threads that the contestant started get a tenth of a processor
#pragma once

#include <dirent.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <iterator>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "bench/contestant.h"
#include "bench/harness/clock.h"
#include "bench/harness/histogram.h"
#include "bench/harness/keep.h"
#include "bench/harness/random.h"
#include "bench/harness/report.h"
#include "bench/harness/scale.h"
#include "bench/harness/threads.h"

namespace ouro::bench {

enum class Pauses { r, dr, fr, tenth };

/// The live tree. In static memory, where a collector that scans memory finds it.
template <class C>
class LiveTree {
public:
    using Handle = typename C::Handle;
    static constexpr std::size_t kHolders = 4096;

    static void build(unsigned depth) {
        const std::size_t leaves = std::size_t{1} << depth;
        stride_ = std::max<std::size_t>(leaves / kHolders, 1);
        holders_ = static_cast<std::uint32_t>(std::min(leaves, kHolders));
        root_ = grow(depth);
    }
    static void operate(Random& random) {
        const Handle& holder = holder_[random.below(holders_)];
        Handle a = C::make();
        Handle b = C::make();
        C::set(a, 0, b);
        if constexpr (HasCycles<C>) C::set(b, 0, a);
        C::clear(holder, 2);
        C::set(holder, 2, std::move(a));
    }
    static void touch_root() {
        Handle copy(root_);
        keep(copy);
    }

private:
    static Handle grow(unsigned depth) {
        Handle node = C::make();
        if (depth == 0) {
            if (leaf_ % stride_ == 0) holder_[leaf_ / stride_] = node;
            ++leaf_;
            return node;
        }
        C::set(node, 0, grow(depth - 1));
        C::set(node, 1, grow(depth - 1));
        return node;
    }

    static inline Handle root_{};
    static inline std::array<Handle, kHolders> holder_{};
    static inline std::uint32_t holders_ = 0;
    static inline std::size_t stride_ = 1;
    static inline std::size_t leaf_ = 0;
};

/// The ids of this process's threads.
inline std::vector<pid_t> thread_ids() {
    std::vector<pid_t> ids;
    DIR* folder = opendir("/proc/self/task");
    if (folder == nullptr) return ids;
    while (const dirent* entry = readdir(folder)) {
        if (entry->d_name[0] != '.') ids.push_back(std::atoi(entry->d_name));
    }
    closedir(folder);
    std::sort(ids.begin(), ids.end());
    return ids;
}

/// Gives the threads a tenth of a processor: they share one with a thread that goes before them,
/// works for 9 ms and rests for one.
class Starvation {
public:
    explicit Starvation(const std::vector<pid_t>& threads) {
        const std::vector<int> usable = processors();
        if (usable.size() < 2) fail("W4 tenth: needs two processors");
        for (const pid_t thread : threads) {
            bind_to(usable[1], thread);
            if (!set_rank(Rank::first, thread)) fail("W4 tenth: needs real-time priorities");
        }
        bind_to(usable[0]);
        busy_ = std::thread([this, processor = usable[1]] {
            bind_to(processor);
            set_rank(Rank::before_first);
            const std::uint64_t start = thread_ns();
            while (!stop_) {
                for (const std::uint64_t end = wall_ns() + 9'000'000; wall_ns() < end;) {
                }
                std::this_thread::sleep_for(std::chrono::milliseconds(1));
            }
            burnt_ = thread_ns() - start;
        });
    }
    /// Ends it; returns the processor time that its thread has used.
    std::uint64_t end() {
        stop_ = true;
        busy_.join();
        return burnt_;
    }

private:
    std::atomic<bool> stop_{false};
    std::uint64_t burnt_ = 0;
    std::thread busy_;
};

/// Does operations in bursts until `milliseconds` of them are timed, with rests between them and
/// before the first. They leave the machine usable while this process goes first, and keep it from
/// using a processor for 950 of 1000 ms, after which Linux stops such threads for the other 50.
/// `in_burst` tells other threads to rest as well.
template <class C>
void time_operations(bool touch, unsigned milliseconds, Histogram& histogram,
                     std::atomic<bool>& in_burst) {
    constexpr std::uint64_t kBurstNs = 700'000'000;
    const std::chrono::milliseconds rest{milliseconds < 100 ? 0 : 300};
    Random random(1);
    for (const std::uint64_t wanted = std::uint64_t{milliseconds} * 1'000'000;
         histogram.sum() < wanted;) {
        std::this_thread::sleep_for(rest);
        in_burst = true;
        const std::uint64_t burst = std::min(wanted - histogram.sum(), kBurstNs);
        const std::uint64_t start = wall_ns();
        for (std::uint64_t last = start, now; last - start < burst; last = now) {
            LiveTree<C>::operate(random);
            if (touch) LiveTree<C>::touch_root();
            now = wall_ns();
            histogram.add(now - last);
        }
        in_burst = false;
    }
}

inline void report_pauses(Report& report, const Histogram& times) {
    const auto total = static_cast<double>(times.sum());
    report.add("operations", static_cast<double>(times.count()));
    report.add("ns", total / static_cast<double>(times.count()));
    report.add("p50", static_cast<double>(times.percentile(0.5)));
    report.add("p99", static_cast<double>(times.percentile(0.99)));
    report.add("p999", static_cast<double>(times.percentile(0.999)));
    report.add("p9999", static_cast<double>(times.percentile(0.9999)));
    report.add("longest", static_cast<double>(times.longest()));
    report.add("long_share", static_cast<double>(times.sum_of_long()) / total);
}

template <class C, Pauses kVariant>
void pauses(Scale scale, Report& report) {
    const std::vector<pid_t> before = thread_ids();
    begin<C>({.region_bytes = large_region(scale)});
    const std::vector<pid_t> after = thread_ids();
    std::vector<pid_t> started;
    std::set_difference(after.begin(), after.end(), before.begin(), before.end(),
                        std::back_inserter(started));
    LiveTree<C>::build(scaled_depth(scale, 19));
    Random random(2);
    for (int i = 0; i < 4 * 4096; ++i) LiveTree<C>::operate(random);  // every holder has a pair
    finish<C>();
    reset_peak_resident();
    report.add("live_bytes", static_cast<double>(used_bytes<C>()));

    std::atomic<bool> stop{false};
    std::atomic<bool> in_burst{false};
    std::thread forcing;
    if constexpr (kVariant == Pauses::fr) {
        forcing = std::thread([&stop, &in_burst] {
            if constexpr (requires { C::enter_thread(); }) C::enter_thread();
            while (!stop) {
                if (in_burst) {
                    C::collect();
                } else {
                    std::this_thread::sleep_for(std::chrono::milliseconds(1));
                }
            }
            if constexpr (requires { C::leave_thread(); }) C::leave_thread();
        });
    }
    std::optional<Starvation> starvation;
    if constexpr (kVariant == Pauses::tenth) starvation.emplace(started);
    const std::uint64_t wall = wall_ns();
    const std::uint64_t others = other_threads_ns();
    Histogram times;
    time_operations<C>(kVariant == Pauses::dr, scaled_ms(scale, 1600), times, in_burst);
    double other_ns = static_cast<double>(other_threads_ns()) - static_cast<double>(others);
    if (starvation) other_ns -= static_cast<double>(starvation->end());
    stop = true;
    if (forcing.joinable()) forcing.join();

    report_pauses(report, times);
    report.add("peak_bytes", static_cast<double>(peak_bytes<C>()));
    report.add("others_share", other_ns / static_cast<double>(wall_ns() - wall));
}

}  // namespace ouro::bench
