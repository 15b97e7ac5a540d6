// A pass: trial deletion, condemnation, and the decision.
#include "gc/pass.h"

#include "heap/reference_count.h"
#include "heap/weak_list.h"
#include "platform/context.h"
#include "platform/mutant.h"

namespace ouro {

using platform::memory_order_acq_rel;
using platform::memory_order_acquire;
using platform::memory_order_relaxed;
using platform::memory_order_release;

// ---- edges

/// Members left the set: what their references explained is not explained any more (G2).
/// Model: models/recount.pml
void Pass::step_reset_edges() {
    while (Header* header = next_member()) {
        EdgeCounts::reset(header);
        advance();
        spend(1);
        if (budget_ <= 0) return;
    }
    if (!at_end()) return;
    left_ = false;
    rewind();
    phase_ = Phase::edges;
}

// Model: models/validation.pml
void Pass::step_edges() {
    if (OURO_MUTANT(edges_with_words)) rewind(kNoPage);
    {
        platform::LoadWindow window;  // for a look at targets that are no members
        while (Header* header = next_member()) {
            const Fields fields = fields_of(header);
            const auto count_edge = [this](FieldSlot& slot) {
                // order: acquire; DESIGN rule 19 (edges). The field counts what it holds at this
                // moment; if that is a member, its page is pinned and the cell is its.
                Header* target = member_in(slot.load(memory_order_acquire));
                if (target != nullptr) edges_.add(target);
                return 1u;
            };
            if (!follow(fields, at_field_, count_edge)) return;
            advance();
            spend(1);
            if (budget_ <= 0) return;
        }
    }
    if (!at_end()) return;
    rewind();
    phase_ = Phase::scan;
}

// ---- scan and spread

/// W3 and trial deletion for one member: the word is as first read, and every counted reference
/// comes from inside the set.
/// Model: models/validation.pml
bool Pass::is_explained(Header* header) {
    if (OURO_MUTANT(batch_not_validated) && of_batch_) return true;
    const WordValue word = header->load_word();
    return shows_no_life(word) && edges_.explains(header, word.count());
}

/// The member shows life: out of the set, and what it refers to with it.
void Pass::leave_set(Header* header, Member member) {
    heap_.blocks().remove_member(header, member);
    add_todo(member);
    left_ = true;
}

void Pass::leave_target(const FieldSlot& slot) {
    // order: acquire; as in step_edges(). Only a hint here: who is missed is found by counting
    // again.
    const auto read = [&slot] { return slot.load(memory_order_acquire); };
    const std::uintptr_t early = OURO_MUTANT(target_read_early) ? read() : 0;
    platform::LoadWindow window;  // for a look at the header of a target that is no member
    Header* target = member_in(OURO_MUTANT(target_read_early) ? early : read());
    if (target != nullptr) leave_set(target, cell_near_work(target));
}

// Model: models/recount.pml
void Pass::step_scan() {
    while (Header* header = next_member()) {
        const bool kept = options_.exclude_user_code && info_of(header).runs_user_code() &&
                          !(OURO_MUTANT(due_member_taken) && of_batch_);
        const bool explained = is_explained(header);
        if (kept && explained && !of_batch_) {
            defer_member(at());
            ++result_.left_alone;
        }
        if (kept || !explained) leave_set(header, at());
        advance();
        spend(1);
        if (budget_ <= 0) return;
    }
    if (at_end()) phase_ = Phase::spread;
}

/// Everything that left has left. Decide over the rest, or count again what explains it.
/// Model: models/recount.pml
void Pass::finish_spread() {
    rewind();
    const bool stable = !left_ || OURO_MUTANT(edges_not_counted_again);
    if (stable && edges_.next_round()) {
        phase_ = Phase::reset_edges;
    } else if (stable && leave_borrowed()) {
        return;  // with what they reach
    } else if (stable) {
        heap_.decision().open();
        phase_ = Phase::condemn;
    } else if (++recounts_ <= kRecountsMax) {
        edges_.begin();
        phase_ = Phase::reset_edges;
    } else {
        result_.aborted = true;  // they change faster than we count: later
        phase_ = Phase::rollback;
    }
}

// Model: models/recount.pml
void Pass::step_spread() {
    if (!next_todo()) {
        if (nothing_to_follow()) finish_spread();
        return;
    }
    Header* header = work_places_.header(work_.index);
    const Fields fields = fields_of(header);
    const auto leave = [this](FieldSlot& slot) {
        leave_target(slot);
        return 1u;
    };
    if (!follow(fields, work_field_, leave)) return;
    spend(1);
    clear(Mark::todo, work_);
    const bool stays_in_batch = of_batch_ && options_.exclude_user_code;
    if (of_batch_ && !stays_in_batch) {
        // Resurrected. What refers to it may have been asked meanwhile, by a pass that took it for
        // alive because the batch had claimed it: it is asked again itself.
        clear(Mark::batch, work_);
        heap_.report_again(header->payload());
    }
    if (!stays_in_batch) unclaim(header, work_);
    work_.page = kNoPage;
}

// ---- condemn, commit, roll back

// Model: models/count_word.pml, models/recount.pml
void Pass::step_condemn() {
    while (Header* header = next_member()) {
        if (!condemn(header)) {
            heap_.decision().abort();
            start_rollback();
            return;
        }
        advance();
        spend(1);
        if (budget_ <= 0) return;
    }
    if (at_end()) phase_ = Phase::commit;
}

/// False: it shows life.
/// Model: models/count_word.pml
bool Pass::condemn_word(Header* header) {
    for (;;) {  // a swap may fail without a reason; a word that has changed says so (W1)
        LinkedWord look(header);
        const WordValue word = look.value();
        if (!word.unchanged() && !OURO_MUTANT(condemned_though_changed)) return false;
        // order: acq_rel; second reading (DESIGN rules 12, 19): from the word of the first reading.
        const auto order =
            OURO_ORDER(memory_order_acq_rel, condemned_relaxed, memory_order_relaxed);
        if (look.swap(word.with(WordValue::kCondemned), order)) return true;
    }
}

bool Pass::condemn(Header* header) {
    if (!condemn_word(header)) return false;
    const TypeInfo& info = info_of(header);
    if (info.finalize != nullptr && !header->load_word().has(WordValue::kFinalized))
        finalizers_ = true;
    if (info.weakly_referable() && !of_batch_ && !options_.exclude_user_code) {
        const auto* anchor = static_cast<WeakAnchor*>(header->payload());
        if (!anchor->empty() && anchor->has_callback(heap_)) callbacks_ = true;
    }
    return true;
}

/// Members that guards lend leave the set, so that the others need not wait for them: they are
/// asked again when deferred candidates are. True: there were some.
bool Pass::leave_borrowed() {
    // Safe without it: U4 does not rest on this look, which would only hide that it is broken.
    const bool leaves = !OURO_MUTANT(borrow_ignores_condemned) &&
                        !OURO_MUTANT(load_ignores_condemned) &&
                        !OURO_MUTANT(borrowed_member_committed);
    bool some = false;
    heap_.guards().any_place([&](std::uintptr_t address) {
        Header* header = borrowed_member(address);
        if (header == nullptr || !leaves) return false;
        const Member member = heap_.blocks().cell_of(header);
        if (!of_batch_) defer_member(member);
        leave_set(header, member);
        some = true;
        return false;
    });
    return some;
}

/// The member at an address that stands in a place, or null. It need not be borrowed yet, and then
/// may be any memory by now.
Header* Pass::borrowed_member(std::uintptr_t address) {
    platform::LoadWindow window;
    Header* header = header_of(detail::object_of(address));
    return heap_.blocks().is_header(header) && header->load_info().member() ? header : nullptr;
}

/// Does a guard lend a member? Whoever borrows one from now on sees that it is condemned (U4,
/// heap/guards.h).
/// Model: models/guards.pml
bool Pass::is_borrowed() {
    return heap_.guards().any_place(
        [this](std::uintptr_t address) { return borrowed_member(address) != nullptr; });
}

// Model: models/weak_upgrade.pml
void Pass::step_commit() {
    spend(1);
    const bool borrowed = is_borrowed() && !OURO_MUTANT(borrowed_member_committed);
    if (options_.rehearsal || borrowed) heap_.decision().abort();
    const bool legacy = finalizers_ && heap_.config().legacy_finalizers;
    const bool live_on = options_.save_all || ((finalizers_ || callbacks_) && !legacy);
    if (!heap_.decision().commit(live_on)) {
        start_rollback();
        return;
    }
    if (of_batch_ && !options_.exclude_user_code) batch_alive_ = false;
    if (legacy) {
        rewind();
        phase_ = Phase::set_aside;
    } else {
        start_dispose();
    }
}

void Pass::start_rollback() {
    result_.aborted = true;
    rewind();
    phase_ = Phase::rollback;
}

/// DESIGN rules 10 and 12: the condemnations are taken back, every member is a candidate again.
/// Model: models/weak_upgrade.pml
void Pass::step_rollback() {
    Header* header = next_member();
    if (header == nullptr) {
        if (at_end()) start_free();
        return;
    }
    const Member member = at();
    spend(2);
    advance();
    heap_.blocks().remove_member(header, member);
    if (!of_batch_) {
        if (!OURO_MUTANT(rollback_forgets)) heap_.report_again(header->payload());
        unclaim(header, member);
        return;
    }
    take_back_condemnation(header);  // a batch member stays claimed, for the next validation
}

}  // namespace ouro
