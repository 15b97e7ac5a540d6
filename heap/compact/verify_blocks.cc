// verify() of the compact allocator: the blocks tile the region, each as its header and the one
// behind it say, and every list is made of the free blocks that belong there. Nothing is believed
// before it was checked: sizes before they lead on, links before they are followed.
#include "heap/compact/block_allocator.h"
#include "heap/verify_parts.h"

namespace ouro {

using platform::memory_order_relaxed;

bool BlockAllocator::lies_at(void* memory, std::size_t bytes, const AllocatorConfig&,
                             const TypeTable& types) const {
    const Plan at = plan(memory, bytes);
    return types_ == &types && cards_ == at.cards && end_ == at.units &&
           reinterpret_cast<std::uintptr_t>(card_sets_) == at.sets &&
           reinterpret_cast<std::uintptr_t>(generations_) == at.generations &&
           reinterpret_cast<std::uintptr_t>(firsts_) == at.firsts && begin() == at.blocks &&
           is_bool(unjoined_);
}

std::uint32_t BlockAllocator::cards_in(CardSet set) {
    std::uint32_t cards = 0;
    for (std::uint32_t word = 0; word < card_words(); ++word) {
        // order: relaxed; nobody else is there.
        const std::uint32_t bits = card_word(set, word).load(memory_order_relaxed);
        const std::uint32_t last = cards_ - word * 32;
        if (last < 32 && bits >> last != 0) return kNoPage;
        cards += static_cast<std::uint32_t>(__builtin_popcount(bits));
    }
    return cards;
}

/// C1 and C2 of the block at `unit`, and its size. `after_free`: is the one before it free, and
/// then whether it is itself.
const char* BlockAllocator::verify_block(std::uint32_t unit, std::uint32_t& units,
                                         bool& after_free) const {
    const Header* header = lists_.at(unit);
    const InfoValue info = header->load_info();
    units = units_of_locked(header);
    if (units < kUnitsMin || units > end_ - unit) return "C1: the size of a block";
    if (info.has(InfoValue::kAfterFree) != after_free) return "C2: the mark after a free block";
    after_free = info.type() == 0;
    if (!after_free) return nullptr;
    constexpr InfoValue::Bits kFlags = InfoValue::kAfterFree | InfoValue::kPending;
    if (info.bits != InfoValue::free(units, info.bits & kFlags).bits)
        return "C1: the flags of a free block";
    return lists_.size_at_end(header, units) == units ? nullptr
                                                      : "C2: the size at the end of a free block";
}

const char* BlockAllocator::verify() {
    platform::LockGuard guard(lock_);
    std::uint32_t used = 0, free_blocks = 0;
    PageIndex card = 0;  // the first whose first header was not met
    bool after_free = false;
    bool tidies_at_block = tidy_at_ >= end_;
    for (std::uint32_t unit = 0; unit < end_;) {
        std::uint32_t units = 0;
        if (const char* broken = verify_block(unit, units, after_free)) return broken;
        tidies_at_block = tidies_at_block || unit == tidy_at_;
        (after_free ? free_blocks : used) += after_free ? 1 : units;
        for (; card <= unit / kCardUnits; ++card) {
            const bool is_here = card == unit / kCardUnits;
            const auto wanted = is_here ? static_cast<std::uint8_t>(unit % kCardUnits) : kNoFirst;
            // order: relaxed; under the lock.
            if (firsts_[card].load(memory_order_relaxed) != wanted)
                return "C5: the first header of a card";
        }
        unit += units;
    }
    for (; card < cards_; ++card) {
        // order: relaxed; under the lock.
        if (firsts_[card].load(memory_order_relaxed) != kNoFirst)
            return "C5: the first header of a card";
    }
    const InfoValue::Bits after = after_free ? InfoValue::kAfterFree : 0;
    const InfoValue end = lists_.at(end_)->load_info();
    if ((end.bits & InfoValue::kAfterFree) != after) return "C2: the mark after a free block";
    if (end.bits != InfoValue::in_use(InfoValue::kEndType, 0, after).bits)
        return "C1: the header behind the last block";
    if (used != used_units_) return "used bytes: sum";
    if (!tidies_at_block) return "where tidy() goes on";
    return lists_.is_sound(free_blocks, end_) ? nullptr : "C3: the lists of free blocks";
}

}  // namespace ouro
