// A section in which no handler runs that may use Ouro. ARMv6-M masks all interrupts; the other
// cores mask those up to the ceiling (arm_config.h), and more urgent ones are never delayed.
//
// Who uses it: masked atomics and linked words, nobody else. On cores with exclusive accesses a
// port's longest masked section is therefore 0 instructions long.
#pragma once

#include <cstdint>

#include "ports/machine/arm_config.h"

namespace ouro::port {

class [[nodiscard]] MaskedSection {
public:
    [[gnu::always_inline]] MaskedSection() {
        if constexpr (kHasBasePriority) {
            // BASEPRI_MAX only ever raises the mask: sections nest.
            asm volatile("mrs %0, basepri\n\tmsr basepri_max, %1\n\tisb"
                         : "=&r"(before_)
                         : "r"(kCeiling)
                         : "memory");
        } else {
            asm volatile("mrs %0, primask\n\tcpsid i" : "=&r"(before_)::"memory");
        }
    }
    [[gnu::always_inline]] ~MaskedSection() {
        if constexpr (kHasBasePriority) {
            asm volatile("msr basepri, %0" ::"r"(before_) : "memory");
        } else {
            asm volatile("msr primask, %0" ::"r"(before_) : "memory");
        }
    }
    MaskedSection(const MaskedSection&) = delete;
    MaskedSection& operator=(const MaskedSection&) = delete;

private:
    std::uint32_t before_;
};

}  // namespace ouro::port
