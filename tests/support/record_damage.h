// Damage to a record, bit by bit or word by word, each undone before the next: for tests of what
// verify() names.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>

#include "platform/annotate.h"

namespace ouro::testing {

/// Flips every bit of the record by itself, but in words that hold `spared`.
inline void flip_all(void* record, std::size_t bytes, const void* spared,
                     const std::function<void()>& check) {
    platform::reveal(record, bytes);  // also what has no meaning now, and what lies between
    auto* at = static_cast<unsigned char*>(record);
    for (std::size_t word = 0; word + sizeof spared <= bytes; word += sizeof spared) {
        const void* value = nullptr;
        std::memcpy(&value, at + word, sizeof value);
        if (value == spared) continue;
        for (std::size_t bit = 0; bit < 8 * sizeof spared; ++bit) {
            unsigned char& byte = at[word + bit / 8];
            const auto mask = static_cast<unsigned char>(1u << bit % 8);
            byte ^= mask;
            check();
            byte ^= mask;
        }
    }
}

/// Calls `check` with every 32-bit word of the record that was `before` when `copy` was taken of it
/// and is `now`: how many there are. For what a known operation has just changed.
inline int for_changed_words(void* record, const void* copy, std::size_t bytes,
                             std::uint32_t before, std::uint32_t now,
                             const std::function<void(std::uint32_t&)>& check) {
    int found = 0;
    for (std::size_t at = 0; at + sizeof before <= bytes; at += sizeof before) {
        auto* word = reinterpret_cast<std::uint32_t*>(static_cast<unsigned char*>(record) + at);
        if (std::memcmp(static_cast<const unsigned char*>(copy) + at, &before, sizeof before) != 0)
            continue;
        if (std::memcmp(word, &now, sizeof now) != 0) continue;
        ++found;
        check(*word);
        *word = now;
    }
    return found;
}

/// Words of the record that hold the value are changed, one after the other. How many there are.
inline int change_words(void* record, std::size_t bytes, const void* value,
                        const std::function<void()>& check) {
    platform::reveal(record, bytes);  // also what has no meaning now, and what lies between
    auto* at = static_cast<unsigned char*>(record);
    int found = 0;
    for (std::size_t word = 0; word + sizeof value <= bytes; word += sizeof value) {
        if (std::memcmp(at + word, &value, sizeof value) != 0) continue;
        at[word + 1] ^= 0x10;
        ++found;
        check();
        at[word + 1] ^= 0x10;
    }
    return found;
}

}  // namespace ouro::testing
