// The end of a heap: what is called for objects that nothing can collect any more.
#include "gc/collector.h"

namespace ouro {

namespace {

constexpr int kRoundsMax = 16;  // over objects that finalizers have made meanwhile

}  // namespace

std::size_t Collector::finalize_survivors(bool& complete) {
    BlockAllocator& blocks = heap_.blocks();
    std::size_t all = 0;
    for (int round = 0; round < kRoundsMax; ++round) {
        std::size_t run = 0;
        for (PageIndex p = 0; p < blocks.page_count(); ++p) {
            for (std::uint32_t cell = 0; cell < blocks.cells_in(p); ++cell) {
                const Ref<Object> object = object_in({p, cell}, false);
                if (!object) continue;
                Header* header = header_of(detail::object_of(object.bits()));
                if (batch_.is_due(header)) {
                    batch_.finalize(header);
                    ++run;
                }
            }
        }
        all += run;
        complete = run == 0;
        if (complete) break;
    }
    return all;
}

}  // namespace ouro
