#include "gc/collector.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "gc/legacy.h"
#include "gc/stall.h"
#include "heap/field_slot.h"
#include "heap/reference_count.h"
#include "platform/interrupt.h"
#include "platform/mutant.h"
#include "platform/patience.h"

namespace ouro {

using platform::memory_order_acq_rel;
using platform::memory_order_acquire;
using platform::memory_order_relaxed;
using platform::memory_order_release;

namespace {

constexpr unsigned kIdleRoundsMax = 64;
constexpr unsigned kAttemptsMax = 8;  // of a pass whose decision was aborted

/// A time as a figure: with 32 bits at most 4.29 s.
std::size_t clamp_to_size(std::uint64_t ns) {
    constexpr std::size_t kMost = std::numeric_limits<std::size_t>::max();
    return ns > kMost ? kMost : static_cast<std::size_t>(ns);
}

}  // namespace

Collector::Collector(Heap& heap, const CollectorConfig& config)
    : heap_(heap),
      config_(config),
      pass_(heap, config.small_sets),
      pacing_(config.assist_bytes, config.assist_percent),
      batch_(heap, pass_, pass_lock_) {
    config_.step_units = std::max(config.step_units, std::uint32_t{1});
    config_.deferred_percent = std::clamp<std::uint32_t>(config.deferred_percent, 1, 100);
    // order: relaxed; no other context knows the collector yet.
    enabled_.store(config.enabled ? 1 : 0, memory_order_relaxed);
    heap_.signal().set_threshold(config.threshold_pages);
    if (config.threshold_percent != 0) {
        heap_.signal().set_bytes_threshold(heap_.region_bytes() / 100 *
                                           std::min<std::uint32_t>(config.threshold_percent, 100));
    }
    pacing_.set_live(heap_, 0, Asked::all, false);
    heap_.hooks() = own_hooks();
}

CollectorHooks Collector::own_hooks() {
    return {this,
            &Collector::settle_hook,
            &Collector::emergency_hook,
            BlockAllocator::kLimitsUse ? &Collector::taken_hook : nullptr,
            &Collector::legacy_user_code_hook,
            &Collector::before_fork_hook,
            &Collector::after_fork_hook};
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
    const std::size_t took = clamp_to_size(platform::clock_ns() - start);
    if (took > Counters::get(longest_step_ns_))
        longest_step_ns_.store(took, memory_order_relaxed);  // order: a figure
    if (!pass_.idle()) return true;
    const PassResult& result = pass_.result();
    note_pass_end(result);
    Counters::add(passes_);
    Counters::add(collected_, result.collected);
    Counters::add(examined_, result.examined);
    Counters::add(aborted_, result.aborted ? 1 : 0);
    Counters::add(deferred_roots_, result.gave_up_roots);
    // order: release; pairs with left_for_drain().
    const bool finds_it_itself = pacing_.is_assisting(pass_serial_) && !config_.user_code_by_drain;
    if (result.left_alone != 0 && !finds_it_itself) left_for_drain_.store(1, memory_order_release);
    if (pass_serial_ == collection_serial_ && !collection_pass_done_) {
        pass_result_ = result;
        collection_pass_done_ = true;
        deferred_asked_ = deferred_asked_ || result.asked_deferred;
    } else if (pass_.is_batch_pass()) {
        taken_from_batch_ += result.collected;
    }
    return true;
}

/// Between two steps: whoever waits for the lock gets a chance. Caller holds the lock. Where
/// threads get turns by time the processor is given away for nobody else: on Linux (EEVDF) a thread
/// that yields lets a busy one finish its slice of milliseconds, after every step.
void Collector::let_others_step() {
    if (pass_lock_.is_wanted() && port::kWaitAllowed) {
        pass_lock_.hand_over();
    } else {
        pass_lock_.unlock();
        pass_lock_.lock();
    }
}

/// Begins a pass of the collection. Caller holds the lock and no pass is under way.
void Collector::begin_pass(const PassOptions& options) {
    OURO_ASSERT(options.only_postponed || batch_.empty(), "a pass over a batch that is not done");
    note_pass_begin(options);
    // order: release; pairs with left_for_drain(). This pass finds what others have left alone.
    if (options.include_deferred && !options.only_postponed)
        left_for_drain_.store(0, memory_order_release);
    pass_.begin(options);
    if (automatic_is_over(options)) pass_.stop_gathering();
    collection_serial_ = ++pass_serial_;
    collection_taking_ = takings_;
    collection_pass_done_ = false;
}

/// A pass of the collection, to its end, after any pass that is under way. Null: over the batch.
PassResult Collector::run_pass(const PassOptions* options) {
    // order: acq_rel, both; pairs with run_separate_pass(), which lets a collection go first.
    collection_wants_pass_.store(1, memory_order_release);
    pass_lock_.lock();
    while (step_pass(config_.step_units) && !pass_.idle()) let_others_step();
    collection_wants_pass_.store(0, memory_order_release);
    if (options != nullptr) {
        begin_pass(*options);
    } else {
        pass_.begin_batch(false, save_all());
        collection_serial_ = ++pass_serial_;
        collection_pass_done_ = false;
    }
    while (!collection_pass_done_) {
        step_pass(config_.step_units);
        let_others_step();
    }
    const PassResult result = pass_result_;
    pass_lock_.unlock();
    return result;
}

// ---- collections

/// The next member of the alive batch whose finalizer is due, after at most about `looks` looks at
/// headers, which are taken off it. Null: none so far; `done`: nor anywhere behind.
Header* Collector::next_due(std::uint32_t& looks, bool& done) {
    // For one hold of the lock.
    const std::uint32_t hold_max = std::min(Pass::looks_for(config_.step_units), kAll / 2);
    pass_lock_.lock();
    Header* due = nullptr;
    done = false;
    while (due == nullptr && !done && looks > 0) {
        if (!pass_.idle() && pass_.is_batch_pass()) {  // an emergency's
            step_pass(config_.step_units);
        } else {
            const std::uint32_t hold = std::min(looks, hold_max);
            std::uint32_t left = hold;
            due = batch_.next_due(left, done);
            Batch::charge(looks, hold - left);
        }
        if (due == nullptr && !done) let_others_step();
    }
    pass_lock_.unlock();
    return due;
}

/// Runs at most `budget` finalizers, which are taken off it, and looks at about `looks` headers for
/// them. True iff none is left to run.
bool Collector::run_finalizers(std::uint32_t& budget, std::uint32_t looks) {
    for (bool done = false;;) {
        Header* due = next_due(looks, done);
        if (due == nullptr) return done;
        if (budget == 0) return false;
        --budget;
        Batch::charge(looks, Batch::kLooksPerEnd);
        if (OURO_MUTANT(finalizers_under_lock)) pass_lock_.lock();
        batch_.finalize(due);
        if (OURO_MUTANT(finalizers_under_lock)) pass_lock_.unlock();
    }
}

/// The second validation of a batch whose finalizers have all run. If its members kept showing
/// life, they are candidates again and the batch is empty.
void Collector::validate_batch(CollectResult& result) {
    bool aborted = true;
    for (unsigned attempt = 0; attempt < kAttemptsMax && aborted; ++attempt) {
        // A postponed release of a member would count as life.
        if (heap_.has_postponed()) settle_postponed();
        const PassResult pass = run_pass(nullptr);
        result.unreachable += pass.collected;
        aborted = pass.aborted;
    }
    platform::LockGuard guard(pass_lock_);
    result.unreachable += std::exchange(taken_from_batch_, 0);
    if (!aborted) return;
    result.complete = false;
    while (step_pass(config_.step_units)) {  // an emergency's, perhaps over this very batch
    }
    batch_.give_up();
}

/// The callbacks of the weak references to a batch. A weak reference that nothing held any more but
/// its callback's turn counts as found, as in CPython.
void Collector::run_callbacks(std::uint32_t& budget) {
    const LegacyEnd legacy(*this);
    std::size_t ended = 0;
    budget -= heap_.run_waiting_callbacks(budget, ended);
    Counters::add(collected_, ended);
    ended_in_callbacks_ += ended;
}

/// Runs what is left of a batch, at most `budget` callbacks, finalizers and destructors: callbacks
/// of weak references, finalizers, second validation, the end.
void Collector::finish_batch(CollectResult& result, std::uint32_t& budget) {
    run_callbacks(budget);
    result.unreachable += std::exchange(ended_in_callbacks_, 0);
    if (!has_batch() || budget == 0) return;
    if (pass_.batch_is_alive()) {
        if (!run_finalizers(budget)) return;
        validate_batch(result);
    }
    end_dead_batch(result, budget);
}

/// Is a batch under way? Only the owner of the collection begins and ends one, but an emergency may
/// take members out.
bool Collector::has_batch() {
    platform::LockGuard guard(pass_lock_);
    return !batch_.empty();
}

/// Has the last pass left candidates to the next one?
bool Collector::has_more_candidates() {
    platform::LockGuard guard(pass_lock_);
    return pass_.has_more();
}

/// Is it the rest of that taking of all candidates? Passes of other contexts may have used it up,
/// and taken anew.
bool Collector::has_more_of(std::uint32_t taking) {
    platform::LockGuard guard(pass_lock_);
    return pass_.has_more() && takings_ == taking;
}

/// Callbacks that wait, and chains left over from bounded cascades.
void Collector::settle_chains(std::uint32_t& budget) {
    std::size_t ended_weak = 0;  // of targets that ended by count
    budget -= heap_.run_waiting_callbacks(budget, ended_weak);
    if (budget != 0) budget -= std::min(heap_.end_withheld(true, budget), budget);
    if (budget != 0) budget -= std::min(heap_.run_postponed(true, budget), budget);
}

/// Postponed objects that a pass has found among the candidates.
void Collector::settle_taken(std::uint32_t& budget) {
    while (budget != 0) {
        void* object = nullptr;
        {
            platform::LockGuard guard(pass_lock_);
            object = pass_.take_postponed();
        }
        if (object == nullptr) break;
        const std::uint32_t ended = heap_.settle_postponed(object, budget);
        budget -= std::min(ended == 0 ? 1 : ended, budget);
    }
}

/// Ends that were put off: chains left over from bounded cascades, and single objects, which only a
/// look at the candidates finds. At most `budget` objects. Goes on as long as something ends: user
/// code may put off more. `separately`: by a context that does not own the collection. True iff
/// nothing is left. A context that nests too deep would only put them off again: it leaves them.
bool Collector::settle_postponed(std::uint32_t& budget, bool separately) {
    heap_.guards().look();
    unsigned idle_rounds = 0;  // an object may be about to be listed
    while (heap_.has_postponed() && !heap_.nests_too_deep() && budget != 0 &&
           idle_rounds < kIdleRoundsMax) {
        const std::uint32_t before = budget;
        settle_chains(budget);
        PassOptions options;
        options.only_postponed = true;
        options.include_deferred = true;
        std::size_t awaited = 0;
        if (budget != 0 && Counters::get(heap_.counters().postponed) != 0) {
            if (separately) {
                run_separate_pass(options);
            } else {
                awaited = run_pass(&options).awaited;
            }
        }
        settle_taken(budget);
        idle_rounds = budget == before ? idle_rounds + 1 : 0;
        // Nor is anything gained by waiting for other contexts' finalizers: one of them may be
        // waiting for this collection. They report their objects when they let go of them.
        const std::size_t postponed = Counters::get(heap_.counters().postponed);
        if (idle_rounds != 0 && awaited != 0 && awaited >= postponed) break;
        heap_.guards().look();  // what has ended now may have been withheld
    }
    return !heap_.has_postponed();
}

void Collector::settle_hook(void* self) {
    std::uint32_t all = kAll;
    static_cast<Collector*>(self)->settle_postponed(all, true);
}

CollectResult Collector::run_collection(PassOptions options) {
    CollectResult result;
    std::uint32_t all = kAll;
    std::uint32_t taking = 0;  // which one the first pass has begun, or gone on with
    bool has_taken = false;
    options.save_all = save_all();
    finish_stepped_pass();
    {
        platform::LockGuard guard(pass_lock_);
        taken_from_batch_ = ended_in_callbacks_ = 0;  // before this call
    }
    finish_batch(result, all = kAll);  // one that waited for drain()
    settle_postponed();
    for (unsigned attempt = 0; attempt < kAttemptsMax;) {
        result.complete = true;
        const bool put_off = heap_.has_postponed();
        const PassResult pass = run_pass(&options);
        if (!has_taken) taking = collection_taking_;
        has_taken = true;
        result.unreachable += pass.collected;
        finish_batch(result, all = kAll);
        const bool settled = settle_postponed();
        result.complete = settled && result.complete && !pass.aborted && !pass.let_some_go;
        // What was put off before the pass kept others alive during it. What user code has put off
        // since is no reason for another: garbage that it makes is left to the next collection.
        // The rest of what was taken: an end, for nothing is added to it.
        if (options.members_max != 0 && has_more_of(taking)) continue;
        if ((result.complete && !put_off) || heap_.nests_too_deep()) break;
        ++attempt;
    }
    if (!options.automatic || !BlockAllocator::kTidiesWhenAsked) heap_.blocks().tidy();
    return result;
}

CollectResult Collector::collect() {
    if (platform::is_in_interrupt()) return {0, 0, false, Error::in_interrupt};
    if (CollectingScope::is_here(collecting_on_)) return {};
    Stall stall;
    if (!enter_collection(true, true, &stall)) return {0, 0, false, Error::busy};
    CollectResult result;
    {
        CollectingScope scope(collecting_on_);
        announce(CollectPhase::start, {}, false);
        PassOptions options;
        options.include_deferred = true;
        result = run_collection(options);
        Counters::add(collections_);
        announce(CollectPhase::stop, result, false);
    }
    leave_collection();
    wake_for_the_rest();
    return result;
}

// ---- control

void Collector::enable() {
    enabled_.store(1, memory_order_release);  // order: pairs with is_enabled()
    wake().set();
}
void Collector::disable() {
    enabled_.store(0, memory_order_release);  // order: see enable()
    if (!platform::is_in_interrupt()) call_off_automatic();
}
bool Collector::is_enabled() const {
    return enabled_.load(memory_order_acquire) != 0;  // order: see enable()
}

bool Collector::collecting() const {
    platform::LockGuard guard(collection_lock_);
    return collection_taken_;
}

CollectorStatistics Collector::statistics() const {
    return {Counters::get(collections_),     Counters::get(automatic_),
            Counters::get(passes_),          Counters::get(collected_),
            Counters::get(uncollectable_),   Counters::get(examined_),
            Counters::get(aborted_),         Counters::get(deferred_roots_),
            Counters::get(longest_step_ns_), Counters::get(assisted_)};
}

}  // namespace ouro
