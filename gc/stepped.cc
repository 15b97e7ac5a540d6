// The collector without a thread of its own: bounded steps, and user code in portions.
#include "gc/collecting_scope.h"
#include "gc/collector.h"

namespace ouro {

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
void Collector::begin_stepped_pass() {
    platform::LockGuard guard(pass_lock_);
    if (step_pass(config_.step_units)) return;  // somebody else's first
    if (batch_.empty()) {
        PassOptions options;
        options.objects_per_root = config_.objects_per_root;
        options.include_deferred = pass_.has_deferred();
        options.save_all = save_all();
        begin_pass(options);
    } else {
        pass_.begin_batch(false, save_all());
        collection_serial_ = ++pass_serial_;
        collection_pass_done_ = false;
    }
    stepping_ = true;
}

/// At most `units` callbacks, finalizers or destructors of a batch; then its second validation.
void Collector::step_batch(CollectResult& result, std::uint32_t units) {
    std::uint32_t budget = units - heap_.run_waiting_callbacks(units);
    if (budget == 0) return;
    if (!pass_.batch_is_alive()) {
        finish_batch(result, budget);
    } else if (run_finalizers(budget)) {
        begin_stepped_pass();
    }
}

/// Works on the pass that step() has begun. True iff it is over and left no batch.
bool Collector::continue_stepped_pass(CollectResult& result, std::uint32_t units) {
    platform::LockGuard guard(pass_lock_);
    if (!collection_pass_done_) step_pass(units);
    stepping_ = !collection_pass_done_;
    if (stepping_ || !batch_.empty()) return false;
    result.complete = !pass_result_.aborted;
    return true;
}

bool Collector::step(std::uint32_t units) {
    if (platform::current_context().collecting_depth > 0) return false;
    if (!enter_collection(false)) return true;
    if (units == 0) units = 1;
    CollectResult result;
    bool ended = false;  // a pass that found nothing with user code: the collection is over
    {
        CollectingScope scope;
        if (!stepping_ && has_batch()) {
            step_batch(result, units);
            ended = !stepping_ && !has_batch();
        } else {
            if (!stepping_) begin_stepped_pass();
            ended = stepping_ && continue_stepped_pass(result, units);
        }
        if (ended) result.complete = settle_postponed() && result.complete;
    }
    leave_collection(!stepping_ && has_batch());
    wake_for_the_rest();
    return !ended || !result.complete;
}

bool Collector::drain(std::uint32_t objects) {
    if (platform::current_context().collecting_depth > 0) return false;
    {
        platform::LockGuard guard(collection_lock_);
        if (collection_taken_ && !batch_waits_) return true;
        // Nothing waits: leave the collection to those who look for garbage.
        if (!collection_taken_ && !stepping_ && !heap_.has_postponed()) return false;
        collection_taken_ = true;
        batch_waits_ = false;  // ours now
    }
    CollectResult result;
    {
        CollectingScope scope;
        finish_stepped_pass();
        finish_batch(result, objects);
        settle_postponed();
    }
    const bool waits = has_batch();
    leave_collection(waits);
    wake_for_the_rest();
    return waits || !result.complete;
}

}  // namespace ouro
