// A pass: its course, and iteration over its set. See gc/pass.h.
#include "gc/pass.h"

#include "platform/fatal.h"
#include "platform/mutant.h"

namespace ouro {

using platform::memory_order_acq_rel;
using platform::memory_order_acquire;
using platform::memory_order_relaxed;
using platform::memory_order_release;

// ---- control

// Model: models/candidates.pml
void Pass::begin(const PassOptions& options) {
    OURO_ASSERT(idle(), "a pass was begun while one is under way");
    options_ = options;
    result_ = {};
    of_batch_ = false;
    finalizers_ = callbacks_ = left_ = false;
    recounts_ = 0;
    edges_.clear();
    // A context that was preempted between marking a page and listing it does not hide the page.
    const bool unlisted = options.include_deferred && heap_.is_listing();
    unlisted_source_ = unlisted && !OURO_MUTANT(unlisted_missed) ? 0 : kNoPage;
    dirty_source_ = heap_.take_dirty_pages();
    gather_page_ = kNoPage;
    gathering_deferred_ = false;
    if (options.include_deferred) std::swap(deferred_, deferred_source_);
    phase_ = Phase::gather;
}

void Pass::begin_batch(bool exclude_user_code, bool save_all) {
    OURO_ASSERT(idle(), "a pass was begun while one is under way");
    OURO_ASSERT(batch_alive_, "a batch of dead objects has nothing to validate");
    options_ = {};
    options_.exclude_user_code = exclude_user_code;
    options_.save_all = save_all;
    result_ = {};
    of_batch_ = true;
    finalizers_ = callbacks_ = left_ = false;
    recounts_ = 0;
    edges_.clear();
    at_page_ = batch_.first();
    at_cell_ = 0;
    phase_ = Phase::adopt;
}

void Pass::step(std::uint32_t budget) {
    budget_ = budget;
    while (budget_ > 0 && phase_ != Phase::idle) {
        switch (phase_) {
            case Phase::idle: return;
            case Phase::gather: step_gather(); break;
            case Phase::explore: step_explore(); break;
            case Phase::give_up: step_give_up(); break;
            case Phase::adopt: step_adopt(); break;
            case Phase::reset_edges: step_reset_edges(); break;
            case Phase::edges: step_edges(); break;
            case Phase::scan: step_scan(); break;
            case Phase::spread: step_spread(); break;
            case Phase::condemn: step_condemn(); break;
            case Phase::commit: step_commit(); break;
            case Phase::set_aside: step_set_aside(); break;
            case Phase::cut: step_cut(); break;
            case Phase::rollback: step_rollback(); break;
            case Phase::dispose: step_dispose(); break;
            case Phase::free: step_free(); break;
        }
    }
}

// ---- helpers

const TypeInfo& Pass::info_of(Header* header) {
    const TypeTable::Entry* type = heap_.type_of(header);
    OURO_ASSERT(type != nullptr, "a member of a set has no type");
    return *type->info.load(memory_order_relaxed);  // order: written once, found with acquire
}

Fields Pass::fields_of(Header* header) {
    return Fields(header->payload(), *heap_.type_of(header), info_of(header));
}

void Pass::rewind() {
    at_page_ = set_.first();
    at_cell_ = 0;
    at_field_ = 0;
}

/// The member at or after the cursor; the caller moves at_cell_ on when it is done with it.
bool Pass::next_member(Member& member) {
    while (at_page_ != kNoPage) {
        const std::uint32_t cell = page(at_page_).claimed.next(at_cell_);
        if (cell < kCellsMax) {
            at_cell_ = cell;
            member = {at_page_, cell};
            return true;
        }
        at_page_ = SetPages::next(heap_.blocks(), at_page_);
        at_cell_ = 0;
        spend(1);
    }
    return false;
}

}  // namespace ouro
