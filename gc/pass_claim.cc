// A pass: what may enter its set, claims and their end.
#include "gc/pass.h"

#include "platform/mutant.h"

namespace ouro {

using platform::memory_order_acq_rel;
using platform::memory_order_acquire;
using platform::memory_order_relaxed;
using platform::memory_order_release;

/// Tracked, constructed, not set aside. Everything else counts as alive (G3).
bool Pass::may_enter_set(const Header* header) {
    const InfoValue info = header->load_info();
    if (info.constructing() && !OURO_MUTANT(unfinished_enters_set)) return false;
    if (info.frozen() && !OURO_MUTANT(frozen_enters_set)) return false;
    return heap_.types().shape(info.type()).tracked();
}

/// Claims the object for the set. False: see claim_word().
bool Pass::claim(Header* header, LinkedWord& look, Member member) {
    if (!claim_word(look)) return false;
    enter_set(header, member);
    return true;
}

void Pass::enter_set(Header* header, Member member) {
    heap_.blocks().add_member(header, member);
    set_.add(heap_.blocks(), member.page);
    ++result_.examined;
}

void Pass::step_adopt() {
    Header* header = next_of<BatchPages>(Mark::batch);
    if (header != nullptr) {
        const Member member = at();
        spend(1);
        advance();
        adopt_batch_member(header, member);
    } else if (at_end()) {
        rewind();
        phase_ = Phase::edges;
    }
}

/// The second validation's first reading: the member is claimed already.
void Pass::adopt_batch_member(Header* header, Member member) {
    for (;;) {
        LinkedWord look(header);
        const WordValue word = look.value();
        if (word.count() == 0) {  // died by count while user code ran
            clear(Mark::batch, member);
            unclaim(header, member);
            return;
        }
        // order: relaxed; first reading, as in claim().
        if (!look.swap_first_reading(memory_order_relaxed)) continue;
        if (word.has(WordValue::kPostponed)) heap_.report_again(header->payload());
        break;
    }
    enter_set(header, member);
}

// Model: models/count_word.pml
void Pass::unclaim(Header* header, Member member) {
    for (;;) {
        LinkedWord look(header);
        const WordValue word = look.value();
        if (word.count() == 0 && word.has(WordValue::kHeld) && !OURO_MUTANT(pinned_cell_lost)) {
            heap_.release_memory(header);  // it ended while we held the claim
            return;
        }
        WordValue free =
            word.without(WordValue::kClaimed | WordValue::kClean | WordValue::kCondemned);
        // `marked` promises that the object is on a list of candidates.
        if (has(Mark::deferred, member)) free = free.with_mark();
        // order: acq_rel; pairs with give_back(): either it sees the claim or we see its end.
        const auto order =
            OURO_ORDER(memory_order_acq_rel, claim_dropped_relaxed, memory_order_relaxed);
        if (look.swap(free, order)) return;
    }
}

}  // namespace ouro
