// A second copy, in half as many bits, of an address of code that lies in the region: nothing else
// says whether it was damaged, and to call what it leads to could do anything.
#pragma once

#include <cstdint>
#include <type_traits>

namespace ouro {

/// Differs for any two addresses that differ in one bit, or in few.
class CodeCheck {
public:
    CodeCheck() = default;
    template <class Function>
    explicit CodeCheck(Function* function) : folded_(fold(function)) {}

    template <class Function>
    bool is_of(Function* function) const {
        return folded_ == fold(function);
    }

private:
    using Half = std::conditional_t<sizeof(void*) == 4, std::uint16_t, std::uint32_t>;

    template <class Function>
    static Half fold(Function* function) {
        const auto address = reinterpret_cast<std::uintptr_t>(function);
        return static_cast<Half>(address ^ address >> (4 * sizeof(void*)));
    }

    Half folded_ = 0;
};

}  // namespace ouro
