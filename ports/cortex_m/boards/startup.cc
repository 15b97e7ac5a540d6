// From reset to main(): memory, floating point, stacks. One vector table for all boards.
//
// main() runs on the process stack and handlers on the main stack, as the port's scheduler wants
// it. Static constructors are not run: there are none (tools/check_image.py).
#include <cstdint>

#include "ports/cortex_m/boards/board.h"
#include "ports/cortex_m/port.h"
#include "ports/cortex_m/scheduler.h"

extern "C" {
extern std::uint32_t board_data[], board_data_end[], board_data_image[];
extern std::uint32_t board_bss[], board_bss_end[];
extern std::uint32_t board_handler_stack_top[], board_main_stack_top[];
extern std::uint32_t board_second_handler_stack_top[], board_second_main_stack_top[];

int main();
[[noreturn]] void Reset_Handler();
[[noreturn]] void board_run_main();
void board_interrupt();
}

namespace ouro::board {

namespace {

struct Line {
    void (*handler)(void*) = nullptr;
    void* argument = nullptr;
};
constinit Line g_lines[kInterrupts];

using port::machine::word_at;

void enable_floats() {
#if OURO_BOARD_HAS_FLOATS
    constexpr std::uintptr_t kCoprocessorAccess = 0xE000'ED88;
    word_at(kCoprocessorAccess) = word_at(kCoprocessorAccess) | 0xFu << 20;
    port::machine::synchronize();
#endif
}

/// Goes on in `function` on the process stack, with handlers on the main stack as it is.
[[noreturn]] void go_on(std::uint32_t* stack_top, void (*function)()) {
    asm volatile(
        ".syntax unified\n\t"
        "msr psp, %0\n\t"
        "movs r0, #2\n\t"
        "msr control, r0\n\t"
        "isb\n\t"
        "bx %1" ::"r"(stack_top),
        "r"(function)
        : "r0", "memory");
    __builtin_unreachable();
}

/// What no handler is there for.
void unexpected() {
#if OURO_CORTEX_M_STACK_LIMIT
    constexpr std::uintptr_t kFaultStatus = 0xE000'ED28;
    constexpr std::uint32_t kStackOverflow = 1u << 20;
    if ((word_at(kFaultStatus) & kStackOverflow) != 0)
        port::fatal("a thread's stack has overflown", nullptr);
#endif
    print("unexpected exception ");
    print_number(port::machine::exception_number());
    std::uint32_t stack;
    asm volatile("mrs %0, psp" : "=r"(stack));
    print(", process stack ");
    print_hex(stack);
    print(", there: pc ");
    print_hex(reinterpret_cast<std::uint32_t*>(stack)[6]);
    print(", lr ");
    print_hex(reinterpret_cast<std::uint32_t*>(stack)[5]);
    print("\n");
    leave(3);
}

using Vector = void (*)();

struct Vectors {
    std::uint32_t* stack;
    Vector exceptions[15];
    Vector interrupts[16];
};

constexpr Vectors vectors(std::uint32_t* stack, Vector reset) {
    Vectors made{stack, {}, {}};
    for (Vector& vector : made.exceptions) vector = unexpected;
    for (Vector& vector : made.interrupts) vector = board_interrupt;
    made.exceptions[0] = reset;
    made.exceptions[13] = PendSV_Handler;
    made.exceptions[14] = SysTick_Handler;
    return made;
}

}  // namespace

extern "C" {
// The table of a core's interrupts may have to lie at a multiple of its size's next power of two.
[[gnu::section(".vectors"),
  gnu::used]] alignas(512) constinit const Vectors board_vectors = vectors(board_handler_stack_top,
                                                                           Reset_Handler);
}

void set_interrupt(unsigned line, std::uint32_t priority, void (*handler)(void*), void* argument) {
    g_lines[line] = {handler, argument};
    port::machine::set_priority(port::machine::kFirstInterrupt + line, priority);
    word_at(port::machine::kInterruptSetEnable) = 1u << line;
}

void trigger(unsigned line) {
    word_at(port::machine::kInterruptSetPending) = 1u << line;
    port::machine::synchronize();
}

#if OURO_CORTEX_M_CORES > 1

namespace {

constinit void (*g_second_main)() = nullptr;

void run_second_main() {
    g_second_main();
    leave(4);  // it is not to return
}

void reset_second() {
    enable_floats();
    go_on(board_second_main_stack_top, run_second_main);
}

[[gnu::section(".vectors.second"), gnu::used]] alignas(512) constinit const Vectors g_second =
    vectors(board_second_handler_stack_top, reset_second);

}  // namespace

bool start_second_core(void (*main)()) {
    // SSE-200, system control, secure alias: the second core waits at reset until it is let go.
    constexpr std::uintptr_t kVectorsOfCore1 = 0x5002'1114;
    constexpr std::uintptr_t kCoresThatWait = 0x5002'1118;
    g_second_main = main;
    std::atomic_thread_fence(std::memory_order_seq_cst);
    word_at(kVectorsOfCore1) = reinterpret_cast<std::uintptr_t>(&g_second);
    word_at(kCoresThatWait) = 0;
    return true;
}

#else

bool start_second_core(void (*)()) { return false; }

#endif

}  // namespace ouro::board

void board_interrupt() {
    using namespace ouro::board;
    const std::uint32_t line =
        ouro::port::machine::exception_number() - ouro::port::machine::kFirstInterrupt;
    if (line >= kInterrupts || g_lines[line].handler == nullptr) unexpected();
    g_lines[line].handler(g_lines[line].argument);
}

void board_run_main() { ouro::board::leave(main()); }

void Reset_Handler() {
    const volatile std::uint32_t* from = board_data_image;
    for (volatile std::uint32_t* to = board_data; to < board_data_end;) *to++ = *from++;
    for (volatile std::uint32_t* to = board_bss; to < board_bss_end;) *to++ = 0;
    ouro::board::enable_floats();
    ouro::board::start_clock();
    ouro::board::go_on(board_main_stack_top, board_run_main);
}
