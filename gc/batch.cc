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
    due_page_ = pass_.batch().first();
    due_cell_ = 0;
}

Header* Batch::next_due(std::uint32_t pages, bool& done) {
    BlockAllocator& blocks = heap_.blocks();
    done = false;
    while (pages > 0) {
        if (due_page_ == kNoPage) {
            done = true;
            return nullptr;
        }
        const std::uint32_t cell = blocks.page(due_page_).batch.next(due_cell_);
        if (cell == kCellsMax) {
            due_page_ = BatchPages::next(blocks, due_page_);
            due_cell_ = 0;
            --pages;
            continue;
        }
        due_cell_ = cell + 1;
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
    WordValue word = header->load_word();
    for (;;) {
        // Count 0: it is dying by count, and the one who ends it runs the finalizer.
        if (word.count() == 0 || word.has(WordValue::kFinalized)) return;
        const WordValue held = word.incremented()
                                   .with(WordValue::kHeld | WordValue::kFinalized)
                                   .without(WordValue::kClean);
        std::uint64_t expected = word.bits;
        // order: acq_rel; a count change like any other.
        if (header->word.compare_exchange(expected, held.bits, memory_order_acq_rel,
                                          memory_order_acquire))
            break;
        word.bits = expected;
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
    header->word.store(header->load_word().bumped().dead().bits, memory_order_release);
    Counters::add(heap_.counters().reclaimed_by_collector);
    heap_.give_back(header);
}

/// Only what was set aside can be alive, or dying by count, in a batch of the dead; those that the
/// pass has ended have stayed condemned. True iff there is nothing left to reclaim.
bool Batch::let_go_if_alive(Header* header, PageInfo& page, std::uint32_t cell, bool save_all,
                            std::size_t& uncollectable) {
    if (header->load_word().has(WordValue::kCondemned)) return false;
    const bool alive = detail::retain_if_alive(header);
    if (alive) {
        ++uncollectable;
        if (save_all || info_of(header).finalize != nullptr) {
            platform::LockGuard guard(pass_lock_);
            page.kept.set(cell);  // the list has the reference
        } else {
            detail::release(header->payload());
        }
    }
    pass_.unclaim(header, page, cell);
    if (alive) {
        // A pass that takes the mark while it still sees the claim drops it (gather_cell()). So the
        // report comes after the claim and under the lock: no such pass is later than the report.
        platform::LockGuard guard(pass_lock_);
        heap_.report_again(header->payload());
    }
    return true;
}

std::size_t Batch::take_apart(std::uint32_t limit, bool save_all, std::size_t& uncollectable) {
    std::size_t reclaimed = 0;
    BlockAllocator& blocks = heap_.blocks();
    while (reclaimed < limit && !empty()) {
        const PageIndex p = pass_.batch().first();
        CellBits& members = blocks.page(p).batch;
        const std::uint32_t cell = members.next(0);
        if (cell == kCellsMax) {
            pass_.batch().take(blocks);
            continue;
        }
        members.clear(cell);
        if (!members.any()) pass_.batch().take(blocks);
        Header* header = blocks.header_of_cell({p, cell});
        if (let_go_if_alive(header, blocks.page(p), cell, save_all, uncollectable)) continue;
        reclaim(header);
        ++reclaimed;
    }
    return reclaimed;
}

void Batch::give_up() {
    pass_.forget_batch();
    BlockAllocator& blocks = heap_.blocks();
    for (PageIndex p = pass_.batch().take(blocks); p != kNoPage; p = pass_.batch().take(blocks)) {
        PageInfo& record = blocks.page(p);
        for (std::uint32_t cell = record.batch.next(0); cell < kCellsMax;
             cell = record.batch.next(cell + 1)) {
            Header* header = blocks.header_of_cell({p, cell});
            record.batch.clear(cell);
            pass_.unclaim(header, record, cell);
            heap_.report_again(header->payload());
        }
    }
}

}  // namespace ouro
