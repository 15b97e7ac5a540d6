#include "heap/reference_count.h"

#include "heap/give_back.h"
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

namespace {

/// What was released was not the last reference: the object is immortal, dead already, or a
/// candidate from now on.
void release_not_last(void* object, WordValue before) {
    if (before.immortal()) {
        pin_immortal(header_of(object));
        return;
    }
    if (before.count() == 0) platform::fatal("release of an object that is dead already", object);
    Heap* heap = Heap::of(object);
    if (heap == nullptr) return;  // the heap is gone, a handle outlived it
    if (!OURO_MUTANT(candidate_not_reported)) heap->report_released(object, before);
}

}  // namespace

void release_slow(void* object, WordValue before) {
    if (before.count() != 1) return release_not_last(object, before);
    Heap* heap = Heap::of(object);
    if (heap == nullptr) return;  // the heap is gone, a handle outlived it
    if constexpr (BlockAllocator::kCaches) {
        if (OURO_LIKELY(heap->end_at_hand(object))) return;
    }
    // Who cannot be in a cycle is always marked: what is not marked has references.
    if (!before.marked() || !heap->end_as_memory(object)) heap->end_object(object);
}

namespace {

/// Is the condemned object dead by `decision`, which was read after its word? By an id it is not as
/// long as finalizers are to run before its end.
bool is_dead_by(Decision::Snapshot decision, UpgradeBy by) {
    return decision.state() == Decision::committed ||
           (decision.state() == Decision::finalizing && by == UpgradeBy::weak_reference);
}

/// Is it this very pass that has condemned the object?
bool still_condemned(Heap& heap, const Header* header, Decision::Snapshot decision) {
    return header->load_word().has(WordValue::kCondemned) && heap.decision().load() == decision;
}

/// With count 0: the finalizer is still to run.
bool is_limbo(Heap& heap, const Header* header, WordValue word) {
    const TypeTable::Entry* type = heap.type_of(header);
    if (type == nullptr || word.has(WordValue::kFinalized)) return false;
    // order: relaxed; written once, found through find()'s acquire.
    return type->info.load(platform::memory_order_relaxed)->finalize != nullptr;
}

// Count 0: dead, unless the finalizer is still to run. Then the context that took the last
// reference owes itself one around the finalizer, and we take that step for it (W4), with ours.
// Model: models/postponed.pml
Upgrade upgrade_from_zero(Heap& heap, Header* header, LinkedWord& look) {
    if (!is_limbo(heap, header, look.value())) return Upgrade::dead;
    const WordValue held = look.value()
                               .incremented()
                               .incremented()
                               .with(WordValue::kHeld | WordValue::kFinalized)
                               .without(WordValue::kClean);
    // order: acq_rel; a count change like any other (DESIGN rule 19).
    return look.swap(held, memory_order_acq_rel) ? Upgrade::yes : Upgrade::again;
}

}  // namespace

Fate fate_of(Heap& heap, Header* header) {
    const WordValue word = header->load_word();
    if (word.count() == 0) return is_limbo(heap, header, word) ? Fate::lives : Fate::dead;
    if (!word.has(WordValue::kCondemned)) return Fate::lives;
    const Decision::Snapshot decision = heap.decision().load();
    if (!is_dead_by(decision, UpgradeBy::weak_reference)) return Fate::lives;
    return still_condemned(heap, header, decision) ? Fate::dead : Fate::again;
}

// Model: models/weak_upgrade.pml
Upgrade try_upgrade(Heap& heap, Header* header, LinkedWord& look, UpgradeBy by) {
    const WordValue word = look.value();
    if (word.count() == 0) return upgrade_from_zero(heap, header, look);
    if (word.has(WordValue::kCondemned) && !OURO_MUTANT(upgrade_ignores_condemned)) {
        const Decision::Snapshot decision = heap.decision().load();
        if (is_dead_by(decision, by)) {
            const bool dead = still_condemned(heap, header, decision);
            return dead || OURO_MUTANT(upgrade_trusts_old_decision) ? Upgrade::dead
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

bool keep_from_commit(void* object) {
    Heap* heap = Heap::of(object);
    if (heap == nullptr || heap->decision().state() != Decision::undecided) return false;
    heap->decision().abort();
    return true;
}

bool retain_borrowed(void* object) {
    Heap* heap = Heap::of(object);
    if (heap == nullptr) return false;
    for (;;) {
        LinkedWord look(header_of(object));
        const Upgrade upgrade = try_upgrade(*heap, header_of(object), look);
        if (upgrade != Upgrade::again) return upgrade == Upgrade::yes;
    }
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
