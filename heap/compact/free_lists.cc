#include "heap/compact/free_lists.h"

#include "platform/annotate.h"

namespace ouro {

namespace {

/// The granules of 8 bytes around [address, address + bytes), all of one free block, which is
/// poisoned, can be used in this scope.
class LinkAccess {
public:
    LinkAccess(const void* address, std::size_t bytes) {
        const std::uintptr_t from = reinterpret_cast<std::uintptr_t>(address) & ~kGranuleMask;
        const std::uintptr_t to = reinterpret_cast<std::uintptr_t>(address) + bytes;
        address_ = reinterpret_cast<void*>(from);
        bytes_ = ((to + kGranuleMask) & ~kGranuleMask) - from;
        platform::reveal(address_, bytes_);
    }
    ~LinkAccess() { platform::poison(address_, bytes_); }
    LinkAccess(const LinkAccess&) = delete;
    LinkAccess& operator=(const LinkAccess&) = delete;

private:
    static constexpr std::uintptr_t kGranuleMask = 7;
    void* address_;
    std::size_t bytes_;
};

}  // namespace

void FreeLists::init(Header* begin) {
    begin_ = begin;
    for (std::uint32_t& word : nonempty_) word = 0;
    for (Unit& head : heads_) head = kNoUnit;
}

std::uint32_t FreeLists::first_nonempty_from(std::uint32_t list) const {
    std::uint32_t rest = ~0u << (list % 32);
    for (std::uint32_t word = list / 32; word < kWords; ++word) {
        rest &= nonempty_[word];
        if (rest != 0) return word * 32 + static_cast<std::uint32_t>(__builtin_ctz(rest));
        rest = ~0u;
    }
    return kPending;
}

void FreeLists::link_to(std::uint32_t list, Header* block) {
    LinkAccess access(block->payload(), sizeof(Links));
    const Unit first = heads_[list];
    const auto unit = static_cast<Unit>(unit_of(block));
    *links_of(block) = {first, kNoUnit};
    heads_[list] = unit;
    if (first != kNoUnit) {
        LinkAccess next(at(first)->payload(), sizeof(Links));
        links_of(at(first))->previous = unit;
    } else if (list != kPending) {
        nonempty_[list / 32] |= 1u << (list % 32);
    }
}

/// Takes the block off the list that it is the first one of.
void FreeLists::take_first(std::uint32_t list, Header* block) {
    LinkAccess access(block->payload(), sizeof(Links));
    const Unit next = links_of(block)->next;
    heads_[list] = next;
    if (next != kNoUnit) {
        LinkAccess behind(at(next)->payload(), sizeof(Links));
        links_of(at(next))->previous = kNoUnit;
    } else if (list != kPending) {
        nonempty_[list / 32] &= ~(1u << (list % 32));
    }
}

void FreeLists::unlink(Header* block) {
    Links links;
    {
        LinkAccess access(block->payload(), sizeof(Links));
        links = *links_of(block);
    }
    if (links.previous == kNoUnit) {
        const InfoValue info = block->load_info();
        take_first(info.has(InfoValue::kPending) ? kPending : list_of(info.units()), block);
        return;
    }
    LinkAccess previous(at(links.previous)->payload(), sizeof(Links));
    links_of(at(links.previous))->next = links.next;
    if (links.next == kNoUnit) return;
    LinkAccess next(at(links.next)->payload(), sizeof(Links));
    links_of(at(links.next))->previous = links.previous;
}

Header* FreeLists::take(std::uint32_t units) {
    const std::uint32_t own = list_of(units);
    std::uint32_t list = own;
    // Above 32 units only the smallest size of a list is sure to be enough.
    if (units >= kExact && (units & ((1u << (log2_floor(units) - 2)) - 1)) != 0) ++list;
    if (list < kLists) list = first_nonempty_from(list);
    if (list >= kPending) {
        list = own;
        if (heads_[own] == kNoUnit || at(heads_[own])->load_info().units() < units) return nullptr;
    }
    Header* block = at(heads_[list]);
    take_first(list, block);
    return block;
}

void FreeLists::write_size_at_end(Header* block, std::uint32_t units) const {
    Unit* end = reinterpret_cast<Unit*>(block + units) - 1;
    LinkAccess access(end, sizeof *end);
    *end = static_cast<Unit>(units);
}

Header* FreeLists::before(const Header* block) const {
    const Unit* end = reinterpret_cast<const Unit*>(block) - 1;
    LinkAccess access(end, sizeof *end);
    return const_cast<Header*>(block) - *end;
}

std::uint32_t FreeLists::largest() const {
    for (std::uint32_t word = kWords; word-- > 0;) {
        if (nonempty_[word] == 0) continue;
        const std::uint32_t list = word * 32 + log2_floor(nonempty_[word]);
        return at(heads_[list])->load_info().units();
    }
    return 0;
}

// ---- verify()

std::uint32_t FreeLists::size_at_end(const Header* block, std::uint32_t units) const {
    const Unit* end = reinterpret_cast<const Unit*>(block + units) - 1;
    LinkAccess access(end, sizeof *end);
    return *end;
}

/// Ends, because no block is found twice: it would have to know two before it.
bool FreeLists::is_list_sound(std::uint32_t list, std::uint32_t end, std::uint32_t& blocks) const {
    Unit before = kNoUnit;
    for (Unit unit = heads_[list]; unit != kNoUnit;) {
        if (unit > end - kUnitsMin) return false;
        Header* block = at(unit);
        const InfoValue info = block->load_info();
        if (info.type() != 0 || info.has(InfoValue::kPending) != (list == kPending)) return false;
        if (list != kPending && (info.units() > end || list_of(info.units()) != list)) return false;
        LinkAccess access(block->payload(), sizeof(Links));
        if (links_of(block)->previous != before) return false;
        before = unit;
        unit = links_of(block)->next;
        ++blocks;
    }
    return list == kPending ||
           ((nonempty_[list / 32] >> list % 32 & 1) != 0) == (heads_[list] != kNoUnit);
}

bool FreeLists::is_sound(std::uint32_t blocks, std::uint32_t end) const {
    std::uint32_t found = 0;
    for (std::uint32_t list = 0; list <= kPending; ++list) {
        if (!is_list_sound(list, end, found)) return false;
    }
    constexpr std::uint32_t kShown = kLists % 32;  // bits of the last word
    return found == blocks && (kShown == 0 || nonempty_[kWords - 1] >> kShown == 0);
}

}  // namespace ouro
