// The collector at work by itself: when memory is short, on its own thread, around fork().
#include "gc/collecting_scope.h"
#include "gc/collector.h"

namespace ouro {

using platform::memory_order_acquire;
using platform::memory_order_relaxed;
using platform::memory_order_release;

namespace {

constexpr unsigned kAttemptsMax = 4;  // of an emergency pass that was aborted

}  // namespace

// ---- when memory is short

Error Collector::emergency_hook(void* self, unsigned attempt) {
    return static_cast<Collector*>(self)->emergency(attempt);
}

/// Attempt 0 finishes the pass under way or asks the fresh candidates, attempt 1 all of them,
/// attempt 2 takes out of a batch that waits for its finalizers what none of them can reach. The
/// pass lock is held for one step at a time; where waiting is not allowed and the lock is taken,
/// the request fails with collector_busy (rule 21).
Error Collector::emergency(unsigned attempt) {
    if (attempt == 2) return take_plain_from_batch();
    if (attempt > 2) return Error::out_of_memory;
    if (!port::kWaitAllowed) {
        if (!pass_lock_.try_lock()) return Error::collector_busy;
    } else {
        pass_lock_.lock();
    }
    Counters::add(heap_.counters().emergency_collections);
    const bool under_way = step_pass(config_.step_units);
    pass_lock_.unlock();
    if (under_way && attempt == 0) {
        finish_pass();
    } else {
        run_plain_pass(attempt > 0);
    }
    return Error::none;
}

/// A pass over the batch that waits for finalizers or is in the middle of them, if there is one.
Error Collector::take_plain_from_batch() {
    if (!port::kWaitAllowed) {
        if (!pass_lock_.try_lock()) return Error::collector_busy;
    } else {
        pass_lock_.lock();
    }
    while (step_pass(config_.step_units)) {
        pass_lock_.unlock();
        pass_lock_.lock();
    }
    const bool alive = pass_.batch_is_alive();
    if (alive) {
        pass_.begin_batch(true, save_all());
        ++pass_serial_;
    }
    pass_lock_.unlock();
    if (!alive) return Error::out_of_memory;
    finish_pass();
    return Error::none;
}

/// Steps until no pass is under way (or another context has begun the next one). False: its
/// members kept showing life and it decided nothing.
bool Collector::finish_pass() {
    platform::LockGuard guard(pass_lock_);
    const std::uint32_t serial = pass_serial_;
    while (pass_serial_ == serial && step_pass(config_.step_units)) {
        pass_lock_.unlock();
        pass_lock_.lock();
    }
    return pass_serial_ != serial || !pass_.result().aborted;
}

/// A pass that leaves everything with user code alone, to its end, after the one under way.
void Collector::run_plain_pass(bool include_deferred) {
    PassOptions options;
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
    while (step_pass(config_.step_units)) {
        pass_lock_.unlock();
        pass_lock_.lock();
    }
    pass_.begin(options);
    ++pass_serial_;
    pass_lock_.unlock();
    finish_pass();
}

/// A pass that is part of no collection, to its end; again if it was aborted.
void Collector::run_separate_pass(const PassOptions& options) {
    for (unsigned attempt = 0; attempt < kAttemptsMax; ++attempt) {
        pass_lock_.lock();
        while (step_pass(config_.step_units)) {
            pass_lock_.unlock();
            pass_lock_.lock();
        }
        pass_.begin(options);
        ++pass_serial_;
        pass_lock_.unlock();
        if (finish_pass()) return;
    }
}

// ---- the background thread

void Collector::wake_hook(void* self) {
    auto* collector = static_cast<Collector*>(self);
    // order: relaxed; a hint for pacing, the candidates themselves are published elsewhere.
    const std::uint32_t before = collector->dirty_pages_.fetch_add(1, memory_order_relaxed);
    if (before == 0 || before + 1 == collector->threshold()) collector->wake_.set();
}

bool Collector::start() {
    if (running_) return true;
    stopping_.store(0, memory_order_release);  // order: pairs with the loop in background()
    running_ = thread_.start(&Collector::thread_main, this);
    return running_;
}

void Collector::stop() {
    if (!running_) return;
    stopping_.store(1, memory_order_release);  // order: pairs with the loop in background()
    wake_.set();
    thread_.join();
    running_ = false;
}

void Collector::thread_main(void* self) { static_cast<Collector*>(self)->background(); }

void Collector::background() {
    for (;;) {
        if (heap_.has_postponed() && !config_.user_code_by_drain) settle_in_background();
        rest_until_asked_or_due();
        if (stopping_.load(memory_order_acquire) != 0) return;  // order: pairs with stop()
        if (is_enabled()) background_round();
    }
}

/// Is somebody in settle()? Then no time is to be lost.
bool Collector::is_asked() const {
    // order: acquire; pairs with settle().
    return settle_asked_.load(memory_order_acquire) != settle_served_.load(memory_order_acquire);
}

void Collector::rest_until_asked_or_due() {
    const std::uint64_t wait = time_to_wait();
    if (wait != 0) wake_.wait(wait);
    // Let a few more candidates come together, unless there are many already.
    const bool stopping = stopping_.load(memory_order_acquire) != 0;  // order: pairs with stop()
    if (!stopping && !is_asked() && dirty_pages() < threshold()) wake_.wait(config_.delay_ns);
}

/// Nanoseconds until there is something to do: at once when candidates or postponed releases wait,
/// when the deferred candidates are due, or not before being woken.
std::uint64_t Collector::time_to_wait() {
    if (heap_.has_postponed() && !config_.user_code_by_drain) return 0;
    if (!is_enabled()) return platform::kForever;
    if (is_asked()) return 0;
    if (threshold() == 0) return platform::kForever;
    if (dirty_pages() > 0) return 0;
    platform::LockGuard guard(pass_lock_);
    if (!pass_.has_deferred()) return platform::kForever;
    const std::uint64_t now = platform::clock_ns();
    return deferred_due_ns_ > now ? deferred_due_ns_ - now : 0;
}

bool Collector::settle() {
    if (platform::current_context().collecting_depth > 0) return false;
    // order: acq_rel / acquire; pairs with background_round().
    const std::uint32_t asked = settle_asked_.fetch_add(1, platform::memory_order_acq_rel) + 1;
    for (;;) {
        if (!running_ || !is_enabled() || threshold() == 0) return false;
        const std::uint32_t served = settle_served_.load(memory_order_acquire);
        if (static_cast<std::int32_t>(served - asked) >= 0) return true;
        wake_.set();
        platform::yield_thread();
    }
}

/// Ends that were put off do not wait for automatic collection to be enabled.
void Collector::settle_in_background() {
    if (!enter_collection(false, false)) return;
    {
        CollectingScope scope;
        finish_stepped_pass();
        settle_postponed();
    }
    leave_collection();
}

void Collector::background_round() {
    if (!enter_collection(false, !config_.user_code_by_drain)) {
        // A batch waits for drain(): what needs no user code can still go.
        if (config_.user_code_by_drain) run_plain_pass(false);
        return;
    }
    bool waits = false;
    {
        CollectingScope scope;
        const std::uint64_t start = platform::clock_ns();
        // order: acquire; pairs with settle(): what its caller did before is seen by this round.
        const std::uint32_t asked = settle_asked_.load(memory_order_acquire);
        const bool all = is_asked();
        PassOptions options;
        options.objects_per_root = all ? 0 : config_.objects_per_root;
        options.include_deferred = all || start >= deferred_due_ns_;
        announce(CollectPhase::start, {}, true);
        CollectResult result;
        if (config_.user_code_by_drain) {
            finish_stepped_pass();
            heap_.run_postponed(false);
            options.save_all = save_all();
            if (batch_.empty()) result.unreachable = run_pass(&options).collected;
            waits = !batch_.empty();
        } else {
            result = run_collection(options);
        }
        Counters::add(automatic_);
        announce(CollectPhase::stop, result, true);
        if (options.include_deferred) set_deferred_due(start, platform::clock_ns());
        settle_served_.store(asked, memory_order_release);  // order: pairs with settle()
    }
    leave_collection(waits);
}

/// Deferred candidates get their share of the time, no more: the next look is as far away as this
/// one took, times the other work's share.
void Collector::set_deferred_due(std::uint64_t start, std::uint64_t end) {
    const std::uint64_t share = config_.deferred_percent == 0 ? 1 : config_.deferred_percent;
    deferred_due_ns_ = end + (end - start) * (100 - share) / share;
}

// ---- fork

void Collector::before_fork_hook(void* self) {
    auto& collector = *static_cast<Collector*>(self);
    collector.forking_in_collection_ = platform::current_context().collecting_depth > 0;
    if (!collector.forking_in_collection_) collector.enter_collection(true);
    collector.pass_lock_.lock();
}

void Collector::after_fork_hook(void* self, bool in_child) {
    auto& collector = *static_cast<Collector*>(self);
    collector.pass_lock_.unlock();
    if (in_child) {
        collector.thread_.forget();
        collector.wake_.forget_waiters();
        collector.running_ = false;
    }
    if (!collector.forking_in_collection_) collector.leave_collection();
}

}  // namespace ouro
