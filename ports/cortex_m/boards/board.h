// The machines that QEMU emulates, as far as tests, examples and benchmarks need them: start-up,
// semihosting (output, exit code, command line), software-triggered interrupts, a second core.
//
// No part of the library: a firmware has all of this from its vendor. boards.json names them.
#pragma once

#include <cstddef>
#include <cstdint>

/// Does the processor have floating-point registers that the compiler uses?
#if defined(__ARM_FP)
#define OURO_BOARD_HAS_FLOATS 1
#else
#define OURO_BOARD_HAS_FLOATS 0
#endif

namespace ouro::board {

/// Does the emulator ignore writes to the ROM? On the MPS2 and MPS3 boards it is memory like any.
inline constexpr bool kRomIsReadOnly = OURO_BOARD_ROM_IS_READ_ONLY != 0;

/// The name in boards.json.
extern const char* const kName;

/// Writes to the emulator's console. Any context.
void print(const char* text);
void print_number(std::uint64_t value);
void print_hex(std::uint32_t value);

/// Ends the emulation with this exit code.
[[noreturn]] void leave(int code);

/// The number behind the program's name on the emulator's command line, or `otherwise`.
std::uint32_t argument(std::uint32_t otherwise);

/// Interrupt lines that software may trigger, [0, kInterrupts). Handlers run at any priority.
inline constexpr unsigned kInterrupts = 4;
void set_interrupt(unsigned line, std::uint32_t priority, void (*handler)(void*), void* argument);
/// Makes the line pending, on this core; a more urgent one than what runs happens at once.
void trigger(unsigned line);

/// Starts what clock_ns() reads, where that is not SysTick. By the start-up code.
void start_clock();

/// Starts the second core, on machines that have one, in main(). False elsewhere.
bool start_second_core(void (*main)());

}  // namespace ouro::board
