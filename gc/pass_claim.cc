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
    const TypeTable::Entry* type = heap_.types().find(info.type());
    if (type == nullptr) return false;
    return type->info.load(memory_order_relaxed)->tracked();  // order: written once
}

/// DESIGN rule 10 and the first reading: clear the mark, then claim from the word that was read.
/// False: the word has changed, is dead, or belongs to somebody else's set.
/// Model: models/count_word.pml
bool Pass::claim(Header* header, WordValue word, Member member) {
    if (word.count() == 0 || word.has(WordValue::kClaimed)) return false;
    if (word.has(WordValue::kPostponed)) return false;  // its mark is what lists it
    PageInfo& info = page(member.page);
    const bool marked = info.candidate_test(member.cell);
    if (marked && !OURO_MUTANT(mark_cleared_late)) {
        // order: acq_rel; pairs with report_candidate(): the decrement it reports is in the word
        // that the swap below reads (or the swap fails).
        info.candidate[member.cell / 64].fetch_and(~(std::uint64_t{1} << (member.cell % 64)),
                                                   memory_order_acq_rel);
    }
    const WordValue claimed =
        word.aligned().with(WordValue::kClaimed | WordValue::kClean).without(WordValue::kMarked);
    std::uint64_t expected = word.bits;
    // order: acq_rel; first reading (DESIGN rule 19), pairs with all count changes.
    if (!header->word.compare_exchange(
            expected, claimed.bits,
            OURO_ORDER(memory_order_acq_rel, first_reading_relaxed, memory_order_relaxed),
            memory_order_acquire)) {
        if (marked) heap_.report_again(header->payload());  // put back the mark we took
        return false;
    }
    if (OURO_MUTANT(mark_cleared_late))
        info.candidate[member.cell / 64].exchange(0, memory_order_acq_rel);  // order: as above
    EdgeCounts::reset(header);
    info.claimed.set(member.cell);
    set_.add(heap_.blocks(), member.page);
    ++result_.examined;
    return true;
}

void Pass::step_adopt() {
    spend(1);
    if (at_page_ == kNoPage) {
        rewind();
        phase_ = Phase::edges;
        return;
    }
    const std::uint32_t cell = page(at_page_).batch.next(at_cell_);
    if (cell == kCellsMax) {
        at_page_ = BatchPages::next(heap_.blocks(), at_page_);
        at_cell_ = 0;
        return;
    }
    at_cell_ = cell + 1;
    adopt_batch_member(header_at({at_page_, cell}), {at_page_, cell});
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
        if (word.has(WordValue::kPostponed)) heap_.report_again(header->payload());
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

// Model: models/count_word.pml
void Pass::unclaim(Header* header, PageInfo& info, std::uint32_t cell) {
    WordValue word = header->load_word();
    for (;;) {
        if (word.count() == 0 && word.has(WordValue::kHeld) && !OURO_MUTANT(pinned_cell_lost)) {
            heap_.release_memory(header);  // it ended while we held the claim
            return;
        }
        WordValue free = word.without(WordValue::kClaimed | WordValue::kClean |
                                      WordValue::kCondemned | WordValue::kMarked)
                             .bumped();
        // `marked` promises that the object is on a list of candidates.
        if (info.candidate_test(cell) || info.deferred.test(cell))
            free = free.with(WordValue::kMarked);
        std::uint64_t expected = word.bits;
        // order: acq_rel; as said below.
        const auto order =
            OURO_ORDER(memory_order_acq_rel, claim_dropped_relaxed, memory_order_relaxed);
        // order: acq_rel; pairs with give_back(): either it sees the claim or we see its end.
        if (header->word.compare_exchange(expected, free.bits, order, memory_order_acquire)) return;
        word.bits = expected;
    }
}

}  // namespace ouro
