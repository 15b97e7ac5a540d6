// Retain and release: the two operations that everything else is made of.
//
// Objects are named by the address of their payload. Callers own what they retain from: retain()
// and touch() need a counted reference held by the caller, release() gives one up. After release()
// the object may be gone, so everything it still has to do goes to records outside the object.
#pragma once

#include "heap/header.h"
#include "platform/compiler.h"
#include "platform/mutant.h"

namespace ouro {
class Heap;
}

namespace ouro::detail {

OURO_COLD void retain_slow(Header* header, WordValue before);
OURO_NOINLINE void release_slow(void* object, WordValue before);

/// Adds one counted reference. The caller holds one already. Time: one atomic read-modify-write.
/// Threads: any. ISR: yes.
OURO_SHORT void retain(void* object) {
    Header* header = header_of(object);
    // order: acq_rel; DESIGN rule 19: pairs with the collector's readings (claim, condemn).
    const WordValue before = header->count_up(platform::memory_order_acq_rel);
    if (OURO_UNLIKELY(before.has(WordValue::kClean | WordValue::kImmortalBit)))
        retain_slow(header, before);
}

/// Gives one counted reference up; the last one ends the object here and now, with all that only it
/// kept alive. Time: one atomic read-modify-write unless the object dies (then O(what dies), no
/// recursion) or becomes a candidate (then O(1) more). Threads: any.
OURO_SHORT void release(void* object) {
    // order: acq_rel; release: what this thread did to the object is done before it can end;
    // acquire: the thread that ends it sees what all others did. Pairs with itself.
    const auto order =
        OURO_MUTANT(release_not_release)
            ? platform::memory_order_acquire
            : OURO_ORDER(memory_order_acq_rel, release_not_acquire, memory_order_release);
    const WordValue before = header_of(object)->count_down(order);
    if (OURO_UNLIKELY(!before.decrements_quietly())) release_slow(object, before);
}

/// Marks that a reference to the object moved without changing its count (DESIGN rule 5).
inline void touch(void* object) {
    Header* header = header_of(object);
    // order: acq_rel; DESIGN rule 19, as for a count change.
    const WordValue before =
        header->touch(OURO_ORDER(memory_order_acq_rel, touch_relaxed, memory_order_relaxed));
    if (OURO_UNLIKELY(before.has(WordValue::kClean))) header->clear_clean();
}

/// Saturates the count: the object is never reclaimed. The caller holds a counted reference.
void make_immortal(void* object);

/// The outcome of one attempt to gain a counted reference to an object without holding one.
enum class Upgrade { yes, dead, again };

/// What an upgrade goes by. A weak reference dies when the collector has committed that its target
/// is garbage; an id, when the target's reclaim is certain: not while finalizers are still to run.
enum class UpgradeBy { weak_reference, id };

/// What would become of an upgrade by a weak reference now.
enum class Fate { lives, dead, again };

/// Reads the word inside the caller's load window; the caller then sees that the object is still
/// the one it means. Changes nothing, so a decision under way stays open. again: the pass that has
/// decided is not the one that condemned the object. Time: O(1). Threads: any. ISR: yes.
Fate fate_of(Heap& heap, Header* header);

/// One attempt from the look at the word (DESIGN rule 14), which was taken inside the caller's load
/// window; the caller then saw that the object is still the one it means. Time: O(1).
/// Threads: any. ISR: yes.
Upgrade try_upgrade(Heap& heap, Header* header, LinkedWord& look,
                    UpgradeBy by = UpgradeBy::weak_reference);

/// The caller looks at an object through a reference that it does not hold, and finds it condemned:
/// the pass must not commit (U4, heap/guards.h). True: it cannot any more, look again.
OURO_COLD bool keep_from_commit(void* object);
/// A counted reference to an object that the caller has borrowed. False: it is dead.
bool retain_borrowed(void* object);
/// A counted reference to an object whose memory the caller has pinned by a claim, unless only the
/// heap itself refers to it any more: then somebody ends it, or is about to, and false.
bool retain_if_alive(Header* header);

/// A counted reference that the caller has just gained becomes one that the heap itself holds,
/// unless it holds one already (around a finalizer): then it stays an ordinary one.
void mark_held(Header* header);

/// Is `value` an address of an object, and not null or an immediate (heap/value.h)?
inline bool is_object(std::uintptr_t value) { return value != 0 && (value & 1) == 0; }

inline void* object_of(std::uintptr_t value) { return reinterpret_cast<void*>(value); }

}  // namespace ouro::detail
