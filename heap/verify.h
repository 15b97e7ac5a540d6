// verify(): checks the whole heap against its invariants, knowing nothing of how they are kept.
//
// It walks the pages and believes nothing: every number is checked before it is used, every loop is
// bounded by the size of what it walks. What it can find is listed at the functions in verify.cc.
// What it cannot find: that a count is too high (a handle outside the heap holds references that no
// walk can see), and that a payload was overwritten with other plausible bytes.
#pragma once

#include <cstddef>
#include <cstdint>

#include "heap/heap.h"

namespace ouro {

/// The first broken invariant, or none.
struct Violation {
    const char* invariant = nullptr;  ///< which rule, as a sentence; null = all hold
    std::uintptr_t object = 0;        ///< the object concerned, 0 when it is about pages or sums
    const char* type = nullptr;       ///< its type's name, when that can still be told
    char path[192] = {};              ///< up from the object: "B@0x50 <- [2] A@0xf0"

    explicit operator bool() const { return invariant != nullptr; }
};

/// Checks everything. In the child of a fork, not the sums and not what threads had in hand that do
/// not exist there. Nobody may change the heap meanwhile and no pass may be under way (see
/// Collector::verify for that). Uses the collector's scratch bits in the headers.
/// Time: O(pages + objects + references); more only to describe a violation.
Violation verify(Heap& heap);

/// Checks only what leads to the objects: the heap's record, the types, the memory. What is under
/// way in a pass does not matter. Null or the first broken invariant.
const char* verify_structure(Heap& heap);

}  // namespace ouro
