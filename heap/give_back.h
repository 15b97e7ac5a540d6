// How a dead object's memory goes back: as a part of the few functions that most ends pass.
#pragma once

#include "heap/cached_blocks.h"
#include "heap/heap.h"
#include "platform/annotate.h"
#include "platform/interrupt.h"
#include "platform/mutant.h"

namespace ouro {

OURO_ALWAYS_INLINE bool Heap::give_back_at_hand(Header* header, TypeIndex type, std::size_t bytes,
                                                std::size_t own_bytes) {
    const WordValue word = header->load_word();
    // A claim pins the memory. Nobody claims what is dead.
    if (OURO_UNLIKELY(word.has(WordValue::kClaimed)) && !OURO_MUTANT(claim_does_not_pin))
        return false;
    if (platform::is_watched()) platform::poison(header->payload(), bytes);
    if (OURO_UNLIKELY(!blocks_.free_at_hand(header, word.dead(), type, bytes, own_bytes))) {
        if (platform::is_watched()) platform::reveal(header->payload(), bytes);
        return false;
    }
    if (OURO_UNLIKELY(is_shut_down())) end_if_last();
    return true;
}

OURO_ALWAYS_INLINE void Heap::give_back_inline(Header* header, TypeTable::Entry& type,
                                               std::size_t& freed) {
    if constexpr (BlockAllocator::kCaches) {
        std::size_t bytes = TypeTable::Shape{type.shape}.payload_bytes(), own_bytes = 0;
        if (OURO_UNLIKELY(bytes == 0)) bytes = own_bytes = Fields::payload_bytes(header, type);
        freed += bytes + sizeof(Header);
        if (OURO_UNLIKELY(!give_back_at_hand(header, header->load_info().type(), bytes, own_bytes)))
            give_back(header, type, true);
    } else {
        give_back(header, type, true);
    }
}

OURO_ALWAYS_INLINE bool Heap::end_at_hand(void* object) {
    if (platform::is_in_interrupt() && !OURO_MUTANT(ended_in_interrupt)) return false;
    Header* header = header_of(object);
    const TypeIndex type = header->load_info().type();
    const TypeTable::Shape shape = types_.shape(type);
    if (!shape.ends_as_memory()) return false;
    if (OURO_UNLIKELY(guards_.are_open()) && !OURO_MUTANT(guard_not_asked)) return false;  // U1
    if (OURO_UNLIKELY(guards_.ended() != 0)) return false;  // they end behind it
    std::size_t bytes = shape.payload_bytes(), own_bytes = 0;
    if (bytes == 0) bytes = own_bytes = Fields::payload_bytes(header, *types_.find(type));
    if (OURO_UNLIKELY(!give_back_at_hand(header, type, bytes, own_bytes)))
        give_back(header, *types_.find(type), true);
    return true;
}

}  // namespace ouro
