// Cells of one page, as a set of bits: what the collector works through page by page.
//
// A page is where several headers can be: a span of equal cells (heap/paged) or a card of the
// region (heap/compact). A cell's number tells where on its page its header is.
#pragma once

#include <cstdint>
#include <type_traits>

namespace ouro {

using PageIndex = std::uint32_t;
inline constexpr PageIndex kNoPage = ~PageIndex{0};
/// Most cells of a page. In the compact layout the collector looks at all headers of a card at
/// once: this bounds its steps.
#if defined(OURO_COMPACT) && OURO_COMPACT
inline constexpr std::uint32_t kCellsMax = 64;
#else
inline constexpr std::uint32_t kCellsMax = 128;
#endif

/// A set of cells of one page.
struct CellBits {
    // What is beside the pages of the paged layout has 64 bits; else what suits the machine.
#if defined(OURO_COMPACT) && OURO_COMPACT
    using Word = std::conditional_t<sizeof(void*) == 4, std::uint32_t, std::uint64_t>;
#else
    using Word = std::uint64_t;
#endif
    static constexpr unsigned kBits = sizeof(Word) * 8;
    static constexpr unsigned kWords = kCellsMax / kBits;
    Word words[kWords] = {};

    bool test(std::uint32_t cell) const { return (words[cell / kBits] >> (cell % kBits)) & 1; }
    void set(std::uint32_t cell) { words[cell / kBits] |= Word{1} << (cell % kBits); }
    void clear(std::uint32_t cell) { words[cell / kBits] &= ~(Word{1} << (cell % kBits)); }
    void set_first(std::uint32_t count) {
        for (std::uint32_t word = 0; word < kWords; ++word) {
            const std::uint32_t below = count > word * kBits ? count - word * kBits : 0;
            words[word] = below >= kBits ? ~Word{0} : (Word{1} << below) - 1;
        }
    }
    void remove(const CellBits& cells) {
        for (unsigned word = 0; word < kWords; ++word) words[word] &= ~cells.words[word];
    }
    void keep(const CellBits& cells) {
        for (unsigned word = 0; word < kWords; ++word) words[word] &= cells.words[word];
    }
    std::uint32_t count() const {
        std::uint32_t members = 0;
        for (const Word word : words)
            members += static_cast<std::uint32_t>(__builtin_popcountll(word));
        return members;
    }
    bool any() const {
        Word all = 0;
        for (const Word word : words) all |= word;
        return all != 0;
    }
    void reset() { *this = {}; }
    /// The lowest member, which leaves the set, or kCellsMax when there is none.
    std::uint32_t take_first() {
        for (std::uint32_t word = 0; word < kWords; ++word) {
            const Word rest = words[word];
            if (rest == 0) continue;
            words[word] = rest & (rest - 1);
            return word * kBits + lowest(rest);
        }
        return kCellsMax;
    }
    /// The lowest member not below `from`, or kCellsMax when there is none.
    std::uint32_t next(std::uint32_t from) const {
        for (std::uint32_t word = from / kBits; word < kWords; ++word) {
            const Word rest = words[word] & (~Word{0} << (from % kBits));
            if (rest != 0) return word * kBits + lowest(rest);
            from = 0;
        }
        return kCellsMax;
    }

private:
    static std::uint32_t lowest(Word word) {
        return static_cast<std::uint32_t>(sizeof(Word) == 4
                                              ? __builtin_ctz(static_cast<std::uint32_t>(word))
                                              : __builtin_ctzll(word));
    }
};

}  // namespace ouro
