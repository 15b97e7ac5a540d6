// A pass: the end of what was decided to be garbage.
#include "gc/pass.h"

#include "heap/reference_count.h"
#include "heap/weak_list.h"
#include "platform/fatal.h"

namespace ouro {

using platform::memory_order_acq_rel;
using platform::memory_order_acquire;
using platform::memory_order_relaxed;
using platform::memory_order_release;

// ---- dispose

/// Rule 16: references inside the garbage go silently, others (unless inner_only) by decrement.
void Pass::drop_field(FieldSlot& slot, bool inner_only) {
    // order: acquire; pairs with the store. Nobody else can reach the field any more.
    const std::uintptr_t value = slot.load(memory_order_acquire);
    if (!detail::is_object(value)) return;
    const BlockAllocator::Cell cell = heap_.blocks().cell_of(header_of(detail::object_of(value)));
    const bool inner = cell.page != kNoPage && page(cell.page).claimed.test(cell.index);
    if (inner_only && !inner) return;
    slot.store(0, memory_order_relaxed);  // order: see above
    if (!inner) heap_.release_quietly(detail::object_of(value));
}

/// Count 0 for good: no mutator reaches the object, no upgrade passes `committed`.
void Pass::make_dead(Header* header, std::uint64_t flags) {
    const WordValue word = header->load_word();
    // order: release; pairs with load_word(). Nobody else writes the word any more: the decision is
    // committed, so an upgrade ends without a swap.
    header->word.store(word.bumped().dead().bits | flags, memory_order_release);
}

/// Rule 17: the member lives until the second validation, claimed for the batch, un-condemned.
void Pass::keep_for_finalizers(Header* header, Member member) {
    OURO_ASSERT(!options_.exclude_user_code, "a pass without a collection feeds the batch");
    batch_alive_ = true;
    page(member.page).batch.set(member.cell);
    batch_.add(heap_.blocks(), member.page);
    ++result_.batched;
    // order: acq_rel, both; the version changes with it.
    header->word.fetch_and(~WordValue::kCondemned, memory_order_acq_rel);
    header->word.fetch_add(WordValue::kVersionOne, memory_order_acq_rel);
}

/// The member's references to the set are gone. With a destructor it waits in the batch, dead.
void Pass::end_member(Header* header, Member member, const TypeInfo& info) {
    PageInfo& record = page(member.page);
    if (info.destroy != nullptr) {
        record.batch.set(member.cell);
        batch_.add(heap_.blocks(), member.page);
        make_dead(header, WordValue::kClaimed);
        ++result_.batched;
        return;
    }
    record.batch.clear(member.cell);
    make_dead(header, 0);
    Counters::add(heap_.counters().reclaimed_by_collector);
    ++result_.collected;
}

void Pass::step_dispose() {
    Member member;
    if (!next_member(member)) {
        rewind();
        phase_ = Phase::free;
        return;
    }
    Header* header = header_at(member);
    const TypeInfo& info = info_of(header);
    if (!finalizers_) {
        const Fields fields = fields_of(header);
        while (at_field_ < fields.count()) {
            drop_field(fields[at_field_++], info.destroy != nullptr);
            spend(1);
            if (budget_ <= 0) return;
        }
    }
    spend(2);
    at_field_ = 0;
    ++at_cell_;
    if (info.weakly_referable()) {
        auto* anchor = static_cast<WeakAnchor*>(header->payload());
        if (!anchor->empty()) anchor->cut_all(heap_);
    }
    if (finalizers_) {
        keep_for_finalizers(header, member);
    } else {
        end_member(header, member, info);
    }
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
    for (std::uint32_t cell = members.next(0); cell < kCellsMax; cell = members.next(cell + 1)) {
        spend(1);
        if (!record.batch.test(cell)) heap_.give_back(header_at({p, cell}));
    }
}

}  // namespace ouro
