#include "heap/nesting.h"

#include <limits>
#include <utility>

#include "heap/registry.h"

namespace ouro {

using platform::memory_order_acquire;

bool Heap::nests_too_deep() const {
    return platform::current_context().cascade_depth >= config_.nesting_max;
}

/// One more end that this context will see to. False: it can count no more, others will.
bool Heap::count_put_off(platform::Context& context) {
    std::uint8_t& count = context.put_off_in[number_];
    if (count == std::numeric_limits<std::uint8_t>::max()) return false;
    ++count;
    context.put_off = static_cast<std::uint16_t>(context.put_off | 1u << number_);
    Counters::add(counters_.nested);
    return true;
}

/// Ends what user code has put off on this context by nesting too deep, in whatever heap, before
/// the release that began it returns. What that nests too deep again follows.
void Heap::settle_nested(platform::Context& context) {
    while (context.put_off != 0) {
        const auto number = static_cast<unsigned>(__builtin_ctz(context.put_off));
        context.put_off = static_cast<std::uint16_t>(context.put_off & (context.put_off - 1));
        const std::uint32_t count = std::exchange(context.put_off_in[number], std::uint8_t{0});
        Heap* heap = g_heaps[number].heap.load(memory_order_acquire);  // order: pairs with create()
        if (heap == nullptr) continue;  // somebody has settled them, and ended the heap
        if (heap->hooks_.settle != nullptr) heap->hooks_.settle(heap->hooks_.self);
        Counters::sub(heap->counters_.nested, count);
        if (heap->has_waiting()) heap->signal_.wake().set();
    }
}

}  // namespace ouro
