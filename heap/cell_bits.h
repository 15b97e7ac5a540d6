// Cells of one page, as a set of bits: what the collector works through page by page.
//
// A page is where several headers can be: a span of equal cells (heap/paged) or a card of the
// region (heap/compact). A cell's number tells where on its page its header is.
#pragma once

#include <cstdint>

namespace ouro {

using PageIndex = std::uint32_t;
inline constexpr PageIndex kNoPage = ~PageIndex{0};
/// Most cells of a page.
inline constexpr std::uint32_t kCellsMax = 128;

/// A set of cells of one page.
struct CellBits {
    static constexpr unsigned kWords = kCellsMax / 64;
    std::uint64_t words[kWords] = {};

    bool test(std::uint32_t cell) const { return (words[cell / 64] >> (cell % 64)) & 1; }
    void set(std::uint32_t cell) { words[cell / 64] |= std::uint64_t{1} << (cell % 64); }
    void clear(std::uint32_t cell) { words[cell / 64] &= ~(std::uint64_t{1} << (cell % 64)); }
    void set_first(std::uint32_t count) {
        for (std::uint32_t word = 0; word < kWords; ++word) {
            const std::uint32_t below = count > word * 64 ? count - word * 64 : 0;
            words[word] = below >= 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << below) - 1;
        }
    }
    void remove(const CellBits& cells) {
        for (unsigned word = 0; word < kWords; ++word) words[word] &= ~cells.words[word];
    }
    bool any() const { return (words[0] | words[1]) != 0; }
    void reset() { words[0] = words[1] = 0; }
    /// The lowest member not below `from`, or kCellsMax when there is none.
    std::uint32_t next(std::uint32_t from) const {
        for (std::uint32_t word = from / 64; word < kWords; ++word) {
            const std::uint64_t rest = words[word] & (~std::uint64_t{0} << (from % 64));
            if (rest != 0) return word * 64 + static_cast<std::uint32_t>(__builtin_ctzll(rest));
            from = 0;
        }
        return kCellsMax;
    }
};

}  // namespace ouro
