#include "tools/drop_crew.h"

#include <algorithm>
#include <chrono>
#include <memory>
#include <thread>

#include "absl/strings/str_cat.h"
#include "platform/thread.h"

namespace ouro::tools {

using platform::memory_order_acq_rel;
using platform::memory_order_acquire;
using platform::memory_order_relaxed;
using platform::memory_order_release;

struct DropCrew::Worker {
    DropCrew* crew = nullptr;
    std::uint32_t first = 0;  ///< its first root, an index into roots_
    OperationTimes times;
    std::vector<std::uint32_t> wrong_roots;
};

bool DropCrew::may_wait() const {
    const std::uint64_t now = platform::clock_ns();
    if (now < wait_until_ns_) return true;
    const bool first = activity_.passes_during_drops() == 0;
    return first && now < wait_for_first_until_ns_ && activity_.collector_is_due();
}

void DropCrew::wait_for_pass() {
    while (activity_.passes_during_drops() == passes_before_ && may_wait()) {
        std::this_thread::sleep_for(std::chrono::microseconds(50));
    }
}

void DropCrew::work(Worker& worker) {
    if (worker.first >= roots_.size()) return;
    activity_.enter();
    for (std::size_t i = worker.first; i < roots_.size(); i += threads_) {
        Ref<NodeObject> last = graph_.give_up(roots_[i], worker.times);
        if (last->node != graph_.node_of(roots_[i])) worker.wrong_roots.push_back(roots_[i]);
        if (paced_) wait_for_pass();
        timed(worker.times.release_ns, [&] { last.reset(); });
        platform::yield_thread();
    }
    activity_.leave();
}

void DropCrew::thread_main(void* argument) {
    auto& worker = *static_cast<Worker*>(argument);
    DropCrew& crew = *worker.crew;
    // order: release/acquire; what the loader wrote is seen by the threads, and through the join
    // what they wrote by the caller. Spinning, so that all go at once.
    crew.ready_.fetch_add(1, memory_order_acq_rel);
    while (crew.gate_.load(memory_order_acquire) == kClosed) platform::yield_thread();
    if (crew.gate_.load(memory_order_relaxed) == kOpen) crew.work(worker);
}

absl::Status DropCrew::drop_on_threads(std::vector<Worker>& workers) {
    const auto threads = std::make_unique<platform::Thread[]>(workers.size());
    // order: relaxed, both; published by the start of the threads.
    ready_.store(0, memory_order_relaxed);
    gate_.store(kClosed, memory_order_relaxed);
    std::uint32_t started = 0;
    while (started < workers.size() &&
           threads[started].start(&DropCrew::thread_main, &workers[started])) {
        ++started;
    }
    while (ready_.load(memory_order_acquire) < started) platform::yield_thread();
    const bool all = started == workers.size();
    gate_.store(all ? kOpen : kGiveUp, memory_order_release);
    for (std::uint32_t i = 0; i < started; ++i) threads[i].join();
    if (all) return absl::OkStatus();
    return absl::ResourceExhaustedError(
        absl::StrCat("the system gives ", started, " of ", workers.size(), " threads"));
}

absl::Status DropCrew::drop(std::span<const std::uint32_t> roots) {
    roots_ = roots;
    passes_before_ = activity_.passes_during_drops();
    const std::uint64_t start = platform::clock_ns();
    wait_until_ns_ = start + std::min(kWaitOfBlockNs, kWaitOfAllNs - waited_ns_);
    wait_for_first_until_ns_ = start + wait_of_first_ns_;
    std::vector<Worker> workers(threads_);
    for (std::uint32_t i = 0; i < threads_; ++i) {
        workers[i].crew = this;
        workers[i].first = i;
    }
    if (threads_ == 1) {
        work(workers[0]);
    } else if (absl::Status status = drop_on_threads(workers); !status.ok()) {
        return status;
    }
    const std::uint64_t took = platform::clock_ns() - start;  // no wait was longer
    waited_ns_ = std::min(kWaitOfAllNs, waited_ns_ + std::min(took, kWaitOfBlockNs));
    for (const Worker& worker : workers) {
        times_.add(worker.times);
        wrong_roots_.insert(wrong_roots_.end(), worker.wrong_roots.begin(),
                            worker.wrong_roots.end());
    }
    return absl::OkStatus();
}

}  // namespace ouro::tools
