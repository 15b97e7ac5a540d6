#include "heap/error.h"

namespace ouro {

const char* to_string(Error error) {
    switch (error) {
        case Error::none: return "no error";
        case Error::out_of_memory: return "out of memory";
        case Error::collector_busy: return "out of memory while another context owns the collector";
        case Error::region_too_small: return "the region is too small";
        case Error::region_too_large: return "the region is larger than the layout allows";
        case Error::region_unusable: return "atomic operations do not work in the region's memory";
        case Error::region_in_use: return "the region still belongs to another heap";
        case Error::too_many_heaps: return "too many heaps";
        case Error::too_many_types: return "too many object types in one heap";
        case Error::too_many_fields: return "the types' field lists exceed the configured space";
        case Error::object_too_large: return "the object is larger than the region";
        case Error::dead: return "no such object any more";
        case Error::wrong_type: return "the object is of another type";
        case Error::wrong_heap: return "the reference belongs to another heap";
        case Error::in_interrupt: return "not allowed in an interrupt handler";
        case Error::busy: return "busy";
        case Error::shut_down: return "the heap is shut down";
        case Error::not_supported: return "not supported";
    }
    return "unknown error";
}

}  // namespace ouro
