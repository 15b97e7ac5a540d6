#include "gc/edge_counts.h"

#include "platform/fatal.h"

namespace ouro {

void EdgeCounts::carry(const Header* header) {
    for (std::size_t i = 0; i < used_; ++i) {
        if (entries_[i].header != header) continue;
        ++entries_[i].carries;
        return;
    }
    OURO_ASSERT(used_ < capacity_, "more references inside a set than the region has fields");
    entries_[used_++] = {header, 1};
}

std::uint32_t EdgeCounts::carries_of(const Header* header) const {
    for (std::size_t i = 0; i < used_; ++i) {
        if (entries_[i].header == header) return entries_[i].carries;
    }
    return 0;
}

}  // namespace ouro
