// The model's own walk: all that the threads' handles reach, with every reference counted.
//
// It reads fields as plain numbers and adds no reference, so that it disturbs neither the counts
// nor the collector's candidates. Nobody else is at work meanwhile.
#pragma once

#include <cstdint>
#include <unordered_map>
#include <vector>

#include "stress/objects.h"

namespace ouro::stress {

class Survey {
public:
    struct Found {
        std::uintptr_t bits = 0;
        std::uint32_t references = 0;  ///< handles and fields that refer to it
        bool is_value = false;         ///< an integer or string, which has no mark
        Serial serial = 0;
    };

    /// A handle outside the heap refers to `bits`, which is no value.
    void add_handle(std::uintptr_t bits) { add(bits, false); }
    void add_value_handle(std::uintptr_t bits) { add(bits, true); }
    /// Follows all references from what was added.
    void walk();

    const std::vector<Found>& found() const { return found_; }
    /// What is known of the object with this serial; null when it is not reachable.
    const Found* find(Serial serial) const {
        const auto entry = by_serial_.find(serial);
        return entry == by_serial_.end() ? nullptr : &found_[entry->second];
    }
    std::size_t values() const { return values_; }

    /// Forgets one reference to some object that has two or more. For planted faults.
    void miscount();

private:
    void add(std::uintptr_t bits, bool is_value);

    std::vector<Found> found_;
    std::unordered_map<std::uintptr_t, std::size_t> by_bits_;
    std::unordered_map<Serial, std::size_t> by_serial_;
    std::size_t walked_ = 0;
    std::size_t values_ = 0;
};

}  // namespace ouro::stress
