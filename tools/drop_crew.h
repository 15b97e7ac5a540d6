// The drops between two collections, on several threads at once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "absl/status/status.h"
#include "platform/atomic.h"
#include "tools/drop_activity.h"
#include "tools/heap_graph.h"
#include "tools/operation_times.h"

namespace ouro::tools {

/// Most threads that a crew may have.
inline constexpr std::uint32_t kDropThreadsMax = 256;

/// Drops roots on a fixed number of threads, which are started for every block of drops and end
/// with it. With one thread the caller's is used.
///
/// Root i of a block belongs to thread i modulo the number of threads. All threads stand ready
/// before the first drop begins, and yield after every drop, so that they take turns where there
/// are fewer processors than threads.
///
/// Paced (for a collector that runs by itself): the drops of a real graph may all be over before
/// the collector gets the processor. So a drop that has told the collector of a possible root (see
/// HeapGraph::give_up()) waits, before it gives up the last handle, until the collector has begun a
/// pass beside the drops of this block: at most kWaitOfBlockNs since the block began, and
/// kWaitOfAllNs in all blocks together. Then all threads go on beside that pass. As long as there
/// has been no such pass at all, and the collector is at work or has been told of possible roots,
/// the wait is up to kWaitOfFirstNs: that thread gets the processor some day.
class DropCrew {
public:
    static constexpr std::uint64_t kWaitOfBlockNs = 100'000'000;
    static constexpr std::uint64_t kWaitOfAllNs = 2'000'000'000;
    static constexpr std::uint64_t kWaitOfFirstNs = 60'000'000'000;

    /// Takes: what to drop from and where to report to, which outlive this; 1..kDropThreadsMax.
    DropCrew(HeapGraph& graph, DropActivity& activity, std::uint32_t threads, bool paced,
             std::uint64_t wait_of_first_ns = kWaitOfFirstNs)
        : graph_(graph),
          activity_(activity),
          threads_(threads),
          paced_(paced),
          wait_of_first_ns_(wait_of_first_ns) {}

    /// Drops these roots, each once; returns when all are dropped. Fails (ResourceExhausted) iff
    /// the system has no thread to give; then nothing was dropped.
    absl::Status drop(std::span<const std::uint32_t> roots);

    const OperationTimes& times() const { return times_; }
    /// Roots whose handles did not refer to the node that the file says.
    const std::vector<std::uint32_t>& wrong_roots() const { return wrong_roots_; }

private:
    struct Worker;
    enum Gate : std::uint32_t { kClosed, kOpen, kGiveUp };

    static void thread_main(void* worker);
    void work(Worker& worker);
    void wait_for_pass();
    bool may_wait() const;
    absl::Status drop_on_threads(std::vector<Worker>& workers);

    HeapGraph& graph_;
    DropActivity& activity_;
    const std::uint32_t threads_;
    const bool paced_;
    const std::uint64_t wait_of_first_ns_;

    // Of the block at hand.
    std::span<const std::uint32_t> roots_;
    platform::atomic<std::uint32_t> ready_{0};
    platform::atomic<std::uint32_t> gate_{kClosed};
    std::uint32_t passes_before_ = 0;  ///< activity_.passes_during_drops() when the block began
    std::uint64_t wait_until_ns_ = 0;
    std::uint64_t wait_for_first_until_ns_ = 0;

    std::uint64_t waited_ns_ = 0;
    OperationTimes times_;
    std::vector<std::uint32_t> wrong_roots_;
};

}  // namespace ouro::tools
