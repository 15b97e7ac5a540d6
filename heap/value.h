// Immediates: values that are their own reference, need no memory and are never counted.
//
// A reference with bit 0 set is no address. Bits 2 and 1 tell the kind, the rest is the value:
//
//   0b00 1  none, false, true      0b01 1  small integer, biased by kSmallIntMin
//   0b10 1  interned string: the address of the String, whose count nobody needs
//
// Two names for 10 therefore hold the same bits: identity is equality of references, as for
// objects.
#pragma once

#include <cstdint>

namespace ouro {

inline constexpr std::int32_t kSmallIntMin = -5;
inline constexpr std::int32_t kSmallIntMax = 256;

namespace detail {

inline constexpr std::uintptr_t kNoneBits = 0x01;
inline constexpr std::uintptr_t kFalseBits = 0x11;
inline constexpr std::uintptr_t kTrueBits = 0x21;
inline constexpr std::uintptr_t kSmallIntTag = 0x03;

inline constexpr std::uintptr_t kInternedTag = 0x05;
inline constexpr std::uintptr_t kTagMask = 0x07;

/// Is `bits` a reference to an interned string?
constexpr bool is_interned_bits(std::uintptr_t bits) { return (bits & kTagMask) == kInternedTag; }
/// Where the string of such a reference lies.
constexpr std::uintptr_t address_of_interned(std::uintptr_t bits) { return bits & ~kTagMask; }

constexpr bool is_small_int(std::int64_t value) {
    return value >= kSmallIntMin && value <= kSmallIntMax;
}
/// The reference to a small integer. One step apart are kSmallIntStep, as in a table of objects.
inline constexpr std::uintptr_t kSmallIntStep = 0x20;
constexpr std::uintptr_t small_int_bits(std::int32_t value) {
    return static_cast<std::uintptr_t>(value - kSmallIntMin) * kSmallIntStep + kSmallIntTag;
}
constexpr bool is_small_int_bits(std::uintptr_t bits) {
    return (bits & (kSmallIntStep - 1)) == kSmallIntTag;
}
constexpr std::int32_t small_int_of(std::uintptr_t bits) {
    return static_cast<std::int32_t>(bits / kSmallIntStep) + kSmallIntMin;
}

}  // namespace detail

/// The type of references to anything: objects of any type, small integers, none, true, false.
/// Never constructed.
class Object {
    Object() = delete;
};

}  // namespace ouro
