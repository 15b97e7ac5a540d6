// What the allocator is asked for: bytes of payload for an object of a type.
#pragma once

#include <cstddef>

#include "heap/fields.h"

namespace ouro {

struct BlockRequest {
    std::size_t bytes = 0;
    TypeIndex type = 0;
    const TypeInfo* info = nullptr;
    Trailing trailing = {};  ///< of a variable type

    /// Into the payload of a variable type: from now on it tells the size.
    void write_trailing(void* payload) const {
        if (info != nullptr && info->variable()) Trailing::of(payload, *info) = trailing;
    }
};

}  // namespace ouro
