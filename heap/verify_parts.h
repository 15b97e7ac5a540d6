// What verify() asks of single words, which may hold anything.
#pragma once

#include <cstring>

#include "platform/mutex.h"

namespace ouro {

/// Is the lock free, or given back in time? Who verifies does not hold it. True where its holder
/// may be less urgent and gets no turn: nobody can tell there.
bool is_given_back(platform::Mutex& lock);

/// Is it true or false? To ask a damaged one itself is undefined.
inline bool is_bool(const bool& value) {
    unsigned char byte = 0;
    static_assert(sizeof value == sizeof byte);
    std::memcpy(&byte, &value, sizeof byte);
    return byte <= 1;
}

}  // namespace ouro
