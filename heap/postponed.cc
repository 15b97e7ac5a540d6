// Ends that may not happen where the last reference went: releases that are handed over to the
// collector, and the heap's own references ("held" around a finalizer, "postponed").
#include "heap/heap.h"
#include "heap/reference_count.h"
#include "platform/context.h"
#include "platform/fatal.h"
#include "platform/mutant.h"

namespace ouro {

using platform::memory_order_acq_rel;
using platform::memory_order_acquire;
using platform::memory_order_relaxed;

/// `word`: before it was put off; it may have been already.
void Heap::list_postponed(void* object, WordValue word) {
    if (!word.has(WordValue::kPostponed)) Counters::add(counters_.postponed);
    report_candidate(object);
}

// The caller took the last reference but may not end the object here. If its finalizer is still to
// run (limbo, W4), the reference goes to the heap as a postponed one; should a weak upgrade have
// completed the step to the finalizer on our behalf, that step is taken back. Otherwise the object
// is dead for good: count 0 and postponed, nobody may find it alive again.
// Model: models/postponed.pml
void Heap::postpone_end(void* object) {
    platform::LoadWindow window;  // for report_candidate(), after the reference has changed hands
    Header* header = header_of(object);
    const TypeInfo& info = *type_of(header)->info.load(memory_order_relaxed);  // order: once
    const WordValue word = change_word(header, [&info](WordValue now) {
        WordValue after = now;
        if (now.count() == 0) {
            const bool limbo = info.finalize != nullptr && !now.has(WordValue::kFinalized);
            if (limbo) after = now.incremented();
        } else {
            OURO_ASSERT(now.has(WordValue::kHeld), "an end that nobody owns");
            if (now.has(WordValue::kPostponed)) after = now.decremented();
            after = after.without(WordValue::kHeld | WordValue::kFinalized);
        }
        return after.with(WordValue::kPostponed).without(WordValue::kClean);
    });
    list_postponed(object, word);
}

// Gives up the heap's own reference around the finalizer. True iff it was the last one.
// Model: models/postponed.pml
bool Heap::drop_held(Header* header) {
    platform::LoadWindow window;  // for report_candidate(), after the reference has changed hands
    const bool legacy = config_.legacy_finalizers;
    const WordValue before = change_word(header, [legacy](WordValue now) {
        const WordValue after = now.decremented().without(WordValue::kHeld | WordValue::kClean);
        return legacy && after.count() != 0 ? after.without(WordValue::kFinalized) : after;
    });
    if (before.count() == 1) return true;
    // Always, also when marked: its list entry may have been taken off while it was dead.
    if (!OURO_MUTANT(resurrected_not_reported)) report_candidate(header->payload());
    return false;
}

void Heap::release_held(void* object) {
    if (drop_held(header_of(object))) end_object(object);
}

std::size_t Heap::release_quietly(void* object) {
    if (OURO_UNLIKELY(!blocks_.contains(object))) {
        Heap* other = of(object);
        if (other != nullptr) other->postpone_release(object);
        return 0;
    }
    const TypeTable::Entry* type = type_of(header_of(object));
    const TypeInfo* info = type->info.load(memory_order_relaxed);  // order: written once
    if (info->runs_user_code()) {
        postpone_release(object);  // its count never touches 0 here
        return 0;
    }
    // order: acq_rel; as in detail::release().
    const WordValue before = header_of(object)->count_down(memory_order_acq_rel);
    if (before.immortal() || before.count() != 1) {
        if (!before.decrements_quietly()) detail::release_slow(object, before);
        return 0;
    }
    std::size_t freed = 0;
    end_plain(object, freed);
    return freed;
}

// Model: models/postponed.pml
void Heap::postpone_release(void* object) {
    platform::LoadWindow window;  // for report_candidate(), after the reference has changed hands
    Header* header = header_of(object);
    const WordValue word = change_word(header, [](WordValue now) {
        // An immortal object has no end, and where another postponed reference exists ours is not
        // the last one: it can go at once. Else it changes hands, and the count does not change.
        WordValue after = now.with(WordValue::kPostponed);
        if (now.immortal()) {
            after = now.saturated();
        } else if (now.has(WordValue::kPostponed)) {
            after = now.decremented();
        }
        return after.without(WordValue::kClean);
    });
    if (word.immortal()) return;
    list_postponed(object, word);
    signal_.wake().set();
}

// Model: models/postponed.pml
std::uint32_t Heap::settle_postponed(void* object, std::uint32_t limit) {
    Counters::sub(counters_.postponed, 1);
    const bool dead = header_of(object)->load_word().count() == 0;  // put off by postpone_end()
    return dead || drop_held(header_of(object)) ? end_object(object, limit) : 0;
}

/// The reference that was taken over goes back to where postpone_release() had put it. Another one
/// may have been put there meanwhile: then ours is not the last and goes at once.
/// Model: models/postponed.pml
void Heap::postpone_again(void* object) {
    platform::LoadWindow window;  // for report_candidate(), after the reference has changed hands
    Header* header = header_of(object);
    const WordValue word = change_word(header, [](WordValue now) {
        const bool another = now.count() != 0 && now.has(WordValue::kPostponed);
        const WordValue after =
            another && !OURO_MUTANT(second_postponed_lost) ? now.decremented() : now;
        return after.with(WordValue::kPostponed).without(WordValue::kHeld | WordValue::kClean);
    });
    if (word.has(WordValue::kPostponed)) Counters::sub(counters_.postponed, 1);
    report_candidate(object);
}

// Model: models/postponed.pml
bool Heap::settle_plain_postponed(void* object) {
    Header* header = header_of(object);
    const TypeInfo* info = type_of(header)->info.load(memory_order_relaxed);  // order: once
    if (info->runs_user_code()) {
        postpone_again(object);
        return false;
    }
    Counters::sub(counters_.postponed, 1);
    const bool dead = header->load_word().count() == 0;
    std::size_t freed = 0;
    return dead || drop_held(header) ? end_plain(object, freed) : true;
}

}  // namespace ouro
