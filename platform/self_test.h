// Start-up test of a memory: do atomic read-modify-writes work there? External memories exist in
// which a store-exclusive never succeeds, or always does.
#pragma once

#include <cstddef>
#include <cstdint>

#include "platform/port.h"

namespace ouro::platform {

/// Tests one aligned word, whose value is kept. Nobody else may use the word meanwhile.
using WordProbe = bool (*)(std::uint32_t* word);

/// Distance of the words that are tested: memories differ by bank, not by word.
inline constexpr std::size_t kProbeDistance = 4096;

/// True if read-modify-writes work on the first word of [region, region + bytes), on the last, and
/// on one every kProbeDistance bytes; the content is kept. Nobody else may use it meanwhile. False
/// without a whole word, too. Never waits and never loops on a store that fails. What it
/// cannot tell: a memory that answers an exclusive access with a bus fault stops the program.
/// `probe` is replaced by tests only. Time: O(bytes / kProbeDistance).
inline bool atomics_work_in(void* region, std::size_t bytes, WordProbe probe = port::probe_word) {
    constexpr std::uintptr_t kWord = sizeof(std::uint32_t);
    const auto start = reinterpret_cast<std::uintptr_t>(region);
    const std::uintptr_t first = (start + kWord - 1) / kWord * kWord;
    const std::uintptr_t end = (start + bytes) / kWord * kWord;
    if (end <= first) return false;
    for (std::uintptr_t at = first; at < end; at += kProbeDistance) {
        if (!probe(reinterpret_cast<std::uint32_t*>(at))) return false;
    }
    return probe(reinterpret_cast<std::uint32_t*>(end - kWord));
}

}  // namespace ouro::platform
