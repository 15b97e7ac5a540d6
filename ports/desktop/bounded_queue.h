// The desktop's queue from one thread to one other: Boost.Lockfree's ring.
#pragma once

#include <cstddef>

#include "boost/lockfree/spsc_queue.hpp"

namespace ouro::port {

template <class T, std::size_t kCapacity>
class BoundedQueue {
public:
    bool push(T value) { return queue_.push(value); }
    bool pop(T& value) { return queue_.pop(value); }

private:
    boost::lockfree::spsc_queue<T, boost::lockfree::capacity<kCapacity>> queue_;
};

}  // namespace ouro::port
