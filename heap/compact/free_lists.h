// Free blocks by size: good-fit with one level of bitmaps, constant time.
//
// Blocks of fewer than 32 units have a list for each size; above, each doubling has four lists. A
// request takes the first block of the first list all of whose blocks are large enough; if there is
// none, the first block of the list that its own size belongs to, if that is large enough. After
// Masmano, Ripoll, Crespo, Real, "TLSF: a new dynamic memory allocator for real-time systems"
// (ECRTS 2004), and Ogasawara, "An algorithm with constant execution time for dynamic storage
// allocation" (1995).
//
// A free block keeps its links behind its header, and its size in its last bytes as well, so that
// the block behind finds where it begins. Threads: every function under the caller's lock.
#pragma once

#include <cstdint>
#include <type_traits>

#include "heap/compact/header.h"

namespace ouro {

/// Place or length in the region, in units of one header.
using Unit = std::conditional_t<sizeof(void*) == 4, std::uint16_t, std::uint32_t>;
inline constexpr Unit kNoUnit = static_cast<Unit>(~Unit{0});
inline constexpr std::uint32_t kUnitBytes = sizeof(Header);
/// The smallest block: a header, links and size.
inline constexpr std::uint32_t kUnitsMin = 2;

class FreeLists {
public:
    /// `begin`: unit 0.
    void init(Header* begin);

    Header* at(std::uint32_t unit) const { return begin_ + unit; }
    std::uint32_t unit_of(const Header* header) const {
        return static_cast<std::uint32_t>(header - begin_);
    }

    /// A free block of at least `units`, off its list; null when there is none (or, for more than
    /// 32 units, none but behind a smaller one).
    Header* take(std::uint32_t units);
    /// Puts the free block of so many units, which are in its header, on the list of its size.
    void link(Header* block, std::uint32_t units) { link_to(list_of(units), block); }
    /// Puts the free block, marked kPending, on the list of those that may not be used yet.
    void link_pending(Header* block) { link_to(kPending, block); }
    /// Takes it off the list it is on.
    void unlink(Header* block);
    /// The first block that may not be used yet, or null.
    Header* pending() const { return heads_[kPending] == kNoUnit ? nullptr : at(heads_[kPending]); }

    /// Writes the size of a free block to its end.
    void write_size_at_end(Header* block, std::uint32_t units) const;
    /// The free block that ends where `block` begins.
    Header* before(const Header* block) const;
    /// Units of a block that take() would find now, within a quarter of the largest.
    std::uint32_t largest() const;

    // ---- for verify()

    /// What is written at the end of a free block of so many units.
    std::uint32_t size_at_end(const Header* block, std::uint32_t units) const;
    /// Are there so many blocks on the lists, all in front of unit `end`, each free and on that of
    /// its size, and do the bitmaps show them? Time: O(lists + blocks).
    bool is_sound(std::uint32_t blocks, std::uint32_t end) const;

private:
    static constexpr std::uint32_t kExact = 32;  ///< lists of one size each: 0 to 31
    static constexpr std::uint32_t kDoublings = sizeof(Unit) == 2 ? 11 : 27;
    static constexpr std::uint32_t kLists = kExact + 4 * kDoublings;
    static constexpr std::uint32_t kPending = kLists;
    static constexpr std::uint32_t kWords = (kLists + 31) / 32;

    struct Links {
        Unit next;
        Unit previous;
    };
    static_assert(sizeof(Links) + sizeof(Unit) <= (kUnitsMin - 1) * kUnitBytes);

    static std::uint32_t log2_floor(std::uint32_t value) {
        return 31u - static_cast<std::uint32_t>(__builtin_clz(value));
    }
    static std::uint32_t list_of(std::uint32_t units) {
        if (units < kExact) return units;
        const std::uint32_t doubling = log2_floor(units);
        return kExact + (doubling - 5) * 4 + (units >> (doubling - 2) & 3);
    }
    void link_to(std::uint32_t list, Header* block);
    void take_first(std::uint32_t list, Header* block);
    std::uint32_t first_nonempty_from(std::uint32_t list) const;
    bool is_list_sound(std::uint32_t list, std::uint32_t end, std::uint32_t& blocks) const;
    static Links* links_of(Header* block) { return static_cast<Links*>(block->payload()); }

    Header* begin_ = nullptr;
    std::uint32_t nonempty_[kWords] = {};
    Unit heads_[kLists + 1];
};

}  // namespace ouro
