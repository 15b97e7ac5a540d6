// How a dead object's memory goes back: as a part of the few functions that most ends pass.
#pragma once

#include "heap/cached_blocks.h"
#include "heap/heap.h"
#include "platform/mutant.h"

namespace ouro {

OURO_ALWAYS_INLINE std::size_t Heap::give_back_body(Header* header, TypeTable::Entry& type,
                                                    bool by_count) {
    const std::size_t bytes = Fields::payload_bytes(header, type);
    // A claim pins the memory: leave it to the claim's holder, who sees held with count 0.
    WordValue word;
    for (;;) {
        LinkedWord look(header);
        word = look.value();
        if (!word.has(WordValue::kClaimed) || OURO_MUTANT(claim_does_not_pin)) break;
        // order: acq_rel; pairs with the collector's unclaim, which frees in our stead.
        if (!look.swap(word.with(WordValue::kHeld), platform::memory_order_acq_rel)) continue;
        count_end(type, bytes, by_count);
        return bytes + sizeof(Header);
    }
    // order: release; who still looks (in a load window) at this word finds it dead.
    header->store_word(word.dead(), platform::memory_order_release);
    if (!blocks_.free_cached(header, bytes, by_count)) {
        count_end(type, bytes, by_count);
        blocks_.free(header);
    }
    if (OURO_UNLIKELY(is_shut_down()) && !live_handles_possible()) unregister();
    return bytes + sizeof(Header);
}

/// Where memory for code is short there is one copy.
OURO_ALWAYS_INLINE std::size_t Heap::give_back_inline(Header* header, TypeTable::Entry& type,
                                                      bool by_count) {
    if constexpr (HeapConfig::kSmall) return give_back(header, type, by_count);
    return give_back_body(header, type, by_count);
}

}  // namespace ouro
