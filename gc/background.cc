// The collector at work by itself: when memory is short, and on its own thread.
#include <algorithm>

#include "gc/collector.h"
#include "platform/patience.h"

namespace ouro {

using platform::memory_order_acquire;
using platform::memory_order_relaxed;
using platform::memory_order_release;

namespace {

constexpr unsigned kWaitsMax = 64;                       // for a collection to begin its pass
constexpr unsigned kAttemptsMax = 4;                     // of an emergency pass that was aborted
constexpr std::uint64_t kDeferredPauseNs = 100'000'000;  // while a batch waits for drain()
// Until somebody else's collection is looked at again: its owner may be less urgent.
constexpr std::uint64_t kBusyWaitNs = 250'000;
constexpr std::uint64_t kPauseNs = 200'000;       // before the first look how much garbage there is
constexpr std::uint64_t kManyWaitNs = 2'000'000;  // many candidates, if there is little garbage
constexpr std::uint64_t kWithheldPauseNs = 100'000'000;  // between looks at what guards withhold

}  // namespace

// ---- when memory is short

Error Collector::emergency_hook(void* self, unsigned attempt) {
    auto& collector = *static_cast<Collector*>(self);
    const Error reason = collector.emergency(attempt);
    collector.wake_for_the_rest();
    return reason;
}

/// Attempt 0 finishes the pass under way (an automatic one asks no more candidates then) or asks
/// the fresh candidates, attempt 1 all of them, attempt 2 takes out of a batch that waits for its
/// finalizers what none of them can reach or, if there is none and the program allows it, collects
/// with user code. The pass lock is held for one step at a time; where waiting is not allowed and
/// the lock is taken, the request fails with collector_busy (rule 21).
Error Collector::emergency(unsigned attempt) {
    if (attempt == 2) {
        const Error reason = take_plain_from_batch();
        if (reason != Error::out_of_memory || !config_.emergency_runs_user_code) return reason;
        return collect().error;
    }
    if (attempt > 2) return Error::out_of_memory;
    if (!port::kWaitAllowed) {
        if (!pass_lock_.try_lock()) return Error::collector_busy;
    } else {
        pass_lock_.lock();
    }
    Counters::add(heap_.counters().emergency_collections);
    const bool under_way = step_pass(config_.step_units);
    if (under_way && pass_.options().automatic) pass_.stop_gathering();
    const std::uint32_t serial = pass_serial_;
    pass_lock_.unlock();
    if (under_way && attempt == 0) {
        finish_pass(serial);
    } else {
        run_plain_pass(attempt > 0);
    }
    settle_plain_postponed();
    return Error::none;
}

/// Ends that were put off and need no user code, as long as there are any.
void Collector::settle_plain_postponed() {
    PassOptions options;
    options.only_postponed = true;
    options.include_deferred = true;
    for (bool progress = true; progress;) {
        progress = false;
        heap_.run_postponed(false);
        if (Counters::get(heap_.counters().postponed) == 0) return;
        run_separate_pass(options);
        for (;;) {
            pass_lock_.lock();
            void* object = pass_.take_postponed();
            pass_lock_.unlock();
            if (object == nullptr) break;
            if (heap_.settle_plain_postponed(object)) progress = true;
        }
    }
}

/// A pass over the batch that waits for finalizers or is in the middle of them, if there is one.
Error Collector::take_plain_from_batch() {
    if (!port::kWaitAllowed) {
        if (!pass_lock_.try_lock()) return Error::collector_busy;
    } else {
        pass_lock_.lock();
    }
    while (step_pass(config_.step_units)) let_others_step();
    const bool alive = pass_.batch_is_alive();
    if (alive) {
        pass_.begin_batch(true, save_all());
        ++pass_serial_;
    }
    const std::uint32_t serial = pass_serial_;
    pass_lock_.unlock();
    if (!alive) return Error::out_of_memory;
    finish_pass(serial);
    return Error::none;
}

/// Steps until that pass is over. False: it was the last one, and what showed life while it decided
/// has kept other things from their end.
bool Collector::finish_pass(std::uint32_t serial) {
    platform::LockGuard guard(pass_lock_);
    while (pass_serial_ == serial && step_pass(config_.step_units)) {
        let_others_step();
    }
    const PassResult& result = pass_.result();
    return pass_serial_ != serial || !(result.aborted || result.let_some_go);
}

/// A pass that leaves everything with user code alone, to its end, after the one under way.
void Collector::run_plain_pass(bool include_deferred, bool automatic) {
    PassOptions options;
    options.automatic = automatic;
    options.exclude_user_code = true;
    options.include_deferred = include_deferred;
    options.save_all = save_all();
    run_separate_pass(options);
}

void Collector::rehearse() {
    PassOptions options;
    options.rehearsal = true;
    options.include_deferred = true;
    pass_lock_.lock();
    while (step_pass(config_.step_units)) let_others_step();
    pass_.begin(options);
    const std::uint32_t serial = ++pass_serial_;
    pass_lock_.unlock();
    finish_pass(serial);
    wake_for_the_rest();
}

/// A collection that has waited for its turn begins its pass before other contexts begin theirs;
/// bounded, should it get no processor.
bool Collector::collection_goes_first(unsigned wait) const {
    // order: acquire; pairs with run_pass().
    return collection_wants_pass_.load(memory_order_acquire) != 0 && wait < kWaitsMax;
}

/// Begins a pass that is part of no collection. Caller holds the lock and none is under way.
void Collector::begin_separate_pass(const PassOptions& options) {
    if (!options.only_postponed) note_pass_begin(options);
    pass_.begin(options);
    if (automatic_is_over(options)) pass_.stop_gathering();
    ++pass_serial_;
}

/// The same, to its end; again if it has let garbage go.
void Collector::run_separate_pass(const PassOptions& options) {
    for (unsigned attempt = 0; attempt < kAttemptsMax; ++attempt) {
        pass_lock_.lock();
        for (unsigned wait = 0; step_pass(config_.step_units) || collection_goes_first(wait);
             ++wait)
            let_others_step();
        begin_separate_pass(options);
        const std::uint32_t serial = pass_serial_;
        pass_lock_.unlock();
        if (finish_pass(serial)) return;
    }
}

// ---- the background thread

bool Collector::is_running() const {
    return running_.load(memory_order_acquire) != 0;  // order: pairs with start() and stop()
}

bool Collector::start() {
    if (is_running()) return true;
    stopping_.store(0, memory_order_release);  // order: pairs with the loop in background()
    const bool started = thread_.start(&Collector::thread_main, this, config_.thread);
    running_.store(started ? 1 : 0, memory_order_release);  // order: pairs with is_running()
    return started;
}

void Collector::stop() {
    if (!is_running()) return;
    stopping_.store(1, memory_order_release);  // order: pairs with the loop in background()
    call_off_automatic();
    wake_at_once();
    thread_.join();
    running_.store(0, memory_order_release);  // order: pairs with is_running()
    platform::LockGuard guard(pass_lock_);
    if (pass_.idle()) pass_.put_back_taken();  // else whoever has begun the pass does it
}

void Collector::thread_main(void* self) { static_cast<Collector*>(self)->background(); }

void Collector::background() {
    // order: acquire, both; pairs with stop(), whose signal any of the waits may have consumed.
    while (stopping_.load(memory_order_acquire) == 0) {
        bool settled = true;
        let_others_collect();
        if (ends_wait()) settled = settle_in_background();
        rest_until_asked_or_due();
        if (stopping_.load(memory_order_acquire) != 0) return;  // order: as above
        if (end_withheld() && settled && !is_pass_due()) continue;
        if (starts_by_itself() && !background_round())
            wake().wait(std::max(config_.delay_ns, kBusyWaitNs));
    }
}

/// Looks at what guards have withheld: what needs no user code ends here, the rest of what may end
/// waits for settle_in_background(). False: nothing was withheld.
bool Collector::end_withheld() {
    if (!heap_.guards().begin_looks()) return false;
    heap_.end_withheld(false);
    return true;
}

/// Do ends that were put off wait for the collector's thread? A moment's truth.
bool Collector::ends_wait() const { return heap_.has_waiting() && !config_.user_code_by_drain; }

/// Is somebody in settle()? Then no time is to be lost.
bool Collector::is_asked() const {
    // order: acquire; pairs with settle().
    return settle_asked_.load(memory_order_acquire) != settle_served_.load(memory_order_acquire);
}

void Collector::rest_until_asked_or_due() {
    const std::uint64_t wait = time_to_wait();
    if (wait != 0) wake().wait(wait);
    // Let a few more candidates come together, unless there are many already.
    const bool stopping = stopping_.load(memory_order_acquire) != 0;  // order: pairs with stop()
    if (stopping || is_pass_urgent(false)) return;
    if (kPauses && starts_by_itself()) {
        pause();
    } else {
        wake().wait(config_.delay_ns);
    }
}

/// Is a pass not to wait for its time? `many_are`: many candidates are a reason by themselves.
bool Collector::is_pass_urgent(bool many_are) {
    if (!starts_by_itself()) return false;
    const bool many = count() >= threshold() && (many_are || pacing_.is_enough(heap_));
    return is_asked() || many || heap_.signal().are_many_bytes() || is_garbage_deferred();
}

/// Waits until a pass is due or urgent. In the beginning only stop() and settle() wake it: to wake
/// a thread that sleeps would take who makes candidates longer than anything else it does.
void Collector::pause() {
    const std::uint64_t unwoken = std::min(config_.delay_ns, kManyWaitNs);
    for (std::uint64_t waited = 0; waited < unwoken;) {
        // Doubles what it has waited for.
        const std::uint64_t slice = std::min(std::max(waited, kPauseNs), unwoken - waited);
        pause_.wait(slice);
        waited += slice;
        const bool stopping = stopping_.load(memory_order_acquire) != 0;  // order: as above
        if (stopping || is_pass_urgent(waited >= kManyWaitNs)) return;
    }
    if (config_.delay_ns > unwoken) wake().wait(config_.delay_ns - unwoken);
}

/// For what is rare and not to wait.
void Collector::wake_at_once() {
    wake().set();
    pause_.set();
}

/// Nanoseconds until there is something to do: at once when candidates or postponed releases wait,
/// when the deferred candidates are due, or not before being woken.
std::uint64_t Collector::time_to_wait() {
    if (ends_wait()) return 0;
    const std::uint64_t wait = time_to_pass();
    return heap_.guards().count() == 0 ? wait : std::min(wait, kWithheldPauseNs);
}

bool Collector::is_pass_due() { return time_to_pass() == 0 || heap_.signal().are_many_bytes(); }

std::uint64_t Collector::time_to_pass() {
    if (!starts_by_itself()) return platform::kForever;
    if (is_asked() || count() > 0 || is_garbage_deferred()) return 0;
    platform::LockGuard guard(pass_lock_);
    if (pass_.has_more()) return 0;
    if (!pass_.has_deferred()) return platform::kForever;
    const std::uint64_t now = platform::clock_ns();
    return deferred_due_ns_ > now ? deferred_due_ns_ - now : 0;
}

/// Is so much in use that there must be garbage that only deferred candidates lead to?
bool Collector::is_garbage_deferred() {
    if (!pacing_.wants_all(heap_) || waits_for_drain()) return false;
    platform::LockGuard guard(pass_lock_);
    return pass_.has_deferred();
}

bool Collector::settle() {
    if (CollectingScope::is_here(collecting_on_)) return false;
    if (!is_running() || !starts_by_itself()) return false;
    // order: acq_rel / acquire; pairs with background_round().
    const std::uint32_t asked = settle_asked_.fetch_add(1, platform::memory_order_acq_rel) + 1;
    for (platform::Patience patience;;) {
        if (!is_running() || !starts_by_itself() || waits_for_drain()) return false;
        const std::uint32_t served = settle_served_.load(memory_order_acquire);
        if (static_cast<std::int32_t>(served - asked) >= 0) return true;
        wake_at_once();
        patience.wait();
    }
}

/// Does garbage wait for drain(), and the background collector with it?
bool Collector::waits_for_drain() const {
    platform::LockGuard guard(collection_lock_);
    return config_.user_code_by_drain && batch_waits_;
}

/// Ends that were put off do not wait for automatic collection to be enabled. False: the collection
/// is not ours to begin.
bool Collector::settle_in_background() {
    if (!enter_collection(false, false)) return false;
    {
        CollectingScope scope(collecting_on_);
        finish_stepped_pass();
        settle_postponed();
    }
    leave_collection();
    return true;
}

/// False: the collection is not ours to begin, or ends wait for other contexts; better wait a
/// little.
bool Collector::background_round() {
    if (!enter_collection(false, !config_.user_code_by_drain)) {
        // A batch waits for drain(): what needs no user code can still go, the rest is deferred.
        if (config_.user_code_by_drain && (count() > 0 || has_more_candidates()))
            run_plain_pass(false, true);
        deferred_due_ns_ = platform::clock_ns() + kDeferredPauseNs;
        return false;
    }
    bool waits = false;
    {
        CollectingScope scope(collecting_on_);
        const std::uint64_t start = platform::clock_ns();
        // order: acquire; pairs with settle(): what its caller did before is seen by this round.
        const std::uint32_t asked = settle_asked_.load(memory_order_acquire);
        const bool all = is_asked();
        forget_deferred_asked();
        PassOptions options;
        options.automatic = true;
        const bool pressed = begin_to_ask_all();
        const bool whole = all || pressed;
        options.objects_per_root = whole ? 0 : config_.objects_per_root;
        options.include_deferred =
            whole || start >= deferred_due_ns_ || pacing_.take_left_user_code();
        options.members_max = whole || config_.user_code_by_drain ? 0 : config_.objects_per_pass;
        announce(CollectPhase::start, {}, true);
        CollectResult result;
        if (config_.user_code_by_drain) {
            finish_stepped_pass();
            heap_.run_postponed(false);
            options.save_all = save_all();
            if (!has_batch()) result.unreachable = run_pass(&options).collected;
            waits = has_batch();
        } else {
            result = run_collection(options);
        }
        Counters::add(automatic_);
        announce(CollectPhase::stop, result, true);
        if (deferred_asked_) set_deferred_due(start, platform::clock_ns());
        if (pressed) note_all_asked();
        settle_served_.store(asked, memory_order_release);  // order: pairs with settle()
    }
    leave_collection(waits);
    return !ends_wait();
}

/// Is this round to ask all candidates, because of what is in use?
bool Collector::begin_to_ask_all() {
    if (!pacing_.wants_all(heap_)) return false;
    platform::LockGuard guard(pass_lock_);
    pacing_.begin_to_ask_all();
    return true;
}

/// Whatever came of it, the next round that is to ask all is as far away as another one.
void Collector::note_all_asked() {
    platform::LockGuard guard(pass_lock_);
    pacing_.note_all_asked(heap_);
}

/// Deferred candidates get their share of the time, unless memory presses: the next look is as far
/// away as this one took, times the other work's share.
void Collector::set_deferred_due(std::uint64_t start, std::uint64_t end) {
    // In 256ths: small machines need a long function for a division of 64 bits.
    const std::uint32_t share = config_.deferred_percent;
    const std::uint32_t factor = (100 - share) * 256 / share;
    deferred_due_ns_ = end + (end - start) * factor / 256;
}

}  // namespace ouro
