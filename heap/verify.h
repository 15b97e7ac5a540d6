// verify(): checks the whole heap against its invariants, knowing nothing of how they are kept.
//
// It believes nothing but its own address and the registry of heaps: the record's addresses are
// computed anew, every number is checked before it is used, every link before it is followed, and
// every loop ends, because what it walks knows what was before it or is counted. So whatever the
// region holds, it writes nothing outside of it (inside: the collector's scratch bits in headers)
// and ends. It reads outside in three places, where damaged addresses lead: a type's TypeInfo, the
// nodes of a list of weak references, a context that owns a cache.
//
// What it finds is listed at the functions of verify.cc, verify_record.cc, verify_blocks.cc of the
// layouts and gc/verify.cc. What it cannot find: docs/verification.md.
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
/// Time: O(pages + objects + references) and, for every page, the caches; more only to describe a
/// violation.
/// `ending`: an object that the collector is in the middle of ending, if any.
Violation verify(Heap& heap, const Header* ending = nullptr);

/// Checks only what is followed: the heap's record, the types, the memory, fields and lists of weak
/// references. A pass may be under way, between two steps. Changes nothing.
Violation verify_structure(Heap& heap);

}  // namespace ouro
