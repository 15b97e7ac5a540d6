// The registers of the processor and of its system control space that the port uses. Source: the
// Architecture Reference Manuals of ARMv6-M, ARMv7-M and ARMv8-M.
#pragma once

#include <cstdint>

namespace ouro::port::machine {

inline volatile std::uint32_t& word_at(std::uintptr_t address) {
    return *reinterpret_cast<volatile std::uint32_t*>(address);
}

// System control block: pending and priorities.
inline constexpr std::uintptr_t kInterruptControl = 0xE000'ED04;
inline constexpr std::uint32_t kSchedulePending = 1u << 28;  ///< PENDSVSET
inline constexpr std::uint32_t kTickPending = 1u << 26;      ///< PENDSTSET
/// Priorities of exceptions 4 to 15, a byte each; ARMv6-M reads and writes whole words only.
inline constexpr std::uintptr_t kSystemPriorities = 0xE000'ED18;
/// Priorities of interrupts, a byte each, from exception 16.
inline constexpr std::uintptr_t kInterruptPriorities = 0xE000'E400;
inline constexpr std::uintptr_t kInterruptSetEnable = 0xE000'E100;
inline constexpr std::uintptr_t kInterruptSetPending = 0xE000'E200;

// SysTick.
inline constexpr std::uintptr_t kTickControl = 0xE000'E010;
inline constexpr std::uintptr_t kTickReload = 0xE000'E014;
inline constexpr std::uintptr_t kTickValue = 0xE000'E018;
inline constexpr std::uint32_t kTickOn = 0b111;  ///< counts, interrupts, by the processor's clock
inline constexpr std::uint32_t kTickWrapped = 1u << 16;  ///< COUNTFLAG; reading clears it

inline constexpr std::uint32_t kFirstInterrupt = 16;
inline constexpr std::uint32_t kNonMaskable = 2;
inline constexpr std::uint32_t kHardFault = 3;

/// The number of the exception that runs, 0 in threads.
[[gnu::always_inline]] inline std::uint32_t exception_number() {
    std::uint32_t number;
    asm volatile("mrs %0, ipsr" : "=r"(number));
    return number;
}

/// The priority of an exception above 3.
inline std::uint32_t priority_of(std::uint32_t exception) {
    const bool system = exception < kFirstInterrupt;
    const std::uint32_t index = system ? exception - 4 : exception - kFirstInterrupt;
    const std::uintptr_t table = system ? kSystemPriorities : kInterruptPriorities;
    return (word_at(table + (index & ~3u)) >> (index % 4 * 8)) & 0xFF;
}

/// Before the handlers are enabled that it is about.
inline void set_priority(std::uint32_t exception, std::uint32_t priority) {
    const bool system = exception < kFirstInterrupt;
    const std::uint32_t index = system ? exception - 4 : exception - kFirstInterrupt;
    const std::uintptr_t table = system ? kSystemPriorities : kInterruptPriorities;
    volatile std::uint32_t& word = word_at(table + (index & ~3u));
    const std::uint32_t shift = index % 4 * 8;
    word = (word & ~(0xFFu << shift)) | priority << shift;
}

/// Runs an exception that was made pending by the store before, unless it is masked.
inline void synchronize() { asm volatile("dsb\n\tisb" ::: "memory"); }

/// Lets the core rest until an interrupt or signal_event(); may return at any time.
inline void wait_for_event() { asm volatile("wfe" ::: "memory"); }
/// Ends a wait_for_event() of any core, or the next one.
inline void signal_event() { asm volatile("sev" ::: "memory"); }

}  // namespace ouro::port::machine
