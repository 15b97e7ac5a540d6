// BoundedQueue: hands values from one thread to another without a lock, where the port has one. For
// host-side programs; nothing in heap/ or gc/ needs it. Empty unless the build says where it is
// (OURO_PORT_BOUNDED_QUEUE).
#pragma once

#ifdef OURO_PORT_BOUNDED_QUEUE
#include OURO_PORT_BOUNDED_QUEUE

namespace ouro::platform {

/// BoundedQueue<T, kCapacity>, T trivially copyable. push(value): false when it is full; by one
/// thread at a time. pop(value): false when it is empty; by one thread at a time, which sees what
/// the other did before it pushed. Wait-free, allocates nothing.
using port::BoundedQueue;

}  // namespace ouro::platform
#endif
