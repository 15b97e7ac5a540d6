#include "heap/compact/block_allocator.h"

#include <new>

#include "platform/fatal.h"

namespace ouro {

using platform::memory_order_acq_rel;
using platform::memory_order_relaxed;
using platform::memory_order_release;

namespace {

constexpr unsigned kPendingPerCall = 2;  // blocks that a call makes usable besides its own work
constexpr unsigned kTidyPerHold = 16;    // blocks that tidy() looks at for one hold of the lock

bool windows_closed() {
    return platform::all_windows_closed() || OURO_MUTANT(dissolved_under_windows);
}

std::uintptr_t round_up(std::uintptr_t value, std::uintptr_t alignment) {
    return (value + alignment - 1) & ~(alignment - 1);
}

}  // namespace

BlockAllocator::Plan BlockAllocator::plan(void* memory, std::size_t bytes) {
    const std::uintptr_t begin = reinterpret_cast<std::uintptr_t>(memory);
    const std::uintptr_t end = begin + bytes;
    Plan at{};
    at.sets = round_up(begin, alignof(CardWord));
    if (at.sets >= end || bytes > kRegionMax) return at;
    at.cards = static_cast<std::uint32_t>((end - at.sets) / kUnitBytes / kCardUnits) + 1;
    const std::uintptr_t words = kCardSets * ((at.cards + 31) / 32);
    at.generations = at.sets + words * sizeof(CardWord);
    at.firsts = at.generations + at.cards * sizeof(std::uint16_t);
    at.blocks =
        round_up(at.firsts + at.cards, alignof(Header) < kUnitBytes ? kUnitBytes : alignof(Header));
    if (at.blocks + (kUnitsMin + 1) * kUnitBytes <= end)
        at.units = static_cast<std::uint32_t>((end - at.blocks) / kUnitBytes) - 1;
    return at;
}

bool BlockAllocator::init(void* memory, std::size_t bytes, const AllocatorConfig&,
                          TypeTable& types) {
    const Plan at = plan(memory, bytes);
    if (at.units == 0) return false;
    cards_ = at.cards;
    end_ = at.units;
    card_sets_ = reinterpret_cast<CardWord*>(at.sets);
    generations_ = reinterpret_cast<std::uint16_t*>(at.generations);
    firsts_ = reinterpret_cast<platform::atomic<std::uint8_t>*>(at.firsts);
    for (std::uint32_t i = 0; i < kCardSets * card_words(); ++i) new (&card_sets_[i]) CardWord;
    for (PageIndex card = 0; card < cards_; ++card) {
        generations_[card] = 0;
        // order: relaxed; nobody else knows the allocator yet.
        (new (&firsts_[card]) platform::atomic<std::uint8_t>)
            ->store(kNoFirst, memory_order_relaxed);
    }
    types_ = &types;
    auto* first = reinterpret_cast<Header*>(at.blocks);
    lists_.init(first);
    platform::poison(first, std::size_t{end_} * kUnitBytes);
    Header* behind = new (lists_.at(end_)) Header;
    // order: relaxed, both; nobody else knows the allocator yet.
    behind->store_word(WordValue{}.dead(), memory_order_relaxed);
    behind->info.store(InfoValue::in_use(InfoValue::kEndType, 0, 0).bits, memory_order_relaxed);
    platform::unpoison(first, kUnitBytes);
    (new (first) Header)->store_word(WordValue{}.dead(), memory_order_relaxed);
    put_free(first, end_, false);
    note_header(0);
    return true;
}

void BlockAllocator::abandon() { platform::unpoison(lists_.at(0), std::size_t{end_} * kUnitBytes); }

// ---- sizes (C1)

std::size_t BlockAllocator::payload_max() const {
    return std::size_t{end_ - 1} * kUnitBytes - platform::kRedzoneBytes;
}

/// Of a block in use whose payload tells the size; 0: the header is damaged. Under the lock, or by
/// who keeps the block.
std::uint32_t BlockAllocator::variable_units(const Header* header) const {
    const InfoValue info = header->load_info();
    const TypeTable::Entry* entry = types_->find(info.type());
    if (entry == nullptr) return 0;
    const TypeInfo& type = *entry->info.load(memory_order_relaxed);  // order: written once
    if (!type.variable()) return 0;
    void* payload = const_cast<Header*>(header)->payload();
    const std::uint32_t slack = info.has(InfoValue::kSlack) ? 1 : 0;
    return units_needed(Fields::variable_bytes(type, Trailing::of(payload, type))) + slack;
}

/// 0: the header is damaged.
std::uint32_t BlockAllocator::units_of_locked(const Header* header) const {
    const std::uint32_t units = units_by_info(header->load_info());
    return OURO_LIKELY(units != 0) ? units : variable_units(header);
}

/// Where the payload tells the size, the block must not get another owner during the look.
std::uint32_t BlockAllocator::units_of(const Header* header) const {
    const std::uint32_t units = units_by_info(header->load_info());
    if (OURO_LIKELY(units != 0)) return units;
    platform::LockGuard guard(lock_);
    return units_of_locked(header);
}

// ---- cards (C5)

void BlockAllocator::note_header(std::uint32_t unit) {
    auto& first = firsts_[unit / kCardUnits];
    const auto mine = static_cast<std::uint8_t>(unit % kCardUnits);
    // order: relaxed load, under the lock. Release: pairs with headers_if(): the header is one.
    if (mine < first.load(memory_order_relaxed)) first.store(mine, memory_order_release);
}

/// `next`: the header that follows the one that goes.
void BlockAllocator::forget_header(std::uint32_t unit, std::uint32_t next) {
    auto& first = firsts_[unit / kCardUnits];
    // order: relaxed load, under the lock. Release: pairs with headers_if().
    if (first.load(memory_order_relaxed) != unit % kCardUnits) return;
    const bool same_card = next / kCardUnits == unit / kCardUnits && next < end_;
    first.store(same_card ? static_cast<std::uint8_t>(next % kCardUnits) : kNoFirst,
                memory_order_release);
}

BlockAllocator::Cell BlockAllocator::cell_containing(const void* address) const {
    if (!contains(address)) return {kNoPage, 0};
    const auto unit = static_cast<std::uint32_t>(
        (reinterpret_cast<std::uintptr_t>(address) - begin()) / kUnitBytes);
    for (PageIndex card = unit / kCardUnits;; --card) {
        const CellBits cells = headers(card);
        std::uint32_t last = kCellsMax;
        for (std::uint32_t cell = cells.next(0); cell < kCellsMax; cell = cells.next(cell + 1)) {
            if (card * kCardUnits + cell <= unit) last = cell;
        }
        if (last < kCellsMax) return {card, last};
        if (card == 0) return {kNoPage, 0};
    }
}

CellBits BlockAllocator::headers(PageIndex card, std::uint32_t& looks) const {
    return headers_if(card, [](auto&&...) { return true; }, looks);
}

// ---- allocation

Header* BlockAllocator::allocate(const BlockRequest& request) {
    if (request.bytes > payload_max()) return nullptr;
    const std::uint32_t units = units_needed(request.bytes);
    platform::LockGuard guard(lock_);
    if (lists_.pending() != nullptr && windows_closed()) release_pending(kPendingPerCall);
    Header* block = lists_.take(units);
    if (block == nullptr) return nullptr;
    const InfoValue info = block->load_info();
    const std::uint32_t unit = lists_.unit_of(block);
    const std::uint32_t rest = info.units() - units;
    InfoValue::Bits flags = (info.bits & InfoValue::kAfterFree) | InfoValue::kConstructing;
    if (rest >= kUnitsMin) {
        platform::unpoison(block + units, kUnitBytes);
        auto* remainder = new (block + units) Header;
        // order: relaxed; nobody finds the header before note_header().
        remainder->store_word(WordValue{}.dead(), memory_order_relaxed);
        put_free(remainder, rest, false);
        note_header(unit + units);
    } else {
        if (rest != 0) flags |= InfoValue::kSlack;
        set_flag(block + info.units(), InfoValue::kAfterFree, false);
    }
    platform::unpoison(block->payload(), request.bytes);
    request.write_trailing(block->payload());
    const std::uint16_t generation = ++generations_[unit / kCardUnits];
    // order: release; pairs with load_info(): who sees the type finds the size (C1).
    block->info.store(InfoValue::in_use(request.type, generation, flags).bits,
                      memory_order_release);
    used_units_ += units + (rest < kUnitsMin ? rest : 0);
    if (used_units_ > used_units_max_) used_units_max_ = used_units_;
    return block;
}

// ---- free (C2 to C4)

/// Makes a free block of what is no block, or a block in use, or off its list; C2 and C3 hold then.
/// `joined`: it contains what were headers until now; usable if no context has been in a load
/// window since (C4).
void BlockAllocator::put_free(Header* block, std::uint32_t units, bool joined) {
    const InfoValue::Bits after = block->load_info().bits & InfoValue::kAfterFree;
    // order: release; pairs with load_info(): who sees the size finds the header behind.
    block->info.store(InfoValue::free(units, after).bits, memory_order_release);
    lists_.write_size_at_end(block, units);
    set_flag(block + units, InfoValue::kAfterFree, true);
    if (joined) {
        // order: relaxed load, under the lock. Release: pairs with headers_gone(): who sees the
        // figure does not find the headers. Before the lock is given up, so before the memory is
        // used: whoever sees the figure of before in a window is seen in it first.
        headers_gone_.store(headers_gone_.load(memory_order_relaxed) + 1, memory_order_release);
        if (!windows_closed() && !OURO_MUTANT(joined_used_at_once)) {
            set_flag(block, InfoValue::kPending, true);
            lists_.link_pending(block);
            return;
        }
    }
    lists_.link(block, units);
}

/// put_free(), joined with free neighbours. No context was in a load window when the block had
/// ended already.
void BlockAllocator::put_free_joined(Header* block, std::uint32_t units) {
    Header* next = block + units;
    const bool before_free = block->load_info().has(InfoValue::kAfterFree);
    const bool joined = before_free || is_free(next);
    if (is_free(next)) {
        const std::uint32_t more = next->load_info().units();
        lists_.unlink(next);
        forget_header(lists_.unit_of(next), lists_.unit_of(next) + more);
        units += more;
    }
    if (before_free) {
        Header* before = lists_.before(block);
        lists_.unlink(before);
        forget_header(lists_.unit_of(block), lists_.unit_of(block) + units);
        units += before->load_info().units();
        block = before;
    }
    const std::uint32_t unit = lists_.unit_of(block);
    if (tidy_at_ > unit && tidy_at_ < unit + units) tidy_at_ = unit;
    put_free(block, units, joined);
}

/// Blocks whose joints nobody can see any more become usable. No context was in a load window when
/// they had been joined already.
void BlockAllocator::release_pending(unsigned limit) {
    for (unsigned i = 0; i < limit; ++i) {
        Header* block = lists_.pending();
        if (block == nullptr) return;
        lists_.unlink(block);
        set_flag(block, InfoValue::kPending, false);
        lists_.link(block, block->load_info().units());
    }
}

void BlockAllocator::free(Header* header) {
    platform::LockGuard guard(lock_);
    const std::uint32_t units = units_of_locked(header);
    if (OURO_UNLIKELY(!contains(header) || units == 0))
        platform::fatal("free of a foreign address", header);
    platform::poison(header->payload(), std::size_t{units - 1} * kUnitBytes);
    used_units_ -= units;
    const bool joinable = header->load_info().has(InfoValue::kAfterFree) || is_free(header + units);
    if (!joinable) {
        put_free(header, units, false);
    } else if (windows_closed()) {
        if (lists_.pending() != nullptr) release_pending(kPendingPerCall);
        put_free_joined(header, units);
    } else {
        put_free(header, units, false);
        unjoined_ = true;
    }
}

// ---- tidying

/// Looks at the block at tidy_at_, joins it with the one behind, or goes on.
void BlockAllocator::tidy_block() {
    Header* block = lists_.at(tidy_at_);
    const std::uint32_t units = units_of_locked(block);
    if (is_free(block) && is_free(block + units)) {
        lists_.unlink(block);
        put_free_joined(block, units);
        return;
    }
    tidy_at_ += units;
}

bool BlockAllocator::tidy() {
    {
        platform::LockGuard guard(lock_);
        const bool tidied = !unjoined_ && tidy_at_ >= end_;
        if (tidied && lists_.pending() == nullptr) return true;
        if (unjoined_) tidy_at_ = 0;
        unjoined_ = false;
    }
    for (;;) {
        platform::LockGuard guard(lock_);
        if (!windows_closed()) {
            unjoined_ = unjoined_ || tidy_at_ < end_;
            return false;
        }
        release_pending(kTidyPerHold);
        for (unsigned i = 0; i < kTidyPerHold && tidy_at_ < end_; ++i) tidy_block();
        if (tidy_at_ >= end_ && lists_.pending() == nullptr) return true;
    }
}

// ---- the collector's sets

void BlockAllocator::clear(Mark mark, PageIndex card, const CellBits& cells) {
    for (std::uint32_t cell = cells.next(0); cell < kCellsMax; cell = cells.next(cell + 1))
        clear(mark, Cell{card, cell});
}

CellBits BlockAllocator::marked(Mark mark, PageIndex card, std::uint32_t& looks) const {
    if (mark == Mark::deferred) {
        const auto is_deferred = [](const Header* header, auto&&...) {
            return header->load_word().has(WordValue::kDeferred);
        };
        return headers_if(card, is_deferred, looks);
    }
    const InfoValue::Bits flag = flag_of(mark);
    const auto is_marked = [flag](const Header*, InfoValue info, auto&&...) {
        return info.has(flag) && info.type() != 0;
    };
    return headers_if(card, is_marked, looks);
}

// ---- figures

MemoryFigures BlockAllocator::figures() {
    platform::LockGuard guard(lock_);
    const std::uint32_t largest = lists_.largest();
    const std::size_t block = largest == 0 ? 0 : std::size_t{largest - 1} * kUnitBytes;
    return {std::size_t{end_} * kUnitBytes,
            std::size_t{used_units_} * kUnitBytes,
            std::size_t{used_units_max_} * kUnitBytes,
            std::size_t{end_ - used_units_} * kUnitBytes,
            block > platform::kRedzoneBytes ? block - platform::kRedzoneBytes : 0,
            0,
            0};
}

}  // namespace ouro
