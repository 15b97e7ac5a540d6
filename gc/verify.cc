// verify(): the collector's record. Its references are to what the heap knows as well, the pass has
// few states, and every list of pages is made of those that say to be on it.
#include "gc/collector.h"
#include "heap/verify_parts.h"

namespace ouro {

using platform::memory_order_relaxed;

// ---- the pass

bool Pass::is_place(PageIndex page) const { return page < heap_.blocks().page_count(); }

bool Pass::are_flags_sound() const {
    const PassOptions& o = options_;
    for (const bool* flag : {&o.include_deferred, &o.exclude_user_code, &o.only_postponed,
                             &o.rehearsal, &o.automatic, &o.save_all}) {
        if (!is_bool(*flag)) return false;
    }
    for (const bool* flag :
         {&result_.aborted, &result_.let_some_go, &result_.asked_deferred, &small_sets_, &of_batch_,
          &finalizers_, &callbacks_, &left_, &batch_alive_, &gathering_deferred_, &called_off_,
          &is_filled_, &take_again_, &at_looked_}) {
        if (!is_bool(*flag)) return false;
    }
    return edges_.is_sound() && small_verdict_ == Verdict::garbage &&
           recounts_ <= kRecountsMax + 1 && postponed_count_ <= kPostponedMax;
}

bool Pass::are_lists_sound() {
    BlockAllocator& blocks = heap_.blocks();
    return set_.is_whole(blocks) && todo_.is_whole(blocks) && batch_.is_whole(blocks) &&
           DeferredPages::are_whole(blocks, deferred_, deferred_source_) &&
           heap_.candidates().is_whole(taken_pages_);
}

/// While a pass is under way. What it reads before it has written it matters.
bool Pass::are_cursors_sound() {
    BlockAllocator& blocks = heap_.blocks();
    if (gather_page_ != kNoPage && !is_place(gather_page_)) return false;
    if ((phase_ == Phase::explore || phase_ == Phase::give_up) && !is_place(root_)) return false;
    if (work_page_ != kNoPage) {
        if (!is_place(work_page_) || work_places_ != blocks.places(work_page_)) return false;
        if (work_.page != kNoPage && (work_.page != work_page_ || !is_place(work_))) return false;
    } else if (work_.page != kNoPage) {
        return false;
    }
    if (at_cell_ > kCellsMax || (at_page_ != kNoPage && !is_place(at_page_))) return false;
    if (at_page_ == kNoPage) return at_cell_ == kCellsMax;
    return at_looked_ ? at_places_ == blocks.places(at_page_) : at_cell_ == kCellsMax;
}

const char* Pass::verify() {
    constexpr unsigned kPhaseBits = 5;
    const auto phase = static_cast<unsigned>(phase_);
    if (phase >> kPhaseBits != 0 || __builtin_popcount(phase) % 2 != 0) return "pass: the phase";
    if (!are_flags_sound()) return "pass: a flag or a count";
    if (!are_lists_sound()) return "pass: a list of pages";
    for (std::uint32_t i = 0; i < postponed_count_; ++i) {
        if (!heap_.is_object(postponed_[i])) return "pass: a postponed release";
    }
    if (!idle()) return are_cursors_sound() ? nullptr : "pass: a cursor";
    const bool at_rest = set_.empty() && todo_.empty() && deferred_source_.empty() &&
                         work_page_ == kNoPage && work_.page == kNoPage;
    return at_rest ? nullptr : "pass: a list while no pass is under way";
}

// ---- the batch

bool Batch::is_sound(const Heap& heap, const Pass& pass, const PassLock& pass_lock) {
    if (&heap_ != &heap || &pass_ != &pass || &pass_lock_ != &pass_lock) return false;
    if (!is_bool(due_begun_)) return false;
    if (page_ != kNoPage && page_ >= heap_.blocks().page_count()) return false;
    const std::uintptr_t payload = reinterpret_cast<std::uintptr_t>(ending_) + sizeof(Header);
    return ending_ == nullptr || heap_.is_object(reinterpret_cast<const void*>(payload));
}

// ---- the collector

bool Collector::are_flags_sound() const {
    for (const bool* flag :
         {&config_.background, &config_.enabled, &config_.user_code_by_drain,
          &config_.emergency_runs_user_code, &config_.small_sets, &pass_result_.aborted,
          &pass_result_.let_some_go, &pass_result_.asked_deferred, &deferred_asked_,
          &collection_pass_done_}) {
        if (!is_bool(*flag)) return false;
    }
    for (const auto* flag : {&left_for_drain_, &stopping_, &enabled_, &collection_wants_pass_,
                             &save_all_, &running_}) {
        // order: relaxed; nobody changes anything that matters here.
        if (flag->load(memory_order_relaxed) > 1) return false;
    }
    return config_.step_units != 0;
}

/// What belongs to whoever owns the collection. Caller has the pass lock, and the pass is sound.
const char* Collector::verify_owned() {
    platform::LockGuard guard(collection_lock_);
    bool sound = is_bool(collection_taken_) && is_bool(batch_waits_);
    // The background thread may be at work even though the program is not, and changes the rest.
    if (sound && collection_taken_ && !batch_waits_) return nullptr;
    for (const bool* flag : {&some_survive_, &stepping_, &gave_up_roots_, &forking_in_collection_})
        sound = sound && is_bool(*flag);
    if (!sound) return "collector record: a flag or the configuration";
    return batch_.is_sound(heap_, pass_, pass_lock_) ? nullptr : "the record of the batch";
}

/// Those in use come first.
bool Collector::are_listeners_sound() const {
    bool ended = false;
    for (const Listener& listener : listeners_) {
        if (ended && listener.callback != nullptr) return false;
        ended = ended || listener.callback == nullptr;
    }
    return true;
}

const char* Collector::verify_record() {
    // Before it is used: each of the three was given the heap.
    if (!pass_.is_of(heap_)) return "collector record: the heap";
    if (const char* broken = heap_.verify_record()) return broken;
    if (heap_.hooks() != own_hooks()) return "heap record: the collector's hooks";
    if (!are_flags_sound()) return "collector record: a flag or the configuration";
    if (!are_listeners_sound()) return "collector record: the callbacks";
    if (!is_given_back(collection_lock_)) return "a lock is held while nothing runs";
    return nullptr;
}

Violation Collector::verify() {
    platform::LockGuard guard(pass_lock_);
    if (const char* broken = verify_record()) return {broken};
    if (!pass_.idle()) {
        if (const Violation broken = verify_structure(heap_)) return broken;
    }
    if (const char* broken = pass_.verify()) return {broken};
    if (const char* broken = verify_owned()) return {broken};
    while (step_pass(config_.step_units)) {
    }
    pass_.put_back_taken();
    return ouro::verify(heap_, batch_.ending());
}

}  // namespace ouro
