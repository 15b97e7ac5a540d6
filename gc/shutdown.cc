// The end of a heap: what is called for objects that nothing can collect any more.
#include "gc/collector.h"

namespace ouro {

namespace {

constexpr int kRoundsMax = 16;  // over objects that finalizers have made meanwhile

}  // namespace

std::size_t Collector::finalize_survivors(bool& complete) {
    BlockAllocator& blocks = heap_.blocks();
    std::size_t all = 0;
    // Legacy finalizers run at every death: one round, or an object would be finalized in each.
    const int rounds = heap_.config().legacy_finalizers ? 1 : kRoundsMax;
    for (int round = 0; round < rounds; ++round) {
        std::size_t run = 0;
        for (PageIndex p = 0; p < blocks.page_count(); ++p) {
            for_each_cell(blocks, p, [&](BlockAllocator::Cell cell) {
                const Ref<Object> object = object_in(cell, false);
                if (!object) return;
                Header* header = header_of(detail::object_of(object.bits()));
                if (!batch_.is_due(header)) return;
                batch_.finalize(header);
                ++run;
            });
        }
        all += run;
        complete = run == 0 || rounds == 1;
        if (complete) break;
    }
    return all;
}

}  // namespace ouro
