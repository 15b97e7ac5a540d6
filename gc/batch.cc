#include "gc/batch.h"

#include "heap/reference_count.h"
#include "platform/context.h"

namespace ouro {

using platform::memory_order_acq_rel;
using platform::memory_order_acquire;
using platform::memory_order_relaxed;
using platform::memory_order_release;

template <class F>
void Batch::for_each(F&& visit) {
    BlockAllocator& blocks = heap_.blocks();
    for (PageIndex p = pass_.batch().first(); p != kNoPage; p = BatchPages::next(blocks, p)) {
        PageInfo& record = blocks.page(p);
        for (std::uint32_t cell = record.batch.next(0); cell < kCellsMax;
             cell = record.batch.next(cell + 1)) {
            visit(blocks.header_of_cell({p, cell}), record, cell);
        }
    }
}

Fields Batch::fields_of(Header* header) {
    const TypeTable::Entry* type = heap_.type_of(header);
    return Fields(header->payload(), *type,
                  *type->info.load(memory_order_relaxed));  // order: written once
}

bool Batch::is_member(std::uintptr_t value) {
    const BlockAllocator::Cell cell = heap_.blocks().cell_of(header_of(detail::object_of(value)));
    return cell.page != kNoPage && heap_.blocks().page(cell.page).batch.test(cell.index);
}

// ---- finalizers

bool Batch::run_finalizers(std::uint32_t limit, std::uint32_t* run_count) {
    std::uint32_t run = 0;
    bool all = true;
    for_each([&](Header* header, PageInfo&, std::uint32_t) {
        if (run == limit) {
            all = all && !is_due(header);
        } else if (finalize(header)) {
            ++run;
        }
    });
    if (run_count != nullptr) *run_count = run;
    return all;
}

bool Batch::is_due(Header* header) {
    const TypeTable::Entry* type = heap_.type_of(header);
    const TypeInfo* info = type->info.load(memory_order_relaxed);  // order: written once
    const WordValue word = header->load_word();
    return info->finalize != nullptr && word.count() != 0 && !word.has(WordValue::kFinalized);
}

/// True iff the member's finalizer was due and has run.
bool Batch::finalize(Header* header) {
    const TypeTable::Entry* type = heap_.type_of(header);
    const TypeInfo* info = type->info.load(memory_order_relaxed);  // order: written once
    if (info->finalize == nullptr) return false;
    WordValue word = header->load_word();
    for (;;) {
        // Count 0: it is dying by count, and the one who ends it runs the finalizer.
        if (word.count() == 0 || word.has(WordValue::kFinalized)) return false;
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
    info->finalize(header->payload());
    heap_.release_held(header->payload());
    return true;
}

// ---- the end

void Batch::clear_inner_references() {
    for_each([this](Header* header, PageInfo&, std::uint32_t) {
        const Fields fields = fields_of(header);
        for (std::uint32_t i = 0; i < fields.count(); ++i) {
            // order: acquire; pairs with the store. Nobody else reaches a dead member's fields.
            const std::uintptr_t value = fields[i].load(memory_order_acquire);
            if (detail::is_object(value) && is_member(value))
                fields[i].store(0, memory_order_relaxed);  // order: see above
        }
    });
}

void Batch::reclaim(Header* header) {
    const TypeTable::Entry* type = heap_.type_of(header);
    const TypeInfo* info = type->info.load(memory_order_relaxed);  // order: written once
    if (info->destroy != nullptr) info->destroy(header->payload());
    const Fields fields = fields_of(header);
    for (std::uint32_t i = 0; i < fields.count(); ++i) {
        // order: as in clear_inner_references().
        const std::uintptr_t value = fields[i].load(memory_order_acquire);
        if (!detail::is_object(value)) continue;
        fields[i].store(0, memory_order_relaxed);
        detail::release(detail::object_of(value));
    }
    // order: release; the claim, which was the batch's, is dropped, nobody else writes the word.
    header->word.store(header->load_word().bumped().dead().bits, memory_order_release);
    Counters::add(heap_.counters().reclaimed_by_collector);
    heap_.give_back(header);
}

std::size_t Batch::take_apart(std::uint32_t limit) {
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
        reclaim(blocks.header_of_cell({p, cell}));
        ++reclaimed;
    }
    return reclaimed;
}

void Batch::give_up() {
    BlockAllocator& blocks = heap_.blocks();
    for (PageIndex p = pass_.batch().take(blocks); p != kNoPage; p = pass_.batch().take(blocks)) {
        PageInfo& record = blocks.page(p);
        for (std::uint32_t cell = record.batch.next(0); cell < kCellsMax;
             cell = record.batch.next(cell + 1)) {
            Header* header = blocks.header_of_cell({p, cell});
            record.batch.clear(cell);
            heap_.report_candidate(header->payload());
            pass_.unclaim(header, record, cell);
        }
    }
}

}  // namespace ouro
