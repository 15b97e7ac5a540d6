// One collection at a time: whose turn it is, and how others wait for it.
#include "gc/collector.h"
#include "gc/stall.h"
#include "platform/mutant.h"
#include "platform/patience.h"

namespace ouro {

/// A figure that changes as long as a collection goes on, user code apart: 0 while a pass does.
std::size_t Collector::progress() {
    {
        platform::LockGuard guard(pass_lock_);
        if (!pass_.idle()) return 0;
    }
    return 1 + Counters::get(passes_) + Counters::get(heap_.counters().finalized) +
           heap_.reclaimed();
}

/// `stall`: waits only as long as it does not last.
bool Collector::enter_collection(bool wait, bool take_waiting_batch, Stall* stall) {
    for (platform::Patience patience;;) {
        {
            platform::LockGuard guard(collection_lock_);
            if (!collection_taken_ || OURO_MUTANT(two_collections)) {
                collection_taken_ = true;
                return true;
            }
            if (batch_waits_ && take_waiting_batch) {  // it belongs to whoever comes to finish it
                batch_waits_ = false;
                return true;
            }
        }
        if (!wait || !port::kWaitAllowed) return false;
        call_off_automatic();
        if (stall != nullptr && stall->lasts(*this)) return false;
        patience.wait();
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
