// A pass: gathering the candidates and exploring what they reach.
#include "gc/pass.h"

#include "heap/reference_count.h"
#include "platform/annotate.h"
#include "platform/context.h"
#include "platform/mutant.h"

namespace ouro {

using platform::memory_order_acq_rel;
using platform::memory_order_acquire;
using platform::memory_order_relaxed;
using platform::memory_order_release;

// ---- gather

/// The next page with candidates, its bits in gather_bits_. False when all have been taken.
/// Model: models/candidates.pml
bool Pass::next_source() {
    if (dirty_source_ != kNoPage) {
        gather_page_ = dirty_source_;
        PageInfo& info = page(gather_page_);
        platform::plain_read(&info.dirty_next, sizeof info.dirty_next);
        dirty_source_ = info.dirty_next;
        // order: acq_rel; `dirty` is cleared before the bits are taken, so that a report that finds
        // it set has its bit among those taken (see report_candidate()).
        if (!OURO_MUTANT(page_taken_late)) info.dirty.exchange(0, memory_order_acq_rel);
        take_candidates();
        if (OURO_MUTANT(page_taken_late))
            info.dirty.exchange(0, memory_order_acq_rel);  // order: above
        put_back_evidence();
        return true;
    }
    if (unlisted_source_ < heap_.blocks().page_count()) {
        // `dirty` stays: the page will come on the list, and may have more candidates by then.
        gather_page_ = unlisted_source_++;
        take_candidates();
        put_back_evidence();
        return true;
    }
    gathering_deferred_ = true;
    gather_page_ = deferred_source_.take(heap_.blocks());
    if (gather_page_ == kNoPage) return false;
    gather_bits_ = page(gather_page_).deferred;
    page(gather_page_).deferred.reset();
    return true;
}

/// Takes the candidates of the page at hand off it.
void Pass::take_candidates() {
    PageInfo& info = page(gather_page_);
    for (unsigned i = 0; i < CellBits::kWords; ++i) {
        // order: acq_rel; pairs with report_candidate().
        gather_bits_.words[i] = info.candidate[i].exchange(
            0, OURO_ORDER(memory_order_acq_rel, bits_taken_relaxed, memory_order_relaxed));
    }
}

/// A report about a member that was claimed before its page was gathered is not a new root but the
/// evidence that the member changed (W3): it goes back.
/// Model: models/candidates.pml
void Pass::put_back_evidence() {
    const CellBits& claimed = page(gather_page_).claimed;
    for (std::uint32_t cell = claimed.next(0); cell < kCellsMax; cell = claimed.next(cell + 1)) {
        if (!gather_bits_.test(cell)) continue;
        gather_bits_.clear(cell);
        heap_.report_again(header_at({gather_page_, cell})->payload());
    }
}

void Pass::step_gather() {
    if (gather_page_ == kNoPage || !gather_bits_.any()) {
        spend(1);
        if (dead_.any()) ask_again();
        if (!next_source()) {
            rewind();
            phase_ = Phase::edges;
        }
        return;
    }
    const std::uint32_t cell = gather_bits_.next(0);
    gather_bits_.clear(cell);
    spend(2);
    gather_cell(cell);
}

// Model: models/candidates.pml
void Pass::gather_cell(std::uint32_t cell) {
    platform::LoadWindow window;  // the page may be dissolved by now; not while we look
    if (cell >= heap_.blocks().cells_in(gather_page_)) return;
    const Member member{gather_page_, cell};
    Header* header = header_at(member);
    const WordValue word = header->load_word();  // may be old: dead is asked again, alive swapped
    if (word.count() == 0 && !word.has(WordValue::kPostponed)) {
        dead_.set(cell);
        return;
    }
    const InfoValue info = header->load_info();
    if (word.has(WordValue::kPostponed) && take_over_postponed(header, word)) return;
    if (options_.only_postponed || word.has(WordValue::kPostponed)) {
        heap_.report_again(header->payload());
        return;
    }
    if (page(gather_page_).claimed.test(cell)) {
        // Reached from another root, or a root that was given up: then it must stay deferred.
        if (options_.objects_per_root != 0 && gathering_deferred_) defer_member(member);
        return;
    }
    // Claimed by the batch, which reports what it lets go alive, after dropping the claim.
    if (word.has(WordValue::kClaimed)) return;
    if (info.constructing() && !OURO_MUTANT(unfinished_enters_set)) {
        heap_.report_again(header->payload());  // not now: ask again
        return;
    }
    if (!may_enter_set(header)) return;
    if (!options_.include_deferred && info.level() > 0) {
        defer(header, member);
        return;
    }
    if (!claim(header, word, member)) {
        heap_.report_again(header->payload());  // changed under our hands: ask again
        return;
    }
    PageInfo& record = page(gather_page_);
    record.todo.set(cell);
    todo_.add(heap_.blocks(), gather_page_);
    root_ = member;
    root_claims_ = 1;
    set_root_limit(header, info.level());
    work_page_ = kNoPage;
    phase_ = Phase::explore;
}

/// Candidates that were found dead: the report may have come late, to a cell in which the next
/// object is or was being made. Who finds the mark set does not write it again, so nothing says
/// that we see its decrement, or it that we have taken the mark (weak memory). The allocation lock
/// puts taking the mark and taking the cell in order: a cell that was taken before is asked again,
/// who takes it later finds the mark gone.
void Pass::ask_again() {
    platform::LockGuard guard(heap_.blocks().lock());
    for (std::uint32_t cell = dead_.next(0); cell < kCellsMax; cell = dead_.next(cell + 1)) {
        if (cell >= heap_.blocks().cells_in(gather_page_)) break;  // the page has other cells now
        Header* header = header_at({gather_page_, cell});
        const bool made = header->load_info().constructing() || header->load_word().count() != 0;
        if (made && !OURO_MUTANT(made_cell_missed)) heap_.report_again(header->payload());
    }
    dead_.reset();
}

/// The postponed reference becomes one that this pass holds until the caller settles it, so that it
/// is found once. False: no room, or the word changed; it is asked again.
/// Model: models/postponed.pml
bool Pass::take_over_postponed(Header* header, WordValue word) {
    if (postponed_count_ == kPostponedMax || word.has(WordValue::kHeld)) return false;
    // With count 0 there is no reference to hold: the entry itself owns the end.
    const WordValue held = word.without(WordValue::kPostponed | WordValue::kClean)
                               .with(word.count() == 0 ? 0 : WordValue::kHeld)
                               .bumped();
    std::uint64_t expected = word.bits;
    // order: acq_rel; the reference changes hands.
    if (!header->word.compare_exchange(expected, held.bits, memory_order_acq_rel,
                                       memory_order_acquire))
        return false;
    postponed_[postponed_count_++] = header->payload();
    return true;
}

/// The limit grows eightfold with every time the root was asked. The next time is noted now: if the
/// root is garbage, it does not matter.
void Pass::set_root_limit(Header* header, std::uint32_t level) {
    const std::uint64_t limit = std::uint64_t{options_.objects_per_root} << (3 * level);
    root_limit_ = limit == 0 || limit > 0x7fff'ffff ? ~0u : static_cast<std::uint32_t>(limit);
    if (level == InfoValue::kLevelMax) return;
    // order: relaxed, both; the pass owner is the only writer of a claimed object's info.
    const InfoValue info{header->info.load(memory_order_relaxed)};
    header->info.store(info.with_level(level + 1).bits, memory_order_relaxed);
}

/// A member that this pass may not end: asked again by a pass that asks the deferred ones.
void Pass::defer_member(Member member) {
    page(member.page).deferred.set(member.cell);
    deferred_.add(heap_.blocks(), member.page);
}

/// Puts a candidate off. Decrements need not report it meanwhile: it is on a list.
/// Model: models/candidates.pml
void Pass::defer(Header* header, Member member) {
    page(member.page).deferred.set(member.cell);
    deferred_.add(heap_.blocks(), member.page);
    WordValue word = header->load_word();
    std::uint64_t expected = word.bits;
    // order: acq_rel; from the word that was read, so it is the same living object. A failure only
    // means that the object goes on reporting itself.
    if (word.count() != 0 && !word.has(WordValue::kClaimed))
        header->word.compare_exchange(expected, word.with(WordValue::kMarked).bits,
                                      memory_order_acq_rel, memory_order_acquire);
}

// ---- explore

/// Claims what a field refers to, if it may enter the set. DESIGN rule 15 and 20.
/// Model: models/validation.pml
bool Pass::claim_target(FieldSlot& slot) {
    for (;;) {
        // order: acquire; pairs with the exchange that stored it.
        const std::uintptr_t value = slot.load(memory_order_acquire);
        if (!detail::is_object(value)) return false;
        Header* header = header_of(detail::object_of(value));
        const BlockAllocator::Cell cell = heap_.blocks().cell_of(header);
        if (cell.page == kNoPage) return false;  // another heap's object: held from outside
        const WordValue word = header->load_word();
        // order: acquire; the field still counts it after its word was read.
        if (!OURO_MUTANT(edges_with_words) && slot.load(memory_order_acquire) != value) continue;
        const bool early =
            OURO_MUTANT(edges_with_words) && page(cell.page).claimed.test(cell.index);
        if (early) edges_.add(header);
        if (word.has(WordValue::kClaimed) || word.has(WordValue::kPostponed) || word.count() == 0)
            return false;
        if (!may_enter_set(header)) return false;
        const Member member{cell.page, cell.index};
        if (!claim(header, word, member)) continue;
        if (OURO_MUTANT(edges_with_words)) edges_.add(header);
        PageInfo& record = page(cell.page);
        record.deferred.clear(cell.index);
        record.todo.set(cell.index);
        todo_.add(heap_.blocks(), cell.page);
        ++root_claims_;
        return true;
    }
}

void Pass::step_explore() {
    if (root_claims_ > root_limit_) {
        if (work_page_ != kNoPage) todo_.add(heap_.blocks(), work_page_);
        work_page_ = kNoPage;
        phase_ = Phase::give_up;
        return;
    }
    if (work_page_ == kNoPage) {
        work_page_ = todo_.take(heap_.blocks());
        work_cell_ = kCellsMax;
        if (work_page_ == kNoPage) {
            phase_ = Phase::gather;
            return;
        }
    }
    PageInfo& record = page(work_page_);
    if (work_cell_ >= kCellsMax) {
        work_cell_ = record.todo.next(0);
        work_field_ = 0;
        if (work_cell_ >= kCellsMax) {
            work_page_ = kNoPage;
            return;
        }
    }
    platform::LoadWindow window;
    const Fields fields = fields_of(header_at({work_page_, work_cell_}));
    while (work_field_ < fields.count()) {
        claim_target(fields[work_field_++]);
        spend(1);
        if (budget_ <= 0) return;
    }
    spend(1);
    record.todo.clear(work_cell_);
    work_cell_ = kCellsMax;
}

/// The root reaches more than the limit: what was claimed but not expanded leaves the set again,
/// and the root is asked later, with a higher limit.
void Pass::step_give_up() {
    const PageIndex p = todo_.take(heap_.blocks());
    spend(1);
    if (p == kNoPage) {
        page(root_.page).deferred.set(root_.cell);
        deferred_.add(heap_.blocks(), root_.page);
        ++result_.gave_up_roots;
        phase_ = Phase::gather;
        return;
    }
    PageInfo& record = page(p);
    for (std::uint32_t cell = record.todo.next(0); cell < kCellsMax;
         cell = record.todo.next(cell + 1)) {
        record.todo.clear(cell);
        record.claimed.clear(cell);
        unclaim(header_at({p, cell}), record, cell);
        spend(1);
    }
}

}  // namespace ouro
