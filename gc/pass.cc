// A pass: its course, and iteration over its set. See gc/pass.h.
#include "gc/pass.h"

#include "heap/reference_count.h"
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
    edges_.begin();
    // A context that was preempted between marking a page and listing it does not hide the page.
    const bool unlisted = options.include_deferred && heap_.candidates().is_listing();
    unlisted_source_ = unlisted && !OURO_MUTANT(unlisted_missed) ? 0 : kNoPage;
    taken_pages_ = heap_.candidates().take_pages();
    gather_page_ = kNoPage;
    gathering_deferred_ = called_off_ = false;
    if (options.include_deferred) deferred_source_.take_all(heap_.blocks(), deferred_);
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
    edges_.begin();
    at_page_ = batch_.first(heap_.blocks());
    at_members_ = {};
    if (at_page_ != kNoPage) at_members_ = heap_.blocks().marked(Mark::batch, at_page_);
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

Pass::Member Pass::member_of(std::uintptr_t value) {
    if (!detail::is_object(value)) return {kNoPage, 0};
    const Member member = heap_.blocks().cell_of(header_of(detail::object_of(value)));
    if (member.page == kNoPage || !has(Mark::member, member)) return {kNoPage, 0};
    return member;
}

void Pass::rewind() {
    at_page_ = set_.first(heap_.blocks());
    at_field_ = 0;
    look_for_members();
}

void Pass::look_for_members() {
    at_members_ = {};
    if (at_page_ != kNoPage) at_members_ = heap_.blocks().marked(Mark::member, at_page_);
}

/// The member at the cursor; the caller advances when it is done with it. What leaves the set
/// meanwhile is the member at the cursor only.
bool Pass::next_member(Member& member) {
    while (at_page_ != kNoPage) {
        const std::uint32_t cell = at_members_.next(0);
        if (cell < kCellsMax) {
            member = {at_page_, cell};
            return true;
        }
        at_page_ = SetPages::next(heap_.blocks(), at_page_);
        look_for_members();
        spend(1);
    }
    return false;
}

/// The next object whose references are to be followed, in work_. False: there is none.
bool Pass::next_todo() {
    if (work_.page != kNoPage) return true;
    for (;;) {
        if (work_page_ == kNoPage) work_page_ = todo_.take(heap_.blocks());
        if (work_page_ == kNoPage) return false;
        if (!work_cells_.any()) work_cells_ = heap_.blocks().marked(Mark::todo, work_page_);
        const std::uint32_t cell = work_cells_.next(0);
        if (cell < kCellsMax) {
            work_cells_.clear(cell);
            work_ = {work_page_, cell};
            work_field_ = 0;
            return true;
        }
        work_page_ = kNoPage;
        spend(1);
    }
}

}  // namespace ouro
