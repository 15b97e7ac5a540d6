// A value that several threads read and change, in one order that all agree on.
#pragma once

#include "platform/atomic.h"

namespace ouro::tools {

template <class T>
class ScriptShared {
public:
    explicit ScriptShared(T value) : value_(value) {}

    T get() const { return value_.load(std::memory_order_seq_cst); }
    void set(T value) { value_.store(value, std::memory_order_seq_cst); }
    T exchange(T value) { return value_.exchange(value, std::memory_order_seq_cst); }
    void add(T amount) { value_.fetch_add(amount, std::memory_order_seq_cst); }

private:
    platform::atomic<T> value_;
};

}  // namespace ouro::tools
