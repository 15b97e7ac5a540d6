// What the collector's passes tell of the garbage that there is, and a part of their work by a
// thread whose allocations need memory. See gc/pacing.h.
#include <algorithm>

#include "gc/collector.h"
#include "platform/mutant.h"

namespace ouro {

using platform::memory_order_acquire;

namespace {

constexpr std::uint32_t kMembersMax = 512;  // of a pass by a thread that needs memory
constexpr unsigned kStepsMax = 4;           // of it, before it takes no more pages

}  // namespace

// ---- what is garbage, and what was asked

/// A pass with these options is to begin. What it leaves where it was reported stays counted.
void Collector::note_pass_begin(const PassOptions& options) {
    if (!pass_.takes_reported(options)) return;
    ++takings_;
    heap_.signal().reset();
    pacing_.begin_round(heap_);
}

/// Were all candidates asked when this pass has ended?
void Collector::note_pass_end(const PassResult& result) {
    if (!pacing_.is_on()) return;
    pacing_.freed(result.freed_bytes);
    pacing_.note_end(pass_serial_, result.freed_bytes, result.left_alone != 0);
    const PassOptions& options = pass_.options();
    if (result.aborted || options.only_postponed || options.rehearsal || pass_.is_batch_pass())
        return;
    if (pass_.has_more() || pass_.was_called_off()) return;
    const bool some_wait = result.left_alone != 0 || result.let_some_go ||
                           result.gave_up_roots != 0 ||
                           (pass_.has_deferred() && !options.include_deferred);
    pacing_.end_round(heap_, some_wait ? Asked::fresh : Asked::all, result.batched != 0);
}

/// A collection begins. Did its passes come to the deferred candidates?
void Collector::forget_deferred_asked() {
    platform::LockGuard guard(pass_lock_);
    deferred_asked_ = false;
}

// ---- assistance

void Collector::taken_hook(void* self, std::size_t bytes) {
    static_cast<Collector*>(self)->assist(bytes);
}

/// For so many bytes that an allocation has taken beyond the limit: a step of the pass under way.
/// Where another context is in the middle of one it is left to that; but when far more is in use,
/// that one is waited for, and if no pass is under way, because the collector's thread gets no
/// processor or is in user code, a small one is done here from its beginning to its end. Time: a
/// unit for two bytes or, when far more is in use, CollectorConfig::step_units; or a pass over
/// kMembersMax members and what the candidates of one page reach (CollectorConfig::objects_per_root
/// each).
void Collector::assist(std::size_t bytes) {
    if (!is_running() || !starts_by_itself()) return;
    const auto units =
        static_cast<std::uint32_t>(std::min<std::size_t>(bytes / 2 + 1, config_.step_units));
    if (OURO_MUTANT(assist_unlocked)) {
        step_pass(units);
        return;
    }
    if (!port::kWaitAllowed || !pacing_.is_far(heap_)) {
        if (!pass_lock_.try_lock()) return;
        assist_step(units);
        pass_lock_.unlock();
        return;
    }
    pass_lock_.lock();
    const bool is_idle = !assist_step(config_.step_units);
    const bool leaves_it = is_idle && is_left_to_thread();
    if (is_idle && !leaves_it && begin_assisting_pass()) finish_assisting_pass();
    pass_lock_.unlock();
    if (!leaves_it) return;
    wake().set();
    platform::yield_thread();  // it may have been woken on this processor
}

/// False: no pass is under way. Caller holds the lock.
bool Collector::assist_step(std::uint32_t units) {
    if (!step_pass(units)) return false;
    Counters::add(assisted_);
    pacing_.note_step();
    return true;
}

/// Is there nothing to ask but deferred candidates, and are they to be asked, as far as it goes?
/// That is too much for a small pass. Caller holds the lock, and no pass is under way.
bool Collector::is_left_to_thread() {
    const bool only_deferred = count() == 0 && !pass_.has_more() && pass_.has_deferred();
    return only_deferred && pacing_.wants_all(heap_) && !waits_for_drain();
}

/// A pass that whoever begins it sees to its end: without user code, as in an emergency, and over a
/// part of the candidates. False: there is none to ask, or it is not the time. Caller holds the
/// lock, and no pass is under way.
bool Collector::begin_assisting_pass() {
    // order: acquire; pairs with stop(), after which nobody would ask what the pass leaves.
    if (!is_running() || stopping_.load(memory_order_acquire) != 0) return false;
    if (count() == 0 && !pass_.has_more()) {
        if (pass_.has_deferred()) return false;
        pacing_.begin_round(heap_);
        pacing_.end_round(heap_, Asked::all, false);  // all lives
        return false;
    }
    if (!pacing_.is_time_to_begin()) return false;
    PassOptions options;
    options.automatic = true;
    options.exclude_user_code = true;
    options.save_all = save_all();
    options.objects_per_root =
        config_.objects_per_root != 0 ? config_.objects_per_root : kMembersMax;
    options.members_max = kMembersMax;
    begin_separate_pass(options);
    pacing_.note_begin(pass_serial_);
    Counters::add(assisted_);
    return true;
}

/// Caller holds the lock, and has begun the pass.
void Collector::finish_assisting_pass() {
    const std::uint32_t serial = pass_serial_;
    for (unsigned step = 1; pass_serial_ == serial && step_pass(config_.step_units); ++step) {
        if (step == kStepsMax) pass_.fill();  // so many of them are not to be asked now
        let_others_step();
    }
    // order: acquire; pairs with stop(), which has found the pass under way.
    const bool is_over = !is_running() || stopping_.load(memory_order_acquire) != 0;
    if (is_over && pass_.idle()) pass_.put_back_taken();
    wake().set();  // what was taken, put back or found is the collector's
}

}  // namespace ouro
