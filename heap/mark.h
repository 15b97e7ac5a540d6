// The sets of objects that the collector keeps: one bit per object and set.
//
// Where the bits are is the layout's business (heap/header.h): beside the pages or in the headers.
// No memory is ever allocated for a set, so a pass works also when nothing is free.
#pragma once

#include <cstdint>

namespace ouro {

enum class Mark : std::uint8_t {
    member,    ///< in the set that the pass examines
    todo,      ///< a member whose references are still to be followed
    deferred,  ///< a candidate that proved alive and is asked again later
    batch,     ///< garbage waiting for finalizers or reclaim
    kept,      ///< on the garbage list, which holds it with a counted reference
};
inline constexpr unsigned kMarks = 5;

}  // namespace ouro
