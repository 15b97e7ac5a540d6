// A part of the collector's work by a thread whose allocations need memory. See gc/pacing.h.
#include <algorithm>

#include "gc/collector.h"
#include "platform/mutant.h"

namespace ouro {

namespace {

constexpr std::uint32_t kMembersMax = 512;  // of a pass by a thread that needs memory

}  // namespace

void Collector::taken_hook(void* self, std::size_t bytes) {
    static_cast<Collector*>(self)->assist(bytes);
}

/// For so many bytes that an allocation has taken beyond the limit: a step of the pass under way.
/// Where another context is in the middle of one it is left to that; but when far more is in use,
/// that one is waited for, and if no pass is under way, because the collector's thread gets no
/// processor or is in user code, a small one is done here from its beginning to its end. Time: a
/// unit for a byte, at most CollectorConfig::step_units; or a pass over kMembersMax members and
/// what one candidate reaches (CollectorConfig::objects_per_root).
void Collector::assist(std::size_t bytes) {
    if (!is_running() || !starts_by_itself()) return;
    const auto units = static_cast<std::uint32_t>(std::min<std::size_t>(bytes, config_.step_units));
    if (OURO_MUTANT(assist_unlocked)) {
        step_pass(units);
        return;
    }
    if (!port::kWaitAllowed || !pacing_.is_far(heap_)) {
        if (!pass_lock_.try_lock()) return;
        assist_step(units / 2 + 1);
        pass_lock_.unlock();
        return;
    }
    pass_lock_.lock();
    const bool begun = !assist_step(units) && begin_assisting_pass();
    pass_lock_.unlock();
    if (!begun) return;
    finish_pass();
    if (has_more_candidates()) wake().set();
}

/// False: no pass is under way. Caller holds the lock.
bool Collector::assist_step(std::uint32_t units) {
    if (!step_pass(units)) return false;
    Counters::add(assisted_);
    pacing_.note_step();
    return true;
}

/// A pass that whoever begins it sees to its end: without user code, as in an emergency, and over a
/// part of the candidates. False: there is none to ask, or the last ones have freed nothing. Caller
/// holds the lock, and no pass is under way.
bool Collector::begin_assisting_pass() {
    if (count() == 0 && !pass_.has_more()) {
        pacing_.begin_round(heap_);
        pacing_.end_round(heap_, !pass_.has_deferred());  // all lives, as far as can be known
        return false;
    }
    if (!pacing_.is_time_to_begin()) return false;
    PassOptions options;
    options.automatic = true;
    options.exclude_user_code = true;
    options.save_all = save_all();
    options.objects_per_root = config_.objects_per_root;
    options.members_max = kMembersMax;
    begin_separate_pass(options);
    pacing_.note_begin(pass_serial_);
    Counters::add(assisted_);
    return true;
}

}  // namespace ouro
