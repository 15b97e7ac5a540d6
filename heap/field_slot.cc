#include "heap/field_slot.h"

#include "heap/heap.h"
#include "heap/reference_count.h"
#include "platform/context.h"

namespace ouro::detail {

using platform::memory_order_acq_rel;
using platform::memory_order_acquire;

// Model: models/field_load.pml, models/guards.pml
std::uintptr_t load_counted(const FieldSlot& slot) {
    platform::LoadWindow window;
    // order: acquire; what it pairs with is said at its uses.
    const auto order = OURO_ORDER(memory_order_acquire, load_relaxed, memory_order_relaxed);
    for (;;) {
        // order: acquire; pairs with the exchange that stored it: the object is constructed.
        const std::uintptr_t value = slot.load(order);
        if (!is_object(value)) return value;
        Header* header = header_of(object_of(value));
        LinkedWord look(header);
        const WordValue word = look.value();
        // order: acquire; DESIGN rule 15: the field still holds it after the word was read, so the
        // word is that object's. The window keeps the word a word; the link makes the swap exact.
        if (!OURO_MUTANT(load_without_recheck) && slot.load(order) != value) continue;
        if (word.count() == 0) continue;  // it has left the field since
        if (platform::kGuards != 0 && OURO_UNLIKELY(word.has(WordValue::kCondemned)) &&
            !OURO_MUTANT(load_ignores_condemned) && keep_from_commit(object_of(value)))
            continue;  // its container may be borrowed
        if (OURO_MUTANT(load_increments_blindly)) return retain(object_of(value)), value;
        const WordValue more = word.incremented_or_pinned().without(WordValue::kClean);
        // order: acq_rel; a count change like any other (DESIGN rule 19).
        if (look.swap(more, memory_order_acq_rel)) return value;
    }
}

// Model: models/field_load.pml
void store_owned(FieldSlot& slot, std::uintptr_t value) {
    // order: acquire; the mutant's loads are as in load_counted().
    if (OURO_MUTANT(decrement_before_exchange) && is_object(slot.load(memory_order_acquire)))
        release(object_of(slot.load(memory_order_acquire)));
    // order: seq_cst; release: the object is complete and counted before it can be read here
    // (DESIGN rule 4, 19); acquire: we may end the old one; seq_cst: U1 (heap/guards.h).
    const std::uintptr_t old = slot.exchange(
        value, OURO_MUTANT(store_not_ordered)
                   ? memory_order_acq_rel
                   : OURO_ORDER(memory_order_seq_cst, store_not_release, memory_order_acquire));
    if (is_object(old) && !OURO_MUTANT(decrement_before_exchange)) release(object_of(old));
}

// Model: models/validation.pml
std::uintptr_t exchange_owned(FieldSlot& slot, std::uintptr_t value) {
    // order: seq_cst; as in store_owned().
    const std::uintptr_t old = slot.exchange(
        value, OURO_MUTANT(exchange_not_ordered)
                   ? memory_order_acq_rel
                   : OURO_ORDER(memory_order_seq_cst, exchange_not_release, memory_order_acquire));
    if (is_object(old) && !OURO_MUTANT(take_without_touch)) touch(object_of(old));  // DESIGN rule 5
    return old;
}

bool is_inside(const FieldSlot& slot, std::uintptr_t value) {
    const std::uintptr_t offset = reinterpret_cast<std::uintptr_t>(&slot) - value;
    if (static_cast<std::intptr_t>(offset) < 0) return false;  // before the object
    Heap* heap = Heap::of(object_of(value));
    if (heap == nullptr) return false;
    Header* header = header_of(object_of(value));
    const TypeTable::Entry* type = heap->type_of(header);
    return type != nullptr && offset < Fields::payload_bytes(header, *type);
}

}  // namespace ouro::detail
