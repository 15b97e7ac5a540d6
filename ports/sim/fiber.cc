#include "ports/sim/fiber.h"

#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>

// Saves the registers that a callee must preserve on the stack, the stack pointer at *save, and
// takes up the stack whose pointer is `next`. The floating point control words stay as they are.
extern "C" void ouro_sim_switch(void** save, void* next);

#if defined(__x86_64__)
asm(R"(
    .text
    .globl ouro_sim_switch
    .type ouro_sim_switch, @function
ouro_sim_switch:
    pushq %rbp
    pushq %rbx
    pushq %r12
    pushq %r13
    pushq %r14
    pushq %r15
    movq %rsp, (%rdi)
    movq %rsi, %rsp
    popq %r15
    popq %r14
    popq %r13
    popq %r12
    popq %rbx
    popq %rbp
    ret
    .size ouro_sim_switch, .-ouro_sim_switch
)");
#elif defined(__aarch64__)
asm(R"(
    .text
    .globl ouro_sim_switch
    .type ouro_sim_switch, %function
ouro_sim_switch:
    sub sp, sp, #160
    stp x19, x20, [sp, #0]
    stp x21, x22, [sp, #16]
    stp x23, x24, [sp, #32]
    stp x25, x26, [sp, #48]
    stp x27, x28, [sp, #64]
    stp x29, x30, [sp, #80]
    stp d8, d9, [sp, #96]
    stp d10, d11, [sp, #112]
    stp d12, d13, [sp, #128]
    stp d14, d15, [sp, #144]
    mov x9, sp
    str x9, [x0]
    mov sp, x1
    ldp x19, x20, [sp, #0]
    ldp x21, x22, [sp, #16]
    ldp x23, x24, [sp, #32]
    ldp x25, x26, [sp, #48]
    ldp x27, x28, [sp, #64]
    ldp x29, x30, [sp, #80]
    ldp d8, d9, [sp, #96]
    ldp d10, d11, [sp, #112]
    ldp d12, d13, [sp, #128]
    ldp d14, d15, [sp, #144]
    add sp, sp, #160
    ret
    .size ouro_sim_switch, .-ouro_sim_switch
)");
#else
#error "ports/sim knows the context switch of x86-64 and aarch64 only"
#endif

namespace ouro::port::sim {

void Fiber::prepare(void (*entry)()) {
    if (stack_ == nullptr) {
        const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
        void* memory = mmap(nullptr, kStackBytes + page, PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (memory == MAP_FAILED || mprotect(memory, page, PROT_NONE) != 0) {
            std::fputs("ouro: fatal: no memory for the stack of a fiber\n", stderr);
            std::abort();
        }
        stack_ = static_cast<std::byte*>(memory) + page;
    }
    auto* top = reinterpret_cast<std::uintptr_t*>(stack_ + kStackBytes);
#if defined(__x86_64__)
    top[-1] = 0;  // where a return address would be: entry() has no caller
    top[-2] = reinterpret_cast<std::uintptr_t>(entry);
    for (int i = 3; i <= 8; ++i) top[-i] = 0;
    stack_pointer_ = top - 8;
#else
    for (int i = 1; i <= 20; ++i) top[-i] = 0;
    stack_pointer_ = top - 20;
    top[-20 + 11] = reinterpret_cast<std::uintptr_t>(entry);  // x30
#endif
}

void Fiber::switch_to(Fiber& from, Fiber& to) {
    ouro_sim_switch(&from.stack_pointer_, to.stack_pointer_);
}

bool Fiber::contains(const void* address) const {
    return reinterpret_cast<std::uintptr_t>(address) - reinterpret_cast<std::uintptr_t>(stack_) <
           kStackBytes;
}

}  // namespace ouro::port::sim
