// Legacy finalizers: what a collection has set aside and what becomes of it while the rest ends.
//
// A member that goes through an end by count, and lives on because its finalizer says so, is no
// garbage that was kept: it is alive like any other object. The same holds for a weak reference
// whose callback the collection has called. Both leave the batch before their user code runs and
// are not counted as uncollectable, nor listed: CPython takes them off its list of unreachable
// objects.
#include "gc/legacy.h"

#include "platform/context.h"

namespace ouro {

using platform::memory_order_relaxed;

Collector::LegacyEnd::LegacyEnd(Collector& collector) : collector_(collector) {
    if (!collector_.heap_.config().legacy_finalizers) return;
    // order: relaxed, all three; a context looks for itself only, which is one thread.
    collector_.legacy_ender_.store(&platform::current_context(), memory_order_relaxed);
}

Collector::LegacyEnd::~LegacyEnd() {
    if (!collector_.heap_.config().legacy_finalizers) return;
    collector_.legacy_ender_.store(nullptr, memory_order_relaxed);  // order: one thread, as above
}

/// The claim stays for now, and with it the memory: the owner of the batch may be looking at it.
/// On other contexts nothing is done, for they may not change the batch: what lives on there counts
/// as kept.
void Collector::legacy_user_code_hook(void* self, Header* header) {
    auto& collector = *static_cast<Collector*>(self);
    // order: relaxed; one thread, see LegacyEnd.
    if (collector.legacy_ender_.load(memory_order_relaxed) != &platform::current_context()) return;
    platform::LockGuard guard(collector.pass_lock_);
    if (collector.pass_.batch_is_alive()) return;
    BlockAllocator& blocks = collector.heap_.blocks();
    const BlockAllocator::Cell cell = blocks.cell_of(header);
    if (cell.page == kNoPage || !blocks.has(Mark::batch, cell)) return;
    blocks.clear(Mark::batch, cell);
    collector.some_survive_ = true;
}

/// Drops the claims on what has left the batch. Caller owns the collection.
void Collector::let_go_of_survivors() {
    if (!some_survive_) return;
    some_survive_ = false;
    platform::LockGuard guard(pass_lock_);
    while (step_pass(config_.step_units)) let_others_step();
    // No pass is under way, so every claim without the mark is one of theirs.
    BlockAllocator& blocks = heap_.blocks();
    for (PageIndex p = pass_.batch().first(blocks); p != kNoPage; p = BatchPages::next(blocks, p)) {
        platform::LoadWindow window;
        for_each_cell(blocks, p, [&](BlockAllocator::Cell cell) {
            Header* header = blocks.header_of_cell(cell);
            const WordValue word = header->load_word();
            if (!word.has(WordValue::kClaimed) || blocks.has(Mark::batch, cell)) return;
            pass_.unclaim(header, cell);
            if (word.count() != 0) heap_.report_again(header->payload());
        });
    }
}

/// Legacy: first all that is dead, and what dies of that; what was set aside and lives then is
/// uncollectable.
void Collector::end_dead_batch(CollectResult& result, std::uint32_t& budget, std::uint32_t looks) {
    std::size_t ended = 0, uncollectable = 0;
    if (heap_.config().legacy_finalizers) {
        const LegacyEnd legacy(*this);
        ended = batch_.end_dead(budget);
        budget -= static_cast<std::uint32_t>(ended);
        settle_postponed(budget);
    }
    let_go_of_survivors();
    if (budget != 0) {
        const std::size_t more = batch_.take_apart(budget, looks, save_all(), uncollectable);
        budget -= static_cast<std::uint32_t>(more);
        ended += more;
    }
    Counters::add(collected_, ended);
    Counters::add(uncollectable_, uncollectable);
    result.unreachable += ended + uncollectable;
    result.uncollectable += uncollectable;
}

}  // namespace ouro
