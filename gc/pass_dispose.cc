// A pass: the end of what was decided to be garbage.
#include "gc/drop_field.h"
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

/// Count 0 for good: no mutator reaches the object, no upgrade passes `committed`.
void Pass::make_dead(Header* header, WordValue::Bits flags) {
    // order: release; pairs with load_word(). Nobody else changes what the word says any more: the
    // decision is committed, so an upgrade ends without a swap. (A late report may mark it: then
    // the mark is lost, and two values have one version. Only this one has count 0.)
    header->store_word(header->load_word().dead().with(flags), memory_order_release);
}

/// Rule 17: the member lives until the second validation, claimed for the batch, un-condemned.
void Pass::keep_for_user_code(Header* header, Member member) {
    OURO_ASSERT(!options_.exclude_user_code, "a pass without a collection feeds the batch");
    batch_alive_ = true;
    set(Mark::batch, member);
    batch_.add(heap_.blocks(), member.page);
    ++result_.batched;
    take_back_condemnation(header);
}

/// Model: models/weak_upgrade.pml
void Pass::take_back_condemnation(Header* header) {
    change_word(header, [](WordValue now) { return now.without(WordValue::kCondemned); });
}

/// Save all: the member goes to the garbage list instead.
void Pass::save(Header* header, Member member) {
    if (of_batch_) clear(Mark::batch, member);
    heap_.blocks().remove_member(header, member);
    take_back_condemnation(header);
    // The program may have ended it by count, through a member that is on the list already.
    if (OURO_MUTANT(saved_not_counted) || detail::retain_if_alive(header)) set(Mark::kept, member);
    unclaim(header, member);
    ++result_.collected;
}

// ---- legacy finalizers

/// A member with a legacy finalizer, or reached from one: it stays, claimed by the batch, until the
/// rest is gone. What still lives then is uncollectable.
void Pass::set_aside(Header* header, Member member) {
    heap_.blocks().remove_member(header, member);
    add_todo(member);
    set(Mark::batch, member);
    batch_.add(heap_.blocks(), member.page);
    take_back_condemnation(header);
}

void Pass::step_set_aside() {
    Header* header = next_member();
    if (header != nullptr) {
        const Member member = at();
        spend(1);
        advance();
        if (info_of(header).finalize != nullptr) set_aside(header, member);
    } else if (at_end() && !set_aside_targets()) {
        finalizers_ = callbacks_ = false;
        start_dispose();
    }
}

/// What a member that was set aside refers to. False: all has been followed.
bool Pass::set_aside_targets() {
    if (!next_todo()) return !nothing_to_follow();
    const Fields fields = fields_of(work_places_.header(work_.index));
    const auto set_target_aside = [this](FieldSlot& slot) {
        // order: acquire; the set is condemned and committed, nobody writes its fields.
        Header* target = member_in(slot.load(memory_order_acquire));
        if (target != nullptr) set_aside(target, cell_near_work(target));
        return 1u;
    };
    if (!follow(fields, work_field_, set_target_aside)) return true;
    spend(1);
    clear(Mark::todo, work_);
    work_.page = kNoPage;
    return true;
}

// ---- the end of the rest

/// The member's references to the set are gone. With a destructor that may do anything it waits in
/// the batch, dead.
void Pass::end_member(Header* header, Member member, const TypeInfo& info) {
    if (info.has_loud_destructor()) {
        set(Mark::batch, member);
        batch_.add(heap_.blocks(), member.page);
        make_dead(header, WordValue::kClaimed | WordValue::kCondemned);
        ++result_.batched;
        return;
    }
    if (of_batch_) clear(Mark::batch, member);
    make_dead(header, 0);
    ++result_.collected;
}

void Pass::start_dispose() {
    const bool some_live_on = finalizers_ || callbacks_ || options_.save_all;
    rewind();
    phase_ = some_live_on && !keeps_weak_references() ? Phase::cut : Phase::dispose;
}

/// A weak reference that is a member itself does not call back: it is condemned, as all are still.
/// Model: models/weak_upgrade.pml
void Pass::step_cut() {
    while (Header* header = next_member()) {
        if (info_of(header).weakly_referable() && !OURO_MUTANT(weak_cut_late))
            heap_.cut_weak_references(header->payload(), false);
        advance();
        spend(1);
        if (budget_ <= 0) return;
    }
    if (!at_end()) return;
    rewind();
    phase_ = Phase::dispose;
}

void Pass::step_dispose() {
    while (Header* header = next_member()) {
        if (!dispose(header)) return;
        advance();
        spend(2);
        if (budget_ <= 0) return;
    }
    if (at_end()) start_free();
}

/// False: the step is over, some of the member's fields are still to be let go.
bool Pass::dispose(Header* header) {
    const Member member = at();
    const TypeTable::Entry& type = type_of(header);
    const TypeInfo& info = info_of(type);
    const bool intact = finalizers_ || callbacks_;
    if (!intact && !options_.save_all) {
        if (at_field_ == 0 && info.destroy != nullptr && !info.has_loud_destructor())
            info.destroy(header->payload());
        const Fields fields(header->payload(), type, info);
        const bool inner_only = info.has_loud_destructor();
        const auto is_inner = [this](std::uintptr_t value) { return member_in(value) != nullptr; };
        const auto drop = [this, inner_only, is_inner](FieldSlot& slot) {
            note_freed(drop_field(heap_, slot, inner_only, is_inner));
            return 1u;
        };
        if (!follow(fields, at_field_, drop)) return false;
    }
    if (info.weakly_referable() && !keeps_weak_references() && !OURO_MUTANT(weak_not_cut_by_pass))
        heap_.cut_weak_references(header->payload(), false);
    if (intact) {
        keep_for_user_code(header, member);
    } else if (options_.save_all) {
        save(header, member);
    } else {
        end_member(header, member, info);
    }
    return true;
}

void Pass::start_free() {
    rewind(kNoPage);
    phase_ = Phase::free;
}

/// Only now, when no member's field names another member any more, does memory change hands, that
/// of one page together. Nobody else ends them: they are dead, and their memory not given back.
void Pass::step_free() {
    if (!at_members_.any()) {
        if (!may_look()) return;
        at_page_ = set_.take(heap_.blocks());
        if (at_page_ == kNoPage) {
            phase_ = Phase::idle;
            return;
        }
        at_members_ = marked(Mark::member, at_page_);
        at_places_ = heap_.blocks().places(at_page_);
        return;
    }
    const bool live_on = finalizers_ || callbacks_;  // they are the batch
    CellBits dead;
    while (budget_ > 0) {
        const std::uint32_t cell = at_members_.take_first();
        if (cell == kCellsMax) break;
        Header* header = at_places_.header(cell);
        spend(1);
        if (live_on || info_of(header).has_loud_destructor()) {
            heap_.blocks().remove_member(header, {at_page_, cell});
        } else {
            dead.set(cell);
            spend(3);
        }
    }
    if (!dead.any()) return;
    heap_.blocks().clear(Mark::member, at_page_, dead);
    note_freed(heap_.give_back_dead(at_page_, dead));
}

}  // namespace ouro
