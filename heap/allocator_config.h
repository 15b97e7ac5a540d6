// What of HeapConfig is the allocator's. A layout leaves out what it cannot do.
#pragma once

#include <cstddef>
#include <cstdint>

namespace ouro {

struct AllocatorConfig {
    std::size_t quarantine_bytes = 0;
    std::uint32_t cache_percent = 0;
    std::uint32_t cache_after = 0;
};

}  // namespace ouro
