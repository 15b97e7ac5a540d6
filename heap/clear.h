// How an object's memory is zeroed before its constructor runs.
#pragma once

#include <cstddef>
#include <cstring>

#include "heap/fields.h"
#include "platform/compiler.h"

namespace ouro {

inline constexpr std::size_t kFewBytes = 128;  ///< are zeroed without a call

/// Zeroes that many bytes or fewer.
OURO_ALWAYS_INLINE void clear_few(void* payload, std::size_t bytes) {
    auto* const begin = static_cast<std::byte*>(payload);
    std::byte* const end = begin + bytes;
    // From both ends, so that the pieces meet or overlap.
    if (bytes > 64) {
        std::memset(begin, 0, 64);
        std::memset(end - 64, 0, 64);
    } else if (bytes > 32) {
        std::memset(begin, 0, 32);
        std::memset(end - 32, 0, 32);
    } else if (bytes >= 16) {
        std::memset(begin, 0, 16);
        std::memset(end - 16, 0, 16);
    } else if (bytes >= 8) {
        std::memset(begin, 0, 8);
        std::memset(end - 8, 0, 8);
    } else {
        for (std::byte* at = begin; at != end; ++at) *at = std::byte{0};
    }
}

/// Zeroes all but the Trailing record, which the allocator has written.
inline void clear_payload(void* payload, std::size_t bytes, const TypeInfo& info) {
    auto* begin = static_cast<std::byte*>(payload);
    if (!info.variable()) {
        std::memset(begin, 0, bytes);
        return;
    }
    auto* trailing = reinterpret_cast<std::byte*>(&Trailing::of(payload, info));
    std::memset(begin, 0, static_cast<std::size_t>(trailing - begin));
    auto* rest = trailing + sizeof(Trailing);
    std::memset(rest, 0, bytes - static_cast<std::size_t>(rest - begin));
}

}  // namespace ouro
