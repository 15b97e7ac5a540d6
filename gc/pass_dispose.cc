// A pass: the end of what was decided to be garbage.
#include "gc/pass.h"

#include "heap/reference_count.h"
#include "heap/weak_list.h"
#include "platform/fatal.h"
#include "platform/mutant.h"

namespace ouro {

using platform::memory_order_acq_rel;
using platform::memory_order_acquire;
using platform::memory_order_relaxed;
using platform::memory_order_release;

// ---- dispose

/// DESIGN rule 16: references inside the garbage go silently, others by ordinary decrement.
void Pass::drop_field(FieldSlot& slot) {
    // order: acquire; pairs with the store. Nobody else can reach the field any more.
    const std::uintptr_t value = slot.load(memory_order_acquire);
    if (!detail::is_object(value)) return;
    slot.store(0, memory_order_relaxed);  // order: see above
    const BlockAllocator::Cell cell = heap_.blocks().cell_of(header_of(detail::object_of(value)));
    if (cell.page != kNoPage && page(cell.page).claimed.test(cell.index) &&
        !OURO_MUTANT(inside_reference_released))
        return;
    if (!OURO_MUTANT(outside_reference_lost)) heap_.release_quietly(detail::object_of(value));
}

/// Count 0 for good: no mutator reaches the object, no upgrade passes `committed`.
void Pass::make_dead(Header* header, std::uint64_t flags) {
    const WordValue word = header->load_word();
    // order: release; pairs with load_word(). Nobody else writes the word any more: the decision is
    // committed, so an upgrade ends without a swap.
    header->word.store(word.bumped().dead().bits | flags, memory_order_release);
}

/// The member stays claimed, for the batch. If finalizers are to run first it lives until the
/// second validation, no longer condemned; else it is dead for good.
void Pass::dispose_to_batch(Header* header, Member member) {
    OURO_ASSERT(!options_.exclude_user_code, "a pass without a collection feeds the batch");
    page(member.page).batch.set(member.cell);
    batch_.add(heap_.blocks(), member.page);
    ++result_.batched;
    const TypeInfo& info = info_of(header);
    if (info.weakly_referable() && !OURO_MUTANT(weak_not_cut_for_batch)) {
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
    if (user_code_ || of_batch_) {
        dispose_to_batch(header, member);
        spend(2);
        ++at_cell_;
        return;
    }
    const Fields fields = fields_of(header);
    while (at_field_ < fields.count()) {
        drop_field(fields[at_field_++]);
        spend(1);
        if (budget_ <= 0) return;
    }
    spend(2);
    at_field_ = 0;
    ++at_cell_;
    const TypeInfo& info = info_of(header);
    if (info.weakly_referable() && !OURO_MUTANT(weak_not_cut_by_pass)) {
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
