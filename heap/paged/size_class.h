// Cell sizes: which requests share a page, and how many pages a span of such cells takes.
//
// Cells are multiples of 16 bytes, header included: steps of 16 up to 128, then four sizes a
// doubling, so that at most a fifth of a cell above 128 bytes is unused. Requests above
// kLargestCell get whole pages of their own.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "heap/cell_bits.h"

namespace ouro {

inline constexpr std::size_t kPageShift = 12;
inline constexpr std::size_t kPageBytes = std::size_t{1} << kPageShift;
inline constexpr std::size_t kSmallestCell = 32;
inline constexpr std::size_t kLargestCell = 8192;

struct SizeClass {
    std::uint32_t cell_bytes = 0;
    std::uint32_t span_pages = 0;
    std::uint32_t capacity = 0;
    /// floor(offset / cell_bytes) == (offset * reciprocal) >> 32 for every offset inside a span.
    std::uint32_t reciprocal = 0;
};

namespace detail {

constexpr std::uint32_t next_cell_size(std::uint32_t bytes) {
    if (bytes < 128) return bytes + 16;
    std::uint32_t step = 32;
    while (step * 8 <= bytes) step *= 2;
    return bytes + step;
}

constexpr std::uint32_t count_size_classes() {
    std::uint32_t count = 0;
    for (std::uint32_t bytes = kSmallestCell; bytes <= kLargestCell; bytes = next_cell_size(bytes))
        ++count;
    return count;
}

/// The fewest pages of which at most a sixteenth is left over, or the best of 16.
constexpr SizeClass make_size_class(std::uint32_t bytes) {
    SizeClass best;
    std::uint32_t best_waste = ~0u;
    for (std::uint32_t pages = 1; pages <= 16; ++pages) {
        const std::uint32_t span = pages * static_cast<std::uint32_t>(kPageBytes);
        const std::uint32_t capacity = span / bytes;
        if (capacity == 0 || capacity > kCellsMax) continue;
        const std::uint32_t waste = (span - capacity * bytes) * 1024 / span;
        if (waste < best_waste) {
            best_waste = waste;
            const auto reciprocal =
                static_cast<std::uint32_t>(((std::uint64_t{1} << 32) + bytes - 1) / bytes);
            best = {bytes, pages, capacity, reciprocal};
        }
        if (waste <= 64) break;
    }
    return best;
}

}  // namespace detail

inline constexpr std::uint32_t kSizeClasses = detail::count_size_classes();
/// Class number that PageInfo uses for a span of one large object.
inline constexpr std::uint32_t kLargeClass = 255;

inline constexpr std::array<SizeClass, kSizeClasses> kSizeClassTable = [] {
    std::array<SizeClass, kSizeClasses> table{};
    std::uint32_t bytes = kSmallestCell;
    for (SizeClass& entry : table) {
        entry = detail::make_size_class(bytes);
        bytes = detail::next_cell_size(bytes);
    }
    return table;
}();

/// 16-byte units of a request -> class.
inline constexpr std::array<std::uint8_t, kLargestCell / 16 + 1> kClassOfUnits = [] {
    std::array<std::uint8_t, kLargestCell / 16 + 1> table{};
    std::uint32_t size_class = 0;
    for (std::size_t units = 0; units < table.size(); ++units) {
        while (kSizeClassTable[size_class].cell_bytes < units * 16) ++size_class;
        table[units] = static_cast<std::uint8_t>(size_class);
    }
    return table;
}();

static_assert(kSizeClasses < kLargeClass);
static_assert(kSizeClassTable[kSizeClasses - 1].cell_bytes == kLargestCell);
static_assert(
    [] {
        for (const SizeClass& entry : kSizeClassTable) {
            if (entry.capacity == 0 || entry.capacity > kCellsMax) return false;
            const std::uint64_t span = entry.span_pages * kPageBytes;
            for (std::uint64_t offset = 0; offset < span; offset += 16) {
                if ((offset * entry.reciprocal) >> 32 != offset / entry.cell_bytes) return false;
                const std::uint64_t last = offset + 15;
                if ((last * entry.reciprocal) >> 32 != last / entry.cell_bytes) return false;
            }
        }
        return true;
    }(),
    "the reciprocal division is exact inside every span");

}  // namespace ouro
