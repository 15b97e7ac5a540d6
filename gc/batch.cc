#include "gc/batch.h"

#include "heap/reference_count.h"
#include "platform/context.h"

namespace ouro {

using platform::memory_order_acq_rel;
using platform::memory_order_acquire;
using platform::memory_order_relaxed;
using platform::memory_order_release;

const TypeInfo& Batch::info_of(Header* header) {
    return *heap_.type_of(header)->info.load(memory_order_relaxed);  // order: written once
}

// ---- finalizers

namespace {

constexpr std::uint32_t kLooksPerMember = 4;
constexpr std::uint32_t kLooksPerPage = 6;  // besides those at headers

}  // namespace

void Batch::look_at(PageIndex page, std::uint32_t& looks) {
    page_ = page;
    members_ = {};
    if (page == kNoPage) return;
    std::uint32_t used = kLooksPerPage;
    gone_ = heap_.blocks().headers_gone();
    members_ = heap_.blocks().marked(Mark::batch, page, used);
    charge(looks, used);
}

Header* Batch::next_due(std::uint32_t& looks, bool& done) {
    BlockAllocator& blocks = heap_.blocks();
    done = false;
    if (!due_begun_) {
        due_begun_ = true;
        look_at(pass_.batch().first(blocks), looks);
    }
    for (;;) {
        if (page_ == kNoPage) {
            done = true;
            due_begun_ = false;
            return nullptr;
        }
        if (looks == 0) return nullptr;
        const std::uint32_t cell = members_.next(0);
        if (cell == kCellsMax) {
            look_at(BatchPages::next(blocks, page_), looks);
            continue;
        }
        if (is_due_at({page_, cell}, looks)) return blocks.header_of_cell({page_, cell});
        members_.clear(cell);
        charge(looks, kLooksPerMember);
    }
}

/// An emergency may have taken the member out of the batch since its page was looked at.
bool Batch::is_due_at(BlockAllocator::Cell cell, std::uint32_t& looks) {
    platform::LoadWindow window;  // its memory may be somebody else's by now
    BlockAllocator& blocks = heap_.blocks();
    std::uint32_t used = 0;
    const bool is_header = blocks.is_still_header(cell, members_, gone_, used);
    charge(looks, used);
    return is_header && blocks.has(Mark::batch, cell) && is_due(blocks.header_of_cell(cell));
}

bool Batch::is_due(Header* header) {
    const WordValue word = header->load_word();
    return info_of(header).finalize != nullptr && word.count() != 0 &&
           !word.has(WordValue::kFinalized);
}

void Batch::finalize(Header* header) {
    for (;;) {
        LinkedWord look(header);
        const WordValue word = look.value();
        // Count 0: it is dying by count, and the one who ends it runs the finalizer.
        if (word.count() == 0 || word.has(WordValue::kFinalized)) return;
        const WordValue held = word.incremented()
                                   .with(WordValue::kHeld | WordValue::kFinalized)
                                   .without(WordValue::kClean);
        // order: acq_rel; a count change like any other.
        if (look.swap(held, memory_order_acq_rel)) break;
    }
    Counters::add(heap_.counters().finalized);
    info_of(header).finalize(header->payload());
    heap_.release_held(header->payload());
}

// ---- the end

void Batch::begin_end(Header* header) {
    info_of(header).destroy(header->payload());
    ending_ = header;
    ending_field_ = 0;
}

/// The references of the member whose destructor has run, and its memory. False: `looks` is used
/// up.
bool Batch::finish_end(std::uint32_t& looks) {
    Header* header = ending_;
    const Fields fields(header->payload(), *heap_.type_of(header), info_of(header));
    while (ending_field_ < fields.count()) {
        if (looks == 0) return false;
        charge(looks, kLooksPerMember);
        FieldSlot& slot = fields[ending_field_++];
        // order: acquire; pairs with the store. Nobody else reaches a dead member's fields.
        const std::uintptr_t value = slot.load(memory_order_acquire);
        if (!detail::is_object(value)) continue;
        slot.store(0, memory_order_relaxed);  // order: see above
        detail::release(detail::object_of(value));
    }
    ending_ = nullptr;
    // order: release; the claim, which was the batch's, is dropped, nobody else writes the word.
    header->store_word(header->load_word().dead(), memory_order_release);
    Counters::add(heap_.counters().reclaimed_by_collector);
    heap_.give_back(header, false);
    charge(looks, kLooksPerEnd);
    return true;
}

/// Only what was set aside can be alive, or dying by count, in a batch of the dead; those that the
/// pass has ended have stayed condemned. True iff there is nothing left to reclaim.
bool Batch::let_go_if_alive(Header* header, BlockAllocator::Cell cell, bool save_all,
                            std::size_t& uncollectable) {
    if (header->load_word().has(WordValue::kCondemned)) return false;
    const bool alive = detail::retain_if_alive(header);
    if (alive) {
        ++uncollectable;
        if (save_all || info_of(header).finalize != nullptr) {
            platform::LockGuard guard(pass_lock_);
            heap_.blocks().set(Mark::kept, cell);  // the list has the reference
        } else {
            detail::release(header->payload());
        }
    }
    // The marks of a page are the pass's, and unclaim() reads one. And a pass that takes the report
    // while it still sees the claim drops it (gather_by_word()): so the claim goes first, and no
    // pass comes between the two.
    platform::LockGuard guard(pass_lock_);
    platform::LoadWindow window;  // the cell stays a cell without the claim
    pass_.unclaim(header, cell);
    if (alive) heap_.report_again(header->payload());
    return true;
}

std::size_t Batch::end_dead(std::uint32_t limit) {
    std::size_t ended = 0;
    std::uint32_t all = kUnlimited;
    if (ending_ != nullptr) finish_end(all);
    BlockAllocator& blocks = heap_.blocks();
    for (PageIndex p = pass_.batch().first(blocks); p != kNoPage; p = BatchPages::next(blocks, p)) {
        const CellBits members = blocks.marked(Mark::batch, p);
        for (std::uint32_t i = members.next(0); i < kCellsMax; i = members.next(i + 1)) {
            if (ended == limit) return ended;
            Header* header = blocks.header_of_cell({p, i});
            if (!header->load_word().has(WordValue::kCondemned)) continue;
            blocks.clear(Mark::batch, {p, i});
            page_ = kNoPage;  // what take_apart() has found there is not so any more
            begin_end(header);
            finish_end(all);
            ++ended;
        }
    }
    return ended;
}

std::size_t Batch::take_apart(std::uint32_t limit, std::uint32_t& looks, bool save_all,
                              std::size_t& uncollectable) {
    std::size_t reclaimed = 0;
    BlockAllocator& blocks = heap_.blocks();
    while (reclaimed < limit && looks != 0 && !empty()) {
        if (ending_ != nullptr) {
            reclaimed += finish_end(looks) ? 1 : 0;
            continue;
        }
        const PageIndex first = pass_.batch().first(blocks);
        if (page_ != first) {
            look_at(first, looks);
            continue;
        }
        const BlockAllocator::Cell cell{page_, members_.take_first()};
        if (cell.index == kCellsMax) {
            pass_.batch().take(blocks);
            page_ = kNoPage;
            continue;
        }
        blocks.clear(Mark::batch, cell);
        Header* header = blocks.header_of_cell(cell);
        charge(looks, kLooksPerMember);
        if (let_go_if_alive(header, cell, save_all, uncollectable)) continue;
        begin_end(header);
    }
    return reclaimed;
}

void Batch::give_up() {
    pass_.forget_batch();
    due_begun_ = false;
    page_ = kNoPage;
    BlockAllocator& blocks = heap_.blocks();
    for (PageIndex p = pass_.batch().take(blocks); p != kNoPage; p = pass_.batch().take(blocks)) {
        const CellBits members = blocks.marked(Mark::batch, p);
        blocks.clear(Mark::batch, p, members);
        for (std::uint32_t cell = members.next(0); cell < kCellsMax;
             cell = members.next(cell + 1)) {
            Header* header = blocks.header_of_cell({p, cell});
            platform::LoadWindow window;  // as above
            pass_.unclaim(header, {p, cell});
            heap_.report_again(header->payload());
        }
    }
}

}  // namespace ouro
