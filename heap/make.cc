#include "heap/make.h"

namespace ouro::detail {

void stop_out_of_memory(Heap& heap, std::size_t bytes, Error error) {
    if (heap.config().out_of_memory != nullptr) heap.config().out_of_memory(heap, bytes);
    platform::fatal(to_string(error));
}

}  // namespace ouro::detail
