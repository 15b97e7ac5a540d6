// The collector without a thread of its own: bounded steps, and user code in portions.
#include <algorithm>

#include "gc/collector.h"

namespace ouro {

namespace {

constexpr std::uint32_t kUnitsPerEnd = 8;

}  // namespace

/// A pass that step() began and did not finish: to its end. Its batch is the collection's.
void Collector::finish_stepped_pass() {
    if (!stepping_) return;
    pass_lock_.lock();
    while (!collection_pass_done_) {
        step_pass(config_.step_units);
        let_others_step();
    }
    stepping_ = false;
    pass_lock_.unlock();
}

/// The next pass of step(): over the candidates, or the second validation of the batch.
/// `all`: all candidates, without limit.
void Collector::begin_stepped_pass(bool all) {
    platform::LockGuard guard(pass_lock_);
    if (step_pass(config_.step_units)) return;  // somebody else's first
    if (batch_.empty()) {
        PassOptions options;
        options.objects_per_root = all ? 0 : config_.objects_per_root;
        options.include_deferred = all || pass_.has_deferred() || left_for_drain();
        options.save_all = save_all();
        begin_pass(options);
    } else {
        pass_.begin_batch(false, save_all());
        collection_serial_ = ++pass_serial_;
        collection_pass_done_ = false;
    }
    stepping_ = true;
}

/// At most `budget` callbacks, finalizers or destructors of a batch, and about `looks` looks at its
/// headers; then its second validation.
void Collector::step_batch(CollectResult& result, std::uint32_t& budget, std::uint32_t looks) {
    run_callbacks(budget);
    if (budget == 0) return;
    if (!pass_.batch_is_alive()) {
        end_dead_batch(result, budget, looks);
    } else if (run_finalizers(budget, looks)) {
        begin_stepped_pass();
    }
}

/// Works on the pass that step() has begun. True iff it is over and left no batch.
bool Collector::continue_stepped_pass(CollectResult& result, std::uint32_t units) {
    platform::LockGuard guard(pass_lock_);
    if (!collection_pass_done_) step_pass(units);
    stepping_ = !collection_pass_done_;
    gave_up_roots_ = pass_result_.gave_up_roots != 0;
    if (stepping_ || !batch_.empty()) return false;
    result.complete = !pass_result_.aborted && !pass_result_.let_some_go;
    return true;
}

/// settle_postponed() without a pass: the next pass of step() finds the rest, among its candidates.
/// False: there was nothing to do.
bool Collector::settle_some(std::uint32_t& budget) {
    heap_.guards().look();
    if (!heap_.has_postponed() || heap_.nests_too_deep()) return false;
    const std::uint32_t before = budget;
    settle_chains(budget);
    settle_taken(budget);
    return budget != before;
}

bool Collector::step(std::uint32_t units) {
    if (CollectingScope::is_here(collecting_on_)) return false;
    if (!enter_collection(false)) return true;
    if (units == 0) units = 1;
    CollectResult result;
    bool ended = false;  // a pass that found nothing with user code: the collection is over
    {
        CollectingScope scope(collecting_on_);
        // The end of an object takes about as long as so many units.
        std::uint32_t budget = std::max(units / kUnitsPerEnd, std::uint32_t{1});
        if (!stepping_ && has_batch()) {
            step_batch(result, budget, Pass::looks_for(units / 2));
            ended = !stepping_ && !has_batch();
        } else if (stepping_ || !settle_some(budget)) {
            if (!stepping_) begin_stepped_pass();
            ended = stepping_ && continue_stepped_pass(result, units);
            if (ended) settle_some(budget);
        }
        if (heap_.has_postponed() && !heap_.nests_too_deep()) result.complete = false;
    }
    // Asked while the collection is ours. Candidates reported since the pass began are another's.
    const bool more = !ended || !result.complete || gave_up_roots_ || count() != 0 ||
                      has_more_candidates() || left_for_drain();
    leave_collection(!stepping_ && has_batch());
    wake_for_the_rest();
    return more;
}

/// Has an allocation in need of memory met garbage with user code, and nobody taken it since?
bool Collector::left_for_drain() const {
    // order: acquire; pairs with step_pass() and begin_pass().
    return left_for_drain_.load(platform::memory_order_acquire) != 0;
}

bool Collector::drain(std::uint32_t objects) {
    if (CollectingScope::is_here(collecting_on_)) return false;
    {
        platform::LockGuard guard(collection_lock_);
        if (collection_taken_ && !batch_waits_) return true;
        // Nothing waits: leave the collection to those who look for garbage.
        heap_.guards().look();
        const bool waits = stepping_ || heap_.has_postponed() || left_for_drain();
        if (!collection_taken_ && !waits) return false;
        collection_taken_ = true;
        batch_waits_ = false;  // ours now
    }
    CollectResult result;
    {
        CollectingScope scope(collecting_on_);
        if (!stepping_ && !has_batch() && left_for_drain()) begin_stepped_pass(true);
        while (objects != 0 && (stepping_ || has_batch())) {
            if (!stepping_) {
                step_batch(result, objects);
                continue;
            }
            continue_stepped_pass(result, config_.step_units);
            --objects;
        }
        settle_postponed(objects);
    }
    const bool put_off = heap_.has_postponed() && !heap_.nests_too_deep();
    const bool more = stepping_ || has_batch() || put_off || left_for_drain();
    leave_collection(!stepping_ && has_batch());
    wake_for_the_rest();
    return more;
}

}  // namespace ouro
