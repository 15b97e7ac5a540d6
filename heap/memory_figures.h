// Figures of a heap's memory itself.
#pragma once

#include <cstddef>

namespace ouro {

/// Figures of the memory itself; live object figures are in Statistics.
struct MemoryFigures {
    std::size_t capacity_bytes;      ///< memory for blocks, in bytes
    std::size_t used_bytes;          ///< blocks in use, headers included
    std::size_t used_bytes_max;      ///< high-water mark of used_bytes
    std::size_t free_bytes;          ///< capacity, less used and parked
    std::size_t largest_free_block;  ///< payload of an object that fits now, within 1/8 (1/4)
    std::size_t quarantined_bytes;   ///< freed, kept back to catch uses after free
    std::size_t parked_bytes;        ///< free, at hand of threads for themselves
};

}  // namespace ouro
