#include "heap/guard.h"

#include "heap/heap.h"
#include "platform/context.h"
#include "platform/fatal.h"
#include "platform/interrupt.h"

namespace ouro {

Guard::Guard(Heap& heap)
    : heap_(heap),
      places_(platform::is_in_interrupt() ? nullptr
                                          : heap.guards().open(platform::current_context())),
      begin_(reinterpret_cast<std::uintptr_t>(heap.region_begin())),
      bytes_(heap.region_bytes()) {}

Guard::~Guard() {
    if (places_ == nullptr) return;
    for (const auto& place : places_->borrowed) {
        // order: relaxed; ours alone.
        if (place.load(platform::memory_order_relaxed) != 0)
            platform::fatal("a guard ends before what it has lent", this);
    }
    if (heap_.guards().close(*places_))
        heap_.end_withheld(true, heap_.config().cascade_objects_max);
}

}  // namespace ouro
