// A part of the collector's work by a thread whose allocations make memory grow. See gc/pacing.h.
#include <algorithm>

#include "gc/collector.h"
#include "platform/mutant.h"

namespace ouro {

void Collector::taken_hook(void* self, std::size_t bytes) {
    static_cast<Collector*>(self)->assist(bytes);
}

/// For so many bytes that an allocation has taken beyond the limit: a step of the pass under way,
/// whoever began it. Where the collector is in the middle of one it is left to that; but when far
/// more is in use, that step is waited for, and a pass is begun if there is none. Time: a unit for
/// a byte, at most CollectorConfig::step_units, and the wait for as much.
void Collector::assist(std::size_t bytes) {
    if (!is_running() || !starts_by_itself()) return;
    const bool is_far = pacing_.is_far(heap_);
    if (!is_far || !port::kWaitAllowed) {
        if (!pass_lock_.try_lock()) return;
    } else {
        pass_lock_.lock();
    }
    if (pass_.idle() && is_far) begin_assisting_pass();
    if (pass_.idle() && !has_candidates())
        pacing_.set_live(heap_, heap_.blocks().bytes_in_use(), !pass_.has_deferred());
    const std::size_t units = std::min<std::size_t>(bytes, config_.step_units);
    step_pass(static_cast<std::uint32_t>(is_far ? units : units / 2) + 1);
    pass_lock_.unlock();
}

/// Caller holds the lock and no pass is under way.
bool Collector::has_candidates() {
    const bool deferred = pass_.has_deferred() && pacing_.wants_all(heap_);
    return count() != 0 || pass_.has_more() || deferred;
}

/// As a pass of the background's, but it leaves what has user code to that. Caller holds the lock
/// and no pass is under way.
void Collector::begin_assisting_pass() {
    if (!has_candidates()) return;
    PassOptions options;
    options.automatic = true;
    options.exclude_user_code = !OURO_MUTANT(assist_takes_user_code);
    options.include_deferred = pacing_.wants_all(heap_);
    options.objects_per_root = config_.objects_per_root;
    options.members_max = config_.objects_per_pass;
    options.save_all = save_all();
    begin_separate_pass(options);
}

}  // namespace ouro
