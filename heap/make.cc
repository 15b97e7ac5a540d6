#include "heap/make.h"

namespace ouro::detail {

void stop_out_of_memory(Heap& heap, std::size_t bytes, Error error) {
    if (heap.config().out_of_memory != nullptr) heap.config().out_of_memory(heap, bytes);
    const std::size_t largest = heap.statistics().largest_free_block;
    platform::note(to_string(error), "bytes asked for, bytes of the largest free block",
                   bytes < ~0u ? static_cast<unsigned>(bytes) : ~0u,
                   largest < ~0u ? static_cast<unsigned>(largest) : ~0u);
    platform::fatal(to_string(error));
}

}  // namespace ouro::detail
