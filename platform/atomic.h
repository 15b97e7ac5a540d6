// Atomics as the core sees them: the port's type, an explicit order on every operation, no fences.
//
// Why no standalone fences: ThreadSanitizer does not model them; the order stands on an operation
// of the same word instead. Widths: uint32_t and pointers everywhere; uint64_t only where the port
// says kWordBits == 64.
#pragma once

#include "platform/port.h"

namespace ouro::platform {

template <class T>
using atomic = port::atomic<T>;

using std::memory_order;
using std::memory_order_acq_rel;
using std::memory_order_acquire;
using std::memory_order_relaxed;
using std::memory_order_release;
using std::memory_order_seq_cst;

}  // namespace ouro::platform
