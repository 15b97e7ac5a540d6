// A part of the collector's work by a thread whose allocations need memory. See gc/pacing.h.
//
// Such a thread does steps of passes that the collector has begun, never passes of its own: those
// would need somebody to see them to their end.
#include <algorithm>

#include "gc/collector.h"
#include "platform/mutant.h"
#include "platform/patience.h"

namespace ouro {

namespace {

constexpr unsigned kWaitsMax = platform::Patience::kYields + 4;  // for a pass; about a millisecond

}  // namespace

void Collector::taken_hook(void* self, std::size_t bytes) {
    static_cast<Collector*>(self)->assist(bytes);
}

/// For so many bytes that an allocation has taken beyond the limit: a step of the pass under way.
/// Where the collector is in the middle of one it is left to that; but when far more is in use,
/// that step is waited for, and, a little, the beginning of a pass, unless the collection is held up
/// by user code. Time: a unit for a byte, at most CollectorConfig::step_units, and these waits.
void Collector::assist(std::size_t bytes) {
    if (!is_running() || !starts_by_itself()) return;
    const auto units = static_cast<std::uint32_t>(std::min<std::size_t>(bytes, config_.step_units));
    const bool may_wait = port::kWaitAllowed && pacing_.is_far(heap_);
    for (platform::Patience patience;; patience.wait()) {
        if (OURO_MUTANT(assist_unlocked)) {
            assist_pass(units);
            return;
        }
        if (!may_wait) {
            if (!pass_lock_.try_lock()) return;
        } else {
            pass_lock_.lock();
        }
        const bool is_done = assist_pass(may_wait ? units : units / 2 + 1);
        pass_lock_.unlock();
        if (is_done || !may_wait || collecting() || patience.is_over(kWaitsMax)) return;
        wake().set();
    }
}

/// True: a step was done, or there is none to come. Caller holds the lock.
bool Collector::assist_pass(std::uint32_t units) {
    if (step_pass(units)) {
        Counters::add(assisted_);
        return true;
    }
    const bool deferred = pass_.has_deferred();
    if (count() != 0 || pass_.has_more() || (deferred && pacing_.wants_all(heap_))) return false;
    pacing_.end_round(heap_, !deferred);  // no candidate: all lives, as far as can be known
    return true;
}

}  // namespace ouro
