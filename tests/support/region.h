// Memory to hand over to a heap under test: whole pages, zero until touched.
#pragma once

#include <cstddef>
#include <span>

namespace ouro::testing {

/// Mapped memory, given back at the end of the scope.
class Region {
public:
    /// Maps `bytes`. Stops the test program when the system has none.
    explicit Region(std::size_t bytes);
    ~Region();
    Region(const Region&) = delete;
    Region& operator=(const Region&) = delete;

    std::span<std::byte> span() const { return {memory_, bytes_}; }
    std::byte* data() const { return memory_; }
    std::size_t size() const { return bytes_; }
    /// Gives the memory back now: every later access to it ends the program.
    void unmap();
    /// The memory stays: a heap with objects that were left behind is in it for ever.
    void keep() { memory_ = nullptr; }

private:
    std::byte* memory_;
    std::size_t bytes_;
};

inline constexpr std::size_t kKiB = 1024;
inline constexpr std::size_t kMiB = 1024 * kKiB;

}  // namespace ouro::testing
