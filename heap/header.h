// The object header, in the layout that this build has.
//
// Paged (heap/paged): 16 bytes, 64-bit words, cells of equal size on pages, bits of the collector's
// sets beside the pages: for speed. Compact (heap/compact): 8 bytes, 32-bit words, blocks of any
// size, the sets' bits in the headers: for microcontrollers. Both have the same names; what differs
// is in those two folders only.
#pragma once

#ifndef OURO_COMPACT
#define OURO_COMPACT 0
#endif

#if OURO_COMPACT
#include "heap/compact/header.h"
#else
#include "heap/paged/header.h"
#endif

namespace ouro {

/// Index of a type in a heap's type table; 0 = none.
using TypeIndex = std::uint32_t;

/// Changes a word to what `to` makes of it, again if somebody else changes it meanwhile; returns
/// the word before. For those who hold a counted reference or a claim. Lock-free.
template <class To>
WordValue change_word(Header* header, To&& to) {
    for (;;) {
        LinkedWord look(header);
        // order: acq_rel; a count change or a flag that others act upon (DESIGN rule 19).
        if (look.swap(to(look.value()), platform::memory_order_acq_rel)) return look.value();
    }
}

/// The header of the object whose payload starts at `object`.
inline Header* header_of(const void* object) {
    return static_cast<Header*>(const_cast<void*>(object)) - 1;
}

}  // namespace ouro
