// Allocations that fail on purpose: the n-th block, the n-th request, or every one from there on.
//
// Nothing in the core knows of this: the linker puts the functions of allocation.cc in front of
// BlockAllocator::allocate and Heap::begin_object (CMake: ouro_plant_allocation_faults). A program
// that arms a fault must see was_hit() at least once, else the linker was given stale names.
#pragma once

#include <string>
#include <string_view>

namespace ouro::faults {

enum class Refuse : unsigned {
    nothing,
    block,    ///< one look for a block: the heap tries harder, and finds one
    request,  ///< one request, however hard the heap tries
    rest,     ///< this request and all that follow
};

struct AllocationFault {
    Refuse what = Refuse::nothing;
    unsigned number = 0;  ///< from 1

    bool operator==(const AllocationFault&) const = default;
};

/// From now on counts, and refuses what the fault names. One fault at a time; not to be called
/// while other threads allocate.
void arm(const AllocationFault& fault);
/// Nothing is refused any more.
void disarm();
/// Has the fault that was armed last refused something?
bool was_hit();
/// Requests seen since arm().
unsigned requests();

/// "request:3", "" for nothing; and back. False: that is no fault.
std::string to_text(const AllocationFault& fault);
bool from_text(std::string_view text, AllocationFault& fault);

}  // namespace ouro::faults
