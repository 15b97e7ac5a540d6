// Who is at work at this moment: threads inside their drop loops, and collector passes that begin
// meanwhile.
#pragma once

#include <cstdint>

#include "ouro/ouro.h"
#include "platform/atomic.h"

namespace ouro::tools {

/// Threads: any, for all functions.
class DropActivity {
public:
    /// A thread enters its drop loop: its first drop is next.
    void enter();
    /// It leaves: its last drop is over.
    void leave();
    /// The most threads that have been inside at one moment.
    std::uint32_t threads_at_once() const;

    /// Lets the collector's background thread report here. The thread does not run yet, and this
    /// outlives it.
    void watch(ManagedHeap& heap);
    /// Has the collector been told of possible roots that it has not taken up, or is it at work?
    bool collector_is_due();
    /// Collections that the background thread has begun while at least one thread was inside its
    /// drop loop. Each makes at least one pass.
    std::uint32_t passes_during_drops() const;

private:
    static void announced(void* self, const CollectInfo& info);

    ManagedHeap* heap_ = nullptr;
    platform::atomic<std::uint32_t> running_{0};
    platform::atomic<std::uint32_t> running_max_{0};
    platform::atomic<std::uint32_t> passes_during_drops_{0};
};

}  // namespace ouro::tools
