// Fibers: stacks that are switched by hand, in a few instructions, without the kernel.
#pragma once

#include <cstddef>

namespace ouro::port::sim {

/// One flow of control with its own stack. Stacks are mapped once, with an inaccessible page below,
/// and used again: what a fiber leaves on its stack is forgotten without running destructors.
class Fiber {
public:
    /// The next switch_to() begins entry(), which never returns.
    void prepare(void (*entry)());
    /// Saves the running flow of control in `from` and continues `to`.
    static void switch_to(Fiber& from, Fiber& to);
    /// Does `address` lie on this fiber's stack?
    bool contains(const void* address) const;

private:
    static constexpr std::size_t kStackBytes = 128 * 1024;

    void* stack_pointer_ = nullptr;
    std::byte* stack_ = nullptr;
};

}  // namespace ouro::port::sim
