#include "gc/pass.h"

#include "heap/reference_count.h"
#include "heap/weak_list.h"
#include "platform/context.h"
#include "platform/fatal.h"

namespace ouro {

using platform::memory_order_acq_rel;
using platform::memory_order_acquire;
using platform::memory_order_relaxed;
using platform::memory_order_release;

// ---- control

void Pass::begin(const PassOptions& options) {
    OURO_ASSERT(idle(), "a pass was begun while one is under way");
    options_ = options;
    result_ = {};
    of_batch_ = false;
    user_code_ = finalizers_ = deciding_ = false;
    edges_.clear();
    dirty_source_ = heap_.take_dirty_pages();
    gather_page_ = kNoPage;
    if (options.include_deferred) std::swap(deferred_, deferred_source_);
    phase_ = Phase::gather;
}

void Pass::begin_batch() {
    OURO_ASSERT(idle(), "a pass was begun while one is under way");
    options_ = {};
    result_ = {};
    of_batch_ = true;
    user_code_ = finalizers_ = deciding_ = false;
    edges_.clear();
    BlockAllocator& blocks = heap_.blocks();
    for (PageIndex p = batch_.first(); p != kNoPage; p = BatchPages::next(blocks, p)) {
        CellBits& bits = page(p).batch;
        for (std::uint32_t cell = bits.next(0); cell < kCellsMax; cell = bits.next(cell + 1))
            adopt_batch_member(header_at({p, cell}), {p, cell});
    }
    rewind();
    phase_ = Phase::edges;
}

void Pass::step(std::uint32_t budget) {
    budget_ = budget;
    while (budget_ > 0 && phase_ != Phase::idle) {
        switch (phase_) {
            case Phase::idle: return;
            case Phase::gather: step_gather(); break;
            case Phase::explore: step_explore(); break;
            case Phase::edges: step_edges(); break;
            case Phase::scan: step_scan(); break;
            case Phase::spread: step_spread(); break;
            case Phase::condemn: step_condemn(); break;
            case Phase::commit: step_commit(); break;
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

/// Tracked, constructed, not set aside. Everything else counts as alive (G3).
bool Pass::may_enter_set(const Header* header) {
    const InfoValue info = header->load_info();
    if (info.constructing() || info.frozen()) return false;
    const TypeTable::Entry* type = heap_.types().find(info.type());
    if (type == nullptr) return false;
    return type->info.load(memory_order_relaxed)->tracked();  // order: written once
}

/// DESIGN rule 10 and the first reading: clear the mark, then claim from the word that was read.
/// False: the word has changed, is dead, or belongs to somebody else's set.
bool Pass::claim(Header* header, WordValue word, Member member) {
    if (word.count() == 0 || word.has(WordValue::kClaimed)) return false;
    PageInfo& info = page(member.page);
    const bool marked = info.candidate_test(member.cell);
    if (marked) {
        // order: acq_rel; pairs with report_candidate(): the decrement it reports is in the word
        // that the swap below reads (or the swap fails).
        info.candidate[member.cell / 64].fetch_and(~(std::uint64_t{1} << (member.cell % 64)),
                                                   memory_order_acq_rel);
    }
    const WordValue claimed = word.aligned()
                                  .with(WordValue::kClaimed | WordValue::kClean)
                                  .without(WordValue::kMarked);
    std::uint64_t expected = word.bits;
    // order: acq_rel; first reading (DESIGN rule 19), pairs with all count changes.
    if (!header->word.compare_exchange(expected, claimed.bits, memory_order_acq_rel,
                                       memory_order_acquire)) {
        if (marked) heap_.report_candidate(header->payload());  // put back the mark we took
        return false;
    }
    EdgeCounts::reset(header);
    info.claimed.set(member.cell);
    set_.add(heap_.blocks(), member.page);
    ++result_.examined;
    return true;
}

/// The second validation's first reading: the member is claimed already.
void Pass::adopt_batch_member(Header* header, Member member) {
    PageInfo& info = page(member.page);
    WordValue word = header->load_word();
    for (;;) {
        if (word.count() == 0) {  // died by count while user code ran
            info.batch.clear(member.cell);
            unclaim(header, info, member.cell);
            return;
        }
        if (info.candidate_test(member.cell)) {
            // order: acq_rel; as in claim().
            info.candidate[member.cell / 64].fetch_and(~(std::uint64_t{1} << (member.cell % 64)),
                                                       memory_order_acq_rel);
        }
        std::uint64_t expected = word.bits;
        const WordValue read = word.aligned().with(WordValue::kClean).without(WordValue::kMarked);
        // order: acq_rel; first reading, as in claim().
        if (header->word.compare_exchange(expected, read.bits, memory_order_acq_rel,
                                          memory_order_acquire))
            break;
        word.bits = expected;
    }
    EdgeCounts::reset(header);
    info.claimed.set(member.cell);
    set_.add(heap_.blocks(), member.page);
    ++result_.examined;
}

void Pass::unclaim(Header* header, PageInfo& info, std::uint32_t cell) {
    WordValue word = header->load_word();
    for (;;) {
        if (word.count() == 0 && word.has(WordValue::kHeld)) {
            heap_.release_memory(header);  // it ended while we held the claim
            return;
        }
        WordValue free = word.without(WordValue::kClaimed | WordValue::kClean |
                                      WordValue::kCondemned | WordValue::kMarked)
                             .bumped();
        // `marked` promises that the object is on a list of candidates.
        if (info.candidate_test(cell) || info.deferred.test(cell)) free = free.with(WordValue::kMarked);
        std::uint64_t expected = word.bits;
        // order: acq_rel; pairs with give_back(): either it sees the claim or we see its end.
        if (header->word.compare_exchange(expected, free.bits, memory_order_acq_rel,
                                          memory_order_acquire))
            return;
        word.bits = expected;
    }
}

// ---- gather

/// The next page with candidates, its bits in gather_bits_. False when all have been taken.
bool Pass::next_source() {
    if (dirty_source_ != kNoPage) {
        gather_page_ = dirty_source_;
        PageInfo& info = page(gather_page_);
        dirty_source_ = info.dirty_next;
        // order: acq_rel; `dirty` is cleared before the bits are taken, so that a report that finds
        // it set has its bit among those taken (see report_candidate()).
        info.dirty.exchange(0, memory_order_acq_rel);
        for (unsigned i = 0; i < CellBits::kWords; ++i) {
            // order: acq_rel; pairs with report_candidate().
            gather_bits_.words[i] = info.candidate[i].exchange(0, memory_order_acq_rel);
        }
        put_back_evidence();
        return true;
    }
    gather_page_ = deferred_source_.take(heap_.blocks());
    if (gather_page_ == kNoPage) return false;
    gather_bits_ = page(gather_page_).deferred;
    page(gather_page_).deferred.reset();
    return true;
}

/// A report about a member that was claimed before its page was gathered is not a new root but the
/// evidence that the member changed (W3): it goes back.
void Pass::put_back_evidence() {
    const CellBits& claimed = page(gather_page_).claimed;
    for (std::uint32_t cell = claimed.next(0); cell < kCellsMax; cell = claimed.next(cell + 1)) {
        if (!gather_bits_.test(cell)) continue;
        gather_bits_.clear(cell);
        heap_.report_candidate(header_at({gather_page_, cell})->payload());
    }
}

void Pass::step_gather() {
    if (gather_page_ == kNoPage || !gather_bits_.any()) {
        spend(1);
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

void Pass::gather_cell(std::uint32_t cell) {
    platform::LoadWindow window;  // the page may be dissolved by now; its cells must not be meanwhile
    if (cell >= heap_.blocks().cells_in(gather_page_)) return;
    const Member member{gather_page_, cell};
    Header* header = header_at(member);
    const WordValue word = header->load_word();
    if (word.count() == 0) return;
    const InfoValue info = header->load_info();
    if (word.has(WordValue::kPostponed) && postponed_count_ < kPostponedMax) {
        postponed_[postponed_count_++] = header->payload();
        return;
    }
    if (page(gather_page_).claimed.test(cell)) return;  // reached from another root meanwhile
    if (info.constructing() || word.has(WordValue::kPostponed) || word.has(WordValue::kClaimed)) {
        heap_.report_candidate(header->payload());  // not now (claimed: by the batch): ask again
        return;
    }
    if (!may_enter_set(header)) return;
    if (!options_.include_deferred && info.level() > 0) {
        defer(header, member);
        return;
    }
    if (!claim(header, word, member)) {
        heap_.report_candidate(header->payload());  // changed under our hands: ask again
        return;
    }
    PageInfo& record = page(gather_page_);
    record.todo.set(cell);
    todo_.add(heap_.blocks(), gather_page_);
    root_ = member;
    root_claims_ = 1;
    const std::uint64_t limit = std::uint64_t{options_.objects_per_root} << (3 * info.level());
    root_limit_ = limit == 0 || limit > 0x7fff'ffff ? ~0u : static_cast<std::uint32_t>(limit);
    work_page_ = kNoPage;
    phase_ = Phase::explore;
}

/// Puts a candidate off. Decrements need not report it meanwhile: it is on a list.
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
        if (slot.load(memory_order_acquire) != value) continue;
        if (word.has(WordValue::kClaimed) || word.count() == 0 || !may_enter_set(header))
            return false;
        const Member member{cell.page, cell.index};
        if (!claim(header, word, member)) continue;
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
        give_up_root();
        return;
    }
    if (work_page_ == kNoPage) {
        work_page_ = todo_.take(heap_.blocks());
        work_cell_ = kCellsMax;
        if (work_page_ == kNoPage) {
            finish_explore();
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
        spend(1);
    }
    platform::LoadWindow window;
    const Fields fields = fields_of(header_at({work_page_, work_cell_}));
    while (work_field_ < fields.count()) {
        if (budget_ <= 0) return;
        spend(1);
        claim_target(fields[work_field_++]);
    }
    record.todo.clear(work_cell_);
    work_cell_ = kCellsMax;
}

void Pass::finish_explore() { phase_ = Phase::gather; }

/// The root reaches more than the limit: what was claimed but not expanded leaves the set again, and
/// the root is asked later, with a higher limit.
void Pass::give_up_root() {
    BlockAllocator& blocks = heap_.blocks();
    if (work_page_ != kNoPage) todo_.add(blocks, work_page_);
    for (PageIndex p = todo_.take(blocks); p != kNoPage; p = todo_.take(blocks)) {
        PageInfo& record = page(p);
        for (std::uint32_t cell = record.todo.next(0); cell < kCellsMax;
             cell = record.todo.next(cell + 1)) {
            record.todo.clear(cell);
            record.claimed.clear(cell);
            unclaim(header_at({p, cell}), record, cell);
            spend(1);
        }
    }
    PageInfo& record = page(root_.page);
    Header* header = header_at(root_);
    record.deferred.set(root_.cell);
    deferred_.add(blocks, root_.page);
    if (record.claimed.test(root_.cell)) {
        // order: relaxed, both; the pass owner is the only writer of a claimed object's info.
        const InfoValue info{header->info.load(memory_order_relaxed)};
        const std::uint32_t level = info.level() < InfoValue::kLevelMax ? info.level() + 1 : info.level();
        header->info.store(info.with_level(level).bits, memory_order_relaxed);
    }
    ++result_.gave_up_roots;
    work_page_ = kNoPage;
    phase_ = Phase::gather;
}

// ---- edges

void Pass::step_edges() {
    Member member;
    if (!next_member(member)) {
        rewind();
        phase_ = Phase::scan;
        return;
    }
    const Fields fields = fields_of(header_at(member));
    BlockAllocator& blocks = heap_.blocks();
    spend(1);
    while (at_field_ < fields.count()) {
        if (budget_ <= 0) return;
        spend(1);
        // order: acquire; DESIGN rule 19 (edges). The field counts what it holds at this moment; if
        // that is a member, its page is pinned and the cell is its.
        const std::uintptr_t value = fields[at_field_++].load(memory_order_acquire);
        if (!detail::is_object(value)) continue;
        Header* target = header_of(detail::object_of(value));
        const BlockAllocator::Cell cell = blocks.cell_of(target);
        if (cell.page != kNoPage && page(cell.page).claimed.test(cell.index)) edges_.add(target);
    }
    at_field_ = 0;
    ++at_cell_;
}

// ---- scan and spread

/// W3 and trial deletion for one member: the word is as first read, nobody reported it, and every
/// counted reference comes from inside the set.
bool Pass::is_explained(Header* header, PageInfo& info, std::uint32_t cell) {
    const WordValue word = header->load_word();
    if (!word.unchanged() || word.count() == 0 || word.own_references() != 0) return false;
    if (info.candidate_test(cell)) return false;
    return edges_.explains(header, word.count());
}

/// The member shows life: out of the set, and what it refers to with it.
void Pass::leave_set(Member member) {
    PageInfo& record = page(member.page);
    record.claimed.clear(member.cell);
    record.todo.set(member.cell);
    todo_.add(heap_.blocks(), member.page);
}

void Pass::leave_target(std::uintptr_t value) {
    if (!detail::is_object(value)) return;
    const BlockAllocator::Cell cell = heap_.blocks().cell_of(header_of(detail::object_of(value)));
    if (cell.page == kNoPage || !page(cell.page).claimed.test(cell.index)) return;
    leave_set({cell.page, cell.index});
}

void Pass::step_scan() {
    Member member;
    if (!next_member(member)) {
        work_page_ = kNoPage;
        phase_ = Phase::spread;
        return;
    }
    spend(1);
    ++at_cell_;
    Header* header = header_at(member);
    const bool kept_for_user_code = options_.exclude_user_code && info_of(header).runs_user_code();
    if (kept_for_user_code) heap_.report_candidate(header->payload());
    if (kept_for_user_code || !is_explained(header, page(member.page), member.cell))
        leave_set(member);
}

void Pass::step_spread() {
    if (work_page_ == kNoPage) {
        work_page_ = todo_.take(heap_.blocks());
        work_cell_ = kCellsMax;
        if (work_page_ == kNoPage) {
            if (!deciding_) {
                heap_.decision().open();
                deciding_ = true;
                rewind();
            }
            phase_ = Phase::condemn;
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
        spend(1);
    }
    Header* header = header_at({work_page_, work_cell_});
    const Fields fields = fields_of(header);
    while (work_field_ < fields.count()) {
        if (budget_ <= 0) return;
        spend(1);
        // order: acquire; as in step_edges().
        leave_target(fields[work_field_++].load(memory_order_acquire));
    }
    record.todo.clear(work_cell_);
    if (of_batch_) record.batch.clear(work_cell_);  // resurrected
    unclaim(header, record, work_cell_);
    work_cell_ = kCellsMax;
}

// ---- condemn, commit, roll back

void Pass::step_condemn() {
    Member member;
    if (!next_member(member)) {
        phase_ = Phase::commit;
        return;
    }
    spend(1);
    ++at_cell_;
    Header* header = header_at(member);
    WordValue word = header->load_word();
    std::uint64_t expected = word.bits;
    // order: acq_rel; second reading (DESIGN rules 12, 19): from the very word of the first reading.
    const bool condemned =
        word.unchanged() && !page(member.page).candidate_test(member.cell) &&
        header->word.compare_exchange(expected, word.with(WordValue::kCondemned).bumped().bits,
                                      memory_order_acq_rel, memory_order_acquire);
    if (condemned) {
        const TypeInfo& info = info_of(header);
        if (info.runs_user_code()) user_code_ = true;
        if (info.finalize != nullptr && !word.has(WordValue::kFinalized)) finalizers_ = true;
        return;
    }
    ++result_.revived;
    leave_set(member);
    work_page_ = kNoPage;
    phase_ = Phase::spread;  // its closure leaves too; then condemning goes on where it was
}

void Pass::step_commit() {
    spend(1);
    rewind();
    if (heap_.decision().commit()) {
        phase_ = Phase::dispose;
        return;
    }
    result_.aborted = true;
    phase_ = Phase::rollback;
}

void Pass::step_rollback() {
    Member member;
    if (!next_member(member)) {
        phase_ = Phase::free;
        rewind();
        return;
    }
    spend(2);
    ++at_cell_;
    PageInfo& record = page(member.page);
    record.claimed.clear(member.cell);
    Header* header = header_at(member);
    heap_.report_candidate(header->payload());  // DESIGN rule 10: a failed validation marks again
    if (!of_batch_) {
        unclaim(header, record, member.cell);
        return;
    }
    // order: acq_rel; the condemnation is taken back, the version changes with it (DESIGN rule 12).
    header->word.fetch_and(~WordValue::kCondemned, memory_order_acq_rel);
    header->word.fetch_add(WordValue::kVersionOne, memory_order_acq_rel);
}

// ---- dispose

/// DESIGN rule 16: references inside the garbage go silently, others by ordinary decrement.
void Pass::drop_field(FieldSlot& slot) {
    // order: acquire; pairs with the store. Nobody else can reach the field any more.
    const std::uintptr_t value = slot.load(memory_order_acquire);
    if (!detail::is_object(value)) return;
    slot.store(0, memory_order_relaxed);  // order: see above
    const BlockAllocator::Cell cell = heap_.blocks().cell_of(header_of(detail::object_of(value)));
    if (cell.page != kNoPage && page(cell.page).claimed.test(cell.index)) return;
    heap_.release_quietly(detail::object_of(value));
}

/// Count 0 for good: no mutator reaches the object, no upgrade passes `committed`.
void Pass::make_dead(Header* header, std::uint64_t flags) {
    const WordValue word = header->load_word();
    // order: release; pairs with load_word(). Nobody else writes the word any more: the decision is
    // committed, so an upgrade ends without a swap.
    header->word.store(word.bumped().dead().bits | flags, memory_order_release);
}

/// The member stays claimed, for the batch. If finalizers are to run first it lives until the second
/// validation, no longer condemned; else it is dead for good.
void Pass::dispose_to_batch(Header* header, Member member) {
    page(member.page).batch.set(member.cell);
    batch_.add(heap_.blocks(), member.page);
    ++result_.batched;
    const TypeInfo& info = info_of(header);
    if (info.weakly_referable()) {
        auto* anchor = static_cast<WeakAnchor*>(header->payload());
        if (!anchor->empty()) anchor->cut_all(heap_);
    }
    if (!finalizers_) {
        make_dead(header, WordValue::kClaimed);
        return;
    }
    result_.batch_alive = true;
    // order: acq_rel, both; DESIGN rule 17: un-condemned, and the version changes.
    header->word.fetch_and(~WordValue::kCondemned, memory_order_acq_rel);
    header->word.fetch_add(WordValue::kVersionOne, memory_order_acq_rel);
}

void Pass::step_dispose() {
    Member member;
    if (!next_member(member)) {
        rewind();
        phase_ = Phase::free;
        return;
    }
    Header* header = header_at(member);
    spend(2);
    if (user_code_ || of_batch_) {
        dispose_to_batch(header, member);
        ++at_cell_;
        return;
    }
    const Fields fields = fields_of(header);
    while (at_field_ < fields.count()) {
        if (budget_ <= 0) return;
        spend(1);
        drop_field(fields[at_field_++]);
    }
    at_field_ = 0;
    ++at_cell_;
    const TypeInfo& info = info_of(header);
    if (info.weakly_referable()) {
        auto* anchor = static_cast<WeakAnchor*>(header->payload());
        if (!anchor->empty()) anchor->cut_all(heap_);
    }
    make_dead(header, 0);
    Counters::add(heap_.counters().reclaimed_by_collector);
    ++result_.collected;
}

/// Only now, when no member's field names another member any more, does memory change hands.
void Pass::step_free() {
    const PageIndex p = set_.take(heap_.blocks());
    spend(1);
    if (p == kNoPage) {
        phase_ = Phase::idle;
        return;
    }
    PageInfo& record = page(p);
    const CellBits members = record.claimed;
    record.claimed.reset();
    if (user_code_ || of_batch_ || result_.aborted) return;
    for (std::uint32_t cell = members.next(0); cell < kCellsMax; cell = members.next(cell + 1)) {
        spend(1);
        heap_.give_back(header_at({p, cell}));
    }
}

}  // namespace ouro
