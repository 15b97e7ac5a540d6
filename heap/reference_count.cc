#include "heap/reference_count.h"

#include "heap/heap.h"
#include "platform/fatal.h"

namespace ouro::detail {

using platform::memory_order_acq_rel;
using platform::memory_order_acquire;

namespace {

// Brings the count back to the middle of the immortal band. 2^23 further changes on either side
// would be needed between two calls to leave the band, more than contexts exist.
void pin_immortal(Header* header) {
    std::uint64_t now = header->word.load(memory_order_acquire);  // order: pairs with count changes
    // order: acq_rel; a count change like any other.
    while (!header->word.compare_exchange(now, WordValue{now}.saturated().bumped().bits,
                                          memory_order_acq_rel, memory_order_acquire)) {
    }
}

}  // namespace

void retain_slow(Header* header, WordValue before) {
    if (before.has(WordValue::kClean)) touch_slow(header);
    if (before.immortal()) pin_immortal(header);
}

void make_immortal(void* object) { pin_immortal(header_of(object)); }

void touch_slow(Header* header) {
    // The second step of W3; the caller holds a counted reference, so the word is still this one.
    // order: acq_rel; pairs with the condemning swap, which needs `clean`.
    header->word.fetch_and(~WordValue::kClean, memory_order_acq_rel);
}

void release_slow(void* object, WordValue before) {
    if (before.immortal()) {
        pin_immortal(header_of(object));
        return;
    }
    if (before.count() == 0) platform::fatal("release of an object that is dead already", object);
    Heap* heap = Heap::of(object);
    if (heap == nullptr) return;  // the heap is gone, a handle outlived it
    if (before.count() == 1) {
        heap->end_object(object);
    } else if (!OURO_MUTANT(candidate_not_reported)) {
        heap->report_candidate(object);
    }
}

namespace {

bool swap_word(Header* header, WordValue from, WordValue to) {
    std::uint64_t expected = from.bits;
    // order: acq_rel; a count change like any other (DESIGN rule 19).
    return header->word.compare_exchange(expected, to.bits, memory_order_acq_rel,
                                         memory_order_acquire);
}

// Count 0: dead, unless the finalizer is still to run. Then the context that took the last
// reference owes itself one around the finalizer, and we take that step for it (W4), with ours.
// Model: models/postponed.pml
Upgrade upgrade_from_zero(Heap& heap, Header* header, WordValue word) {
    const TypeTable::Entry* type = heap.type_of(header);
    if (type == nullptr || word.has(WordValue::kFinalized)) return Upgrade::dead;
    const TypeInfo* info = type->info.load(platform::memory_order_relaxed);  // order: written once
    if (info->finalize == nullptr) return Upgrade::dead;
    const WordValue held = word.incremented()
                               .incremented()
                               .with(WordValue::kHeld | WordValue::kFinalized)
                               .without(WordValue::kClean);
    return swap_word(header, word, held) ? Upgrade::yes : Upgrade::again;
}

}  // namespace

// Model: models/weak_upgrade.pml
Upgrade try_upgrade(Heap& heap, Header* header, WordValue word, UpgradeBy by) {
    if (word.count() == 0) return upgrade_from_zero(heap, header, word);
    if (word.has(WordValue::kCondemned) && !OURO_MUTANT(upgrade_ignores_condemned)) {
        const auto is_dead = [by](Decision::State state) {
            return state == Decision::committed ||
                   (state == Decision::finalizing && by == UpgradeBy::weak_reference);
        };
        const Decision::State state = heap.decision().state();
        // Only if the decision is about the condemnation we read: the word has not changed.
        if (is_dead(state)) {
            const bool same = header->load_word().bits == word.bits;
            return same || OURO_MUTANT(upgrade_trusts_old_decision) ? Upgrade::dead
                                                                    : Upgrade::again;
        }
        if (state == Decision::undecided && !OURO_MUTANT(upgrade_does_not_abort))
            heap.decision().abort();
        if (is_dead(heap.decision().state())) return Upgrade::again;
    }
    if (OURO_MUTANT(upgrade_increments_blindly)) return retain(header->payload()), Upgrade::yes;
    const WordValue more = word.incremented_or_pinned().without(WordValue::kClean);
    return swap_word(header, word, more) ? Upgrade::yes : Upgrade::again;
}

bool retain_if_alive(Header* header) {
    WordValue word = header->load_word();
    while (word.count() != 0 && word.user_count() != 0) {
        if (swap_word(header, word, word.incremented_or_pinned().without(WordValue::kClean)))
            return true;
        word = header->load_word();
    }
    return false;
}

void mark_held(Header* header) {
    WordValue word = header->load_word();
    while (!word.has(WordValue::kHeld)) {
        const WordValue held = word.with(WordValue::kHeld).without(WordValue::kClean).bumped();
        if (swap_word(header, word, held)) return;
        word = header->load_word();
    }
}

}  // namespace ouro::detail
