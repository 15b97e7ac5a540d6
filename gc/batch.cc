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

void Batch::rewind_due() {
    due_page_ = pass_.batch().first(heap_.blocks());
    look_for_due();
}

void Batch::look_for_due() {
    due_ = {};
    if (due_page_ != kNoPage) due_ = heap_.blocks().marked(Mark::batch, due_page_);
}

Header* Batch::next_due(std::uint32_t pages, bool& done) {
    BlockAllocator& blocks = heap_.blocks();
    done = false;
    while (pages > 0) {
        if (due_page_ == kNoPage) {
            done = true;
            return nullptr;
        }
        const std::uint32_t cell = due_.next(0);
        if (cell == kCellsMax) {
            due_page_ = BatchPages::next(blocks, due_page_);
            look_for_due();
            --pages;
            continue;
        }
        due_.clear(cell);
        // An emergency may have taken it out.
        if (!blocks.has(Mark::batch, {due_page_, cell})) continue;
        Header* header = blocks.header_of_cell({due_page_, cell});
        if (is_due(header)) return header;
    }
    return nullptr;
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

void Batch::reclaim(Header* header) {
    const TypeInfo& info = info_of(header);
    info.destroy(header->payload());
    const Fields fields(header->payload(), *heap_.type_of(header), info);
    for (std::uint32_t i = 0; i < fields.count(); ++i) {
        // order: acquire; pairs with the store. Nobody else reaches a dead member's fields.
        const std::uintptr_t value = fields[i].load(memory_order_acquire);
        if (!detail::is_object(value)) continue;
        fields[i].store(0, memory_order_relaxed);  // order: see above
        detail::release(detail::object_of(value));
    }
    // order: release; the claim, which was the batch's, is dropped, nobody else writes the word.
    header->store_word(header->load_word().dead(), memory_order_release);
    Counters::add(heap_.counters().reclaimed_by_collector);
    heap_.give_back(header);
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
    platform::LoadWindow window;  // the cell stays a cell without the claim
    pass_.unclaim(header, cell);
    if (alive) {
        // A pass that takes the mark while it still sees the claim drops it (gather_cell()). So the
        // report comes after the claim and under the lock: no such pass is later than the report.
        platform::LockGuard guard(pass_lock_);
        heap_.report_again(header->payload());
    }
    return true;
}

std::size_t Batch::end_dead(std::uint32_t limit) {
    std::size_t ended = 0;
    BlockAllocator& blocks = heap_.blocks();
    for (PageIndex p = pass_.batch().first(blocks); p != kNoPage; p = BatchPages::next(blocks, p)) {
        const CellBits members = blocks.marked(Mark::batch, p);
        for (std::uint32_t i = members.next(0); i < kCellsMax; i = members.next(i + 1)) {
            if (ended == limit) return ended;
            Header* header = blocks.header_of_cell({p, i});
            if (!header->load_word().has(WordValue::kCondemned)) continue;
            blocks.clear(Mark::batch, {p, i});
            reclaim(header);
            ++ended;
        }
    }
    return ended;
}

std::size_t Batch::take_apart(std::uint32_t limit, bool save_all, std::size_t& uncollectable) {
    std::size_t reclaimed = 0;
    BlockAllocator& blocks = heap_.blocks();
    while (reclaimed < limit && !empty()) {
        const PageIndex p = pass_.batch().first(heap_.blocks());
        CellBits members = blocks.marked(Mark::batch, p);
        while (members.any() && reclaimed < limit) {
            const BlockAllocator::Cell cell{p, members.next(0)};
            members.clear(cell.index);
            blocks.clear(Mark::batch, cell);
            Header* header = blocks.header_of_cell(cell);
            if (let_go_if_alive(header, cell, save_all, uncollectable)) continue;
            reclaim(header);
            ++reclaimed;
        }
        if (!members.any()) pass_.batch().take(blocks);
    }
    return reclaimed;
}

void Batch::give_up() {
    pass_.forget_batch();
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
