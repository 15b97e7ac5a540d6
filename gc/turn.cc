// One collection at a time: whose turn it is, and how others wait for it.
#include "gc/collector.h"
#include "gc/stall.h"
#include "platform/mutant.h"
#include "platform/patience.h"

namespace ouro {

using platform::memory_order_relaxed;

namespace {

// Some of them sleep, as those of whoever waits for the collection do.
constexpr unsigned kStandBackMax = platform::Patience::kYields + 8;

}  // namespace

/// A figure that changes as long as a collection goes on, user code apart: 0 while a pass does.
std::size_t Collector::progress() {
    {
        platform::LockGuard guard(pass_lock_);
        if (!pass_.idle()) return 0;
    }
    return 1 + Counters::get(passes_) + Counters::get(heap_.counters().finalized) +
           heap_.reclaimed();
}

/// Takes the collection if it is free.
bool Collector::take_collection(bool take_waiting_batch) {
    platform::LockGuard guard(collection_lock_);
    if (!collection_taken_ || OURO_MUTANT(two_collections)) {
        collection_taken_ = true;
        return true;
    }
    if (!batch_waits_ || !take_waiting_batch) return false;
    batch_waits_ = false;  // it belongs to whoever comes to finish it
    return true;
}

/// `stall`: waits only as long as it does not last.
bool Collector::enter_collection(bool wait, bool take_waiting_batch, Stall* stall) {
    if (take_collection(take_waiting_batch)) return true;
    if (!wait || !port::kWaitAllowed) return false;
    waiting_.fetch_add(1, memory_order_relaxed);  // order: relaxed; a hint
    bool taken = false;
    for (platform::Patience patience; !taken;) {
        call_off_automatic();
        if (stall != nullptr && stall->lasts(*this)) break;
        patience.wait();
        taken = take_collection(take_waiting_batch);
    }
    waiting_.fetch_sub(1, memory_order_relaxed);  // order: relaxed; the same hint
    return taken;
}

/// The collector's thread comes after those who wait for the collection, for they look only now and
/// then whether it is free; bounded, should they get no processor.
void Collector::let_others_collect() {
    for (platform::Patience patience; !patience.is_over(kStandBackMax); patience.wait()) {
        // order: relaxed; a hint. Who is missed now is seen the next time.
        if (waiting_.load(memory_order_relaxed) == 0 || collecting()) return;
    }
}

/// An automatic pass under way gathers no more candidates: whoever waits for it asks them itself,
/// without limits, or does not want them asked.
void Collector::call_off_automatic() {
    platform::LockGuard guard(pass_lock_);
    if (!pass_.idle() && pass_.options().automatic) pass_.stop_gathering();
}

/// The collection is free again, or belongs to a batch that waits for somebody's drain().
void Collector::leave_collection(bool batch_waits) {
    platform::LockGuard guard(collection_lock_);
    batch_waits_ = batch_waits;
    collection_taken_ = batch_waits;
}

/// After passes on a thread of the program's: what they have put back is left to the background.
void Collector::wake_for_the_rest() {
    if (count() > 0) wake().set();
}

}  // namespace ouro
