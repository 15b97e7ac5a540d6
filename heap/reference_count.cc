#include "heap/reference_count.h"

#include "heap/heap.h"
#include "platform/fatal.h"

namespace ouro::detail {

using platform::memory_order_acq_rel;
using platform::memory_order_acquire;

namespace {

// Brings the count back to the middle of the immortal band. Half the band's width of further
// changes would be needed between two calls to leave it, more than contexts exist.
void pin_immortal(Header* header) {
    change_word(header, [](WordValue now) { return now.saturated(); });
}

}  // namespace

void retain_slow(Header* header, WordValue before) {
    if (before.has(WordValue::kClean)) header->clear_clean();
    if (before.immortal()) pin_immortal(header);
}

void make_immortal(void* object) { pin_immortal(header_of(object)); }

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
        heap->report_released(object);
    }
}

namespace {

// Count 0: dead, unless the finalizer is still to run. Then the context that took the last
// reference owes itself one around the finalizer, and we take that step for it (W4), with ours.
// Model: models/postponed.pml
Upgrade upgrade_from_zero(Heap& heap, Header* header, LinkedWord& look) {
    const TypeTable::Entry* type = heap.type_of(header);
    if (type == nullptr || look.value().has(WordValue::kFinalized)) return Upgrade::dead;
    const TypeInfo* info = type->info.load(platform::memory_order_relaxed);  // order: written once
    if (info->finalize == nullptr) return Upgrade::dead;
    const WordValue held = look.value()
                               .incremented()
                               .incremented()
                               .with(WordValue::kHeld | WordValue::kFinalized)
                               .without(WordValue::kClean);
    // order: acq_rel; a count change like any other (DESIGN rule 19).
    return look.swap(held, memory_order_acq_rel) ? Upgrade::yes : Upgrade::again;
}

}  // namespace

// Model: models/weak_upgrade.pml
Upgrade try_upgrade(Heap& heap, Header* header, LinkedWord& look, UpgradeBy by) {
    const WordValue word = look.value();
    if (word.count() == 0) return upgrade_from_zero(heap, header, look);
    if (word.has(WordValue::kCondemned) && !OURO_MUTANT(upgrade_ignores_condemned)) {
        const auto is_dead = [by](Decision::Snapshot decision) {
            return decision.state() == Decision::committed ||
                   (decision.state() == Decision::finalizing && by == UpgradeBy::weak_reference);
        };
        const Decision::Snapshot decision = heap.decision().load();
        if (is_dead(decision)) {
            // Only if the object is condemned by the very pass that has decided.
            const bool condemned = header->load_word().has(WordValue::kCondemned) &&
                                   heap.decision().load() == decision;
            return condemned || OURO_MUTANT(upgrade_trusts_old_decision) ? Upgrade::dead
                                                                         : Upgrade::again;
        }
        if (decision.state() == Decision::undecided && !OURO_MUTANT(upgrade_does_not_abort)) {
            heap.decision().abort();
            return Upgrade::again;  // nothing else may be changed between the look and its swap
        }
    }
    if (OURO_MUTANT(upgrade_increments_blindly)) return retain(header->payload()), Upgrade::yes;
    const WordValue more = word.incremented_or_pinned().without(WordValue::kClean);
    // order: acq_rel; a count change like any other (DESIGN rule 19).
    return look.swap(more, memory_order_acq_rel) ? Upgrade::yes : Upgrade::again;
}

bool retain_if_alive(Header* header) {
    for (;;) {
        LinkedWord look(header);
        const WordValue word = look.value();
        if (word.count() == 0 || word.user_count() == 0) return false;
        const WordValue more = word.incremented_or_pinned().without(WordValue::kClean);
        // order: acq_rel; a count change like any other (DESIGN rule 19).
        if (look.swap(more, memory_order_acq_rel)) return true;
    }
}

void mark_held(Header* header) {
    for (;;) {
        LinkedWord look(header);
        if (look.value().has(WordValue::kHeld)) return;
        const WordValue held = look.value().with(WordValue::kHeld).without(WordValue::kClean);
        // order: acq_rel; the counted reference changes hands.
        if (look.swap(held, memory_order_acq_rel)) return;
    }
}

}  // namespace ouro::detail
