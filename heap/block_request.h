// What the allocator is asked for: bytes of payload for an object of a type.
#pragma once

#include <cstddef>

#include "heap/fields.h"

namespace ouro {

struct BlockRequest {
    std::size_t bytes = 0;
    TypeIndex type = 0;
    Trailing trailing = {};  ///< of a variable type
};

}  // namespace ouro
