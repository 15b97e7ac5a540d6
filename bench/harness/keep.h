// What stops the compiler from seeing through a measured loop.
#pragma once

namespace ouro::bench {

/// The compiler must have `value` in memory here and must assume that it, and all other memory, is
/// read and changed. No instruction.
template <class T>
inline void keep(T& value) {
    asm volatile("" : "+m"(value) : : "memory");
}

}  // namespace ouro::bench
