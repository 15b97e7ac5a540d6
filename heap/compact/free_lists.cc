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

std::uint32_t log2_floor(std::uint32_t value) {
    return 31u - static_cast<std::uint32_t>(__builtin_clz(value));
}
}  // namespace

void FreeLists::init(Header* begin) {
    begin_ = begin;
    for (std::uint32_t& word : nonempty_) word = 0;
    for (Unit& head : heads_) head = kNoUnit;
}

std::uint32_t FreeLists::list_of(std::uint32_t units) {
    if (units < kExact) return units;
    const std::uint32_t doubling = log2_floor(units);
    return kExact + (doubling - 5) * 4 + (units >> (doubling - 2) & 3);
}

std::uint32_t FreeLists::list_of(const Header* block) {
    const InfoValue info = block->load_info();
    return info.has(InfoValue::kPending) ? kPending : list_of(info.units());
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

void FreeLists::link(Header* block) {
    const std::uint32_t list = list_of(block);
    LinkAccess access(block->payload(), sizeof(Links));
    const Unit first = heads_[list];
    *links_of(block) = {first, kNoUnit};
    if (first != kNoUnit) {
        LinkAccess next(at(first)->payload(), sizeof(Links));
        links_of(at(first))->previous = static_cast<Unit>(unit_of(block));
    }
    heads_[list] = static_cast<Unit>(unit_of(block));
    if (list != kPending) nonempty_[list / 32] |= 1u << (list % 32);
}

void FreeLists::unlink(Header* block) {
    const std::uint32_t list = list_of(block);
    LinkAccess access(block->payload(), sizeof(Links));
    const Links links = *links_of(block);
    if (links.next != kNoUnit) {
        LinkAccess next(at(links.next)->payload(), sizeof(Links));
        links_of(at(links.next))->previous = links.previous;
    }
    if (links.previous != kNoUnit) {
        LinkAccess previous(at(links.previous)->payload(), sizeof(Links));
        links_of(at(links.previous))->next = links.next;
        return;
    }
    heads_[list] = links.next;
    if (links.next == kNoUnit && list != kPending) nonempty_[list / 32] &= ~(1u << (list % 32));
}

Header* FreeLists::take(std::uint32_t units) {
    // Above 32 units only the smallest size of a list is sure to be enough.
    std::uint32_t list = list_of(units);
    if (units >= kExact) {
        const std::uint32_t step = 1u << (log2_floor(units) - 2);
        if ((units & (step - 1)) != 0) ++list;
    }
    Header* block = nullptr;
    const std::uint32_t found = list < kLists ? first_nonempty_from(list) : kPending;
    if (found != kPending) {
        block = at(heads_[found]);
    } else {
        Unit unit = heads_[list_of(units)];
        for (std::uint32_t looks = 0; unit != kNoUnit && looks < kLooksMax; ++looks) {
            if (at(unit)->load_info().units() >= units) {
                block = at(unit);
                break;
            }
            LinkAccess access(at(unit)->payload(), sizeof(Links));
            unit = links_of(at(unit))->next;
        }
    }
    if (block != nullptr) unlink(block);
    return block;
}

void FreeLists::write_size_at_end(Header* block) const {
    const std::uint32_t units = block->load_info().units();
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

}  // namespace ouro
