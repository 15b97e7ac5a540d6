// How dead parents whose fields are being let go (heap/cascade.h) make a chain. A parent that
// still has some keeps {parent above, next field} in its field 0, which is let go first:
//
//   63 (31)         32 (16) 31 (15)                 1  0
//  +------------------------+------------------------+---+     bit 0 set: no address, so a
//  |   link: unit, 0 none   |       next field       | 1 |     collector that reads it follows
//  +------------------------+------------------------+---+     nothing
//
// A unit is the size of a header, counted from the start of the region, where no object is.
#pragma once

#include <cstdint>

namespace ouro {

struct ChainLink {
    static constexpr unsigned kShift = sizeof(std::uintptr_t) * 4;
    static constexpr std::uintptr_t kFieldMask = (std::uintptr_t{1} << kShift) - 1;

    static std::uintptr_t encode(std::uint32_t link, std::uint32_t next_field) {
        return std::uintptr_t{link} << kShift | std::uintptr_t{next_field} << 1 | 1;
    }
    static std::uint32_t link_of(std::uintptr_t slot) {
        return static_cast<std::uint32_t>(slot >> kShift);
    }
    static std::uint32_t next_field_of(std::uintptr_t slot) {
        return static_cast<std::uint32_t>((slot & kFieldMask) >> 1);
    }
};

}  // namespace ouro
