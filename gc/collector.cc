#include "gc/collector.h"
#include "gc/collecting_scope.h"

#include "heap/field_slot.h"
#include "heap/reference_count.h"
#include "platform/mutant.h"

namespace ouro {

using platform::memory_order_acq_rel;
using platform::memory_order_acquire;
using platform::memory_order_relaxed;
using platform::memory_order_release;

namespace {

constexpr unsigned kSettleRoundsMax = 64;
constexpr unsigned kAttemptsMax = 8;  // of a pass whose decision was aborted

}  // namespace

Collector::Collector(Heap& heap, const CollectorConfig& config, std::size_t region_bytes)
    : heap_(heap), config_(config), pass_(heap, heap.extra(), region_bytes), batch_(heap, pass_) {
    // order: relaxed, both; no other context knows the collector yet.
    enabled_.store(config.enabled ? 1 : 0, memory_order_relaxed);
    threshold_pages_.store(config.threshold_pages, memory_order_relaxed);
    heap_.hooks() = {this, &Collector::emergency_hook, &Collector::wake_hook,
                     &Collector::before_fork_hook, &Collector::after_fork_hook};
}

Collector::~Collector() {
    stop();
    heap_.hooks() = {};
}

// ---- the pass, one step at a time

/// One step of the pass under way, whoever began it. True iff there was one. Caller holds the lock.
bool Collector::step_pass(std::uint32_t units) {
    if (pass_.idle()) return false;
    const std::uint64_t start = platform::clock_ns();
    pass_.step(units);
    const std::uint64_t took = platform::clock_ns() - start;
    if (took > Counters::get(longest_step_ns_))
        longest_step_ns_.store(took, memory_order_relaxed);  // order: a figure
    if (!pass_.idle()) return true;
    const PassResult& result = pass_.result();
    Counters::add(passes_);
    Counters::add(collected_, result.collected);
    Counters::add(examined_, result.examined);
    Counters::add(aborted_, result.aborted ? 1 : 0);
    Counters::add(deferred_roots_, result.gave_up_roots);
    if (pass_serial_ == collection_serial_ && !collection_pass_done_) {
        pass_result_ = result;
        collection_pass_done_ = true;
    }
    return true;
}

/// Begins a pass of the collection. Caller holds the lock and no pass is under way.
void Collector::begin_pass(const PassOptions& options) {
    OURO_ASSERT(options.only_postponed || batch_.empty(), "a pass over a batch that is not done");
    dirty_pages_.store(0, memory_order_relaxed);  // order: a hint for pacing
    pass_.begin(options);
    collection_serial_ = ++pass_serial_;
    collection_pass_done_ = false;
}

/// A pass of the collection, to its end, after any pass that is under way. Null: over the batch.
PassResult Collector::run_pass(const PassOptions* options) {
    pass_lock_.lock();
    while (step_pass(config_.step_units)) {
        pass_lock_.unlock();
        pass_lock_.lock();
    }
    if (options != nullptr) {
        begin_pass(*options);
    } else {
        pass_.begin_batch();
        collection_serial_ = ++pass_serial_;
        collection_pass_done_ = false;
    }
    while (!collection_pass_done_) {
        step_pass(config_.step_units);
        pass_lock_.unlock();
        pass_lock_.lock();
    }
    const PassResult result = pass_result_;
    pass_lock_.unlock();
    return result;
}

// ---- collections

bool Collector::enter_collection(bool wait, bool take_waiting_batch) {
    for (;;) {
        {
            platform::LockGuard guard(collection_lock_);
            if (!collection_taken_) {
                collection_taken_ = true;
                return true;
            }
            if (batch_waits_ && take_waiting_batch) {  // it belongs to whoever comes to finish it
                batch_waits_ = false;
                return true;
            }
        }
        if (!wait || !port::kWaitAllowed) return false;
        platform::yield_thread();
    }
}

/// The collection is free again, or belongs to a batch that waits for somebody's drain().
void Collector::leave_collection(bool batch_waits) {
    platform::LockGuard guard(collection_lock_);
    batch_waits_ = batch_waits;
    collection_taken_ = batch_waits;
}

void Collector::announce(CollectPhase phase, std::size_t collected, bool automatic) {
    void (*callback)(void*, const CollectInfo&) = nullptr;
    void* self = nullptr;
    {
        platform::LockGuard guard(collection_lock_);
        callback = callback_;
        self = callback_self_;
    }
    if (callback != nullptr) callback(self, {phase, collected, automatic});
}

/// The second validation of a batch whose finalizers have all run. False: its members kept showing
/// life; they are candidates again and the batch is empty.
bool Collector::validate_batch() {
    batch_alive_ = false;
    if (OURO_MUTANT(batch_not_validated)) return true;
    for (unsigned attempt = 0; attempt < kAttemptsMax; ++attempt) {
        if (!run_pass(nullptr).aborted) return true;
    }
    platform::LockGuard guard(pass_lock_);
    batch_.give_up();
    return false;
}

/// Runs what is left of a batch, at most `budget` finalizers and destructors: finalizers, second
/// validation, the end. Returns how many tracked objects it reclaimed.
std::size_t Collector::finish_batch(bool& complete, std::uint32_t budget) {
    if (batch_.empty()) return 0;
    if (batch_alive_) {
        std::uint32_t run = 0;
        if (OURO_MUTANT(finalizers_under_lock)) pass_lock_.lock();
        const bool all = batch_.run_finalizers(budget, &run);
        if (OURO_MUTANT(finalizers_under_lock)) pass_lock_.unlock();
        if (!all) return 0;
        budget -= run;
        if (!validate_batch()) complete = false;
    }
    batch_.clear_inner_references();
    const std::size_t reclaimed = batch_.take_apart(budget);
    Counters::add(collected_, reclaimed);
    return reclaimed;
}

/// Ends that were put off: chains left over from bounded cascades, and single objects, which only a
/// look at the candidates finds. Stops after a number of rounds: user code may put off more.
bool Collector::settle_postponed() {
    for (unsigned round = 0; heap_.has_postponed() && round < kSettleRoundsMax; ++round) {
        heap_.run_postponed(true);
        PassOptions options;
        options.only_postponed = true;
        options.include_deferred = true;
        if (Counters::get(heap_.counters().postponed) != 0) run_pass(&options);
        for (;;) {
            void* object = nullptr;
            {
                platform::LockGuard guard(pass_lock_);
                object = pass_.take_postponed();
            }
            if (object == nullptr) break;
            heap_.settle_postponed(object);
        }
    }
    return !heap_.has_postponed();
}

/// A pass that step() began and did not finish: to its end. Its batch is the collection's.
void Collector::finish_stepped_pass() {
    if (!stepping_) return;
    pass_lock_.lock();
    while (!collection_pass_done_) {
        step_pass(config_.step_units);
        pass_lock_.unlock();
        pass_lock_.lock();
    }
    batch_alive_ = pass_result_.batch_alive;
    stepping_ = false;
    pass_lock_.unlock();
}

std::size_t Collector::run_collection(const PassOptions& options, bool& complete) {
    complete = true;
    finish_stepped_pass();
    std::size_t reclaimed = finish_batch(complete);  // one that waited for drain()
    settle_postponed();
    for (unsigned attempt = 0; attempt < kAttemptsMax; ++attempt) {
        const PassResult result = run_pass(&options);
        reclaimed += result.collected;
        batch_alive_ = result.batch_alive;
        bool batch_complete = true;
        reclaimed += finish_batch(batch_complete);
        const bool settled = settle_postponed();
        complete = settled && batch_complete && !result.aborted;
        if (complete) break;
    }
    return reclaimed;
}

CollectResult Collector::collect() {
    if (platform::current_context().collecting_depth > 0) return {};
    if (!enter_collection(true)) return {0, false, Error::busy};
    CollectResult result;
    {
        CollectingScope scope;
        announce(CollectPhase::start, 0, false);
        PassOptions options;
        options.include_deferred = true;
        result.unreachable = run_collection(options, result.complete);
        Counters::add(collections_);
        announce(CollectPhase::stop, result.unreachable, false);
    }
    leave_collection();
    return result;
}

bool Collector::step(std::uint32_t units) {
    if (platform::current_context().collecting_depth > 0) return false;
    if (!enter_collection(false)) return true;
    bool more = true;
    if (!batch_.empty() && !stepping_) {  // one that waited for drain()
        CollectingScope scope;
        finish_batch(more);
        settle_postponed();
        more = true;
    } else {
        CollectingScope scope;
        pass_lock_.lock();
        if (pass_.idle() && !stepping_) {
            PassOptions options;
            options.objects_per_root = config_.objects_per_root;
            options.include_deferred = pass_.has_deferred();
            begin_pass(options);
            stepping_ = true;
        }
        step_pass(units == 0 ? 1 : units);
        more = !stepping_ || !collection_pass_done_;
        pass_lock_.unlock();
        if (!more) {
            bool complete = true;
            finish_stepped_pass();
            finish_batch(complete);
            settle_postponed();
            more = !complete;
        }
    }
    leave_collection();
    return more;
}

bool Collector::drain(std::uint32_t objects) {
    if (platform::current_context().collecting_depth > 0) return false;
    {
        platform::LockGuard guard(collection_lock_);
        if (collection_taken_ && !batch_waits_) return true;
        collection_taken_ = true;
        batch_waits_ = false;  // ours now
    }
    bool more = false;
    {
        CollectingScope scope;
        bool complete = true;
        finish_stepped_pass();
        finish_batch(complete, objects);
        settle_postponed();
        more = !batch_.empty();
    }
    leave_collection(more);
    return more;
}

// ---- control

void Collector::enable() {
    enabled_.store(1, memory_order_release);  // order: pairs with is_enabled()
    wake_.set();
}
void Collector::disable() { enabled_.store(0, memory_order_release); }  // order: see enable()
bool Collector::is_enabled() const {
    return enabled_.load(memory_order_acquire) != 0;
}  // order: see enable()

void Collector::set_callback(void (*callback)(void*, const CollectInfo&), void* self) {
    platform::LockGuard guard(collection_lock_);
    callback_ = callback;
    callback_self_ = self;
}

Violation Collector::verify() {
    platform::LockGuard guard(pass_lock_);
    while (step_pass(config_.step_units)) {
    }
    return ouro::verify(heap_);
}

bool Collector::collecting() const { return collection_taken_; }

CollectorStatistics Collector::statistics() const {
    return {Counters::get(collections_),    Counters::get(automatic_),      Counters::get(passes_),
            Counters::get(collected_),      Counters::get(examined_),       Counters::get(aborted_),
            Counters::get(deferred_roots_), Counters::get(longest_step_ns_)};
}

}  // namespace ouro
