// Memory for a heap on a machine with virtual memory: mapped pages, used only where touched.
#pragma once

#include <cstddef>
#include <span>
#include <utility>

#include "absl/status/statusor.h"

namespace ouro::tools {

/// Anonymous memory, all zero, for which no swap space is reserved. Move only.
class MappedRegion {
public:
    /// Maps `bytes` bytes, rounded up to the machine's pages; 0 maps nothing and succeeds.
    /// Fails (ResourceExhausted) iff the system refuses.
    static absl::StatusOr<MappedRegion> create(std::size_t bytes);

    MappedRegion(MappedRegion&& other) noexcept : bytes_(std::exchange(other.bytes_, {})) {}
    MappedRegion& operator=(MappedRegion&&) = delete;
    ~MappedRegion();

    /// Exactly as many bytes as were asked for.
    std::span<std::byte> bytes() const { return bytes_; }

private:
    explicit MappedRegion(std::span<std::byte> bytes) : bytes_(bytes) {}

    std::span<std::byte> bytes_;
};

}  // namespace ouro::tools
