// Is an object on a list of candidates? In either layout.
#pragma once

#include "heap/heap.h"

namespace ouro::testing {

inline bool is_candidate(Heap& heap, const Header* header) {
    const auto cell = heap.blocks().cell_of(header);
#if OURO_COMPACT
    const WordValue word = header->load_word();
    return word.marked() && heap.candidates().is_listed(cell.page);
#else
    return heap.blocks().page(cell.page).candidate_test(cell.index);
#endif
}

}  // namespace ouro::testing
