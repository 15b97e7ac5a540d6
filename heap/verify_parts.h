// What verify() asks of single words, which may hold anything.
#pragma once

#include <cstring>

namespace ouro {

/// Is it true or false? To ask a damaged one itself is undefined.
inline bool is_bool(const bool& value) {
    unsigned char byte = 0;
    static_assert(sizeof value == sizeof byte);
    std::memcpy(&byte, &value, sizeof byte);
    return byte <= 1;
}

}  // namespace ouro
