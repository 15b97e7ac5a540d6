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
    take_again_ = has_more() && !OURO_MUTANT(rest_forgotten);
    if (!take_again_) taken_pages_ = heap_.candidates().take_pages();
    if (options.members_max != 0) take_again_ = false;  // so many passes of its kind have an end
    gather_page_ = kNoPage;
    gathering_deferred_ = called_off_ = is_filled_ = false;
    small_alive_ = 0;
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
    rewind(batch_.first(heap_.blocks()));
    phase_ = Phase::adopt;
}

void Pass::step(std::uint32_t budget) {
    constexpr std::uint32_t kMost = kAllUnits - 1;
    budget_ = whole_budget_ = static_cast<std::int32_t>(budget < kMost ? budget : kMost);
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

/// May the step look at a page? If not, it is over.
bool Pass::may_look() {
    constexpr std::uint32_t kMost = 1 + 2 * BlockAllocator::kLooksMax / kLooks;
    const bool may = budget_ >= static_cast<std::int32_t>(kMost) || budget_ == whole_budget_;
    if (!may) budget_ = 0;
    return may;
}

/// The page's members of a set. A look at a card is work by the headers on it.
CellBits Pass::marked(Mark mark, PageIndex page) {
    std::uint32_t looks = 0;
    const CellBits cells = heap_.blocks().marked(mark, page, looks);
    spend(1 + looks / kLooks);
    return cells;
}

void Pass::rewind(PageIndex first) {
    at_page_ = first;
    at_looked_ = false;
    at_members_ = {};
    at_cell_ = kCellsMax;
    at_field_ = 0;
}

/// No member is left on the page at hand: a look at the next one, if the step may.
template <class List>
void Pass::turn_page(Mark mark) {
    if (at_looked_) at_page_ = List::next(heap_.blocks(), at_page_);
    at_looked_ = false;
    if (at_page_ == kNoPage || !may_look()) return;
    at_members_ = marked(mark, at_page_);
    at_places_ = heap_.blocks().places(at_page_);
    at_looked_ = true;
}
template void Pass::turn_page<SetPages>(Mark);
template void Pass::turn_page<BatchPages>(Mark);

// ---- objects whose references are to be followed

/// The object, of a page on no list, is the next one at hand.
void Pass::start_work(Member member) {
    work_page_ = member.page;
    work_places_ = heap_.blocks().places(member.page);
    work_cells_ = {};
    work_ = member;
    work_field_ = 0;
}

/// The page at hand back on the list.
void Pass::stop_work() {
    if (work_page_ != kNoPage) todo_.add(heap_.blocks(), work_page_);
    work_page_ = work_.page = kNoPage;
    work_cells_ = {};
}

void Pass::add_todo(Member member) {
    set(Mark::todo, member);
    if (member.page == work_page_) {
        work_cells_.set(member.index);
    } else {
        todo_.add(heap_.blocks(), member.page);
    }
}

/// The next one on the page at hand, in work_. False: no more there.
bool Pass::next_on_page() {
    if (work_page_ == kNoPage) return false;
    const std::uint32_t cell = work_cells_.take_first();
    if (cell == kCellsMax) return false;
    work_ = {work_page_, cell};
    work_field_ = 0;
    return true;
}

/// The next object whose references are to be followed, in work_. False: none yet, the step may be
/// over; or nothing_to_follow().
bool Pass::next_todo() {
    if (work_.page != kNoPage || next_on_page()) return true;
    work_page_ = kNoPage;
    if (todo_.empty() || !may_look()) return false;
    work_page_ = todo_.take(heap_.blocks());
    work_cells_ = marked(Mark::todo, work_page_);
    work_places_ = heap_.blocks().places(work_page_);
    return false;
}

}  // namespace ouro
