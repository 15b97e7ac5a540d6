// The PendSV handler: keeps the registers of the thread that is left on its own stack, asks
// ouro_cortex_m_switch() (scheduler.cc) who goes on, and restores that thread's.
//
// Handlers run on the main stack. The processor has stacked r0-r3, r12, lr, pc, xpsr, and, if the
// thread has used floating point, s0-s15 and FPSCR; storing s16-s31 makes it write those.
#include "ports/cortex_m/config.h"

#if OURO_CORTEX_M_MAINLINE

#if defined(__ARM_FP)
#define OURO_KEEP_FLOATS "tst lr, #0x10\n\tit eq\n\tvstmdbeq r0!, {s16-s31}\n\t"
#define OURO_RESTORE_FLOATS "tst lr, #0x10\n\tit eq\n\tvldmiaeq r0!, {s16-s31}\n\t"
#else
#define OURO_KEEP_FLOATS
#define OURO_RESTORE_FLOATS
#endif

extern "C" [[gnu::naked]] void PendSV_Handler() {
    asm volatile(
        "mrs r0, psp\n\t"
        "ldr r2, [r0, #24]\n\t"  // where it was left
        OURO_KEEP_FLOATS
        "stmdb r0!, {r4-r11}\n\t"
        "mov r1, lr\n\t"
        "bl ouro_cortex_m_switch\n\t"
        "mov lr, r1\n\t"
        "ldmia r0!, {r4-r11}\n\t" OURO_RESTORE_FLOATS
        "msr psp, r0\n\t"
        "bx lr");
}

#else  // ARMv6-M and ARMv8-M baseline: high registers through low ones

extern "C" [[gnu::naked]] void PendSV_Handler() {
    asm volatile(
        ".syntax unified\n\t"
        "mrs r0, psp\n\t"
        "ldr r2, [r0, #24]\n\t"  // where it was left
        "subs r0, #32\n\t"
        "stmia r0!, {r4-r7}\n\t"
        "mov r4, r8\n\t"
        "mov r5, r9\n\t"
        "mov r6, r10\n\t"
        "mov r7, r11\n\t"
        "stmia r0!, {r4-r7}\n\t"
        "subs r0, #32\n\t"
        "mov r1, lr\n\t"
        "bl ouro_cortex_m_switch\n\t"
        "mov lr, r1\n\t"
        "adds r0, #16\n\t"
        "ldmia r0!, {r4-r7}\n\t"
        "mov r8, r4\n\t"
        "mov r9, r5\n\t"
        "mov r10, r6\n\t"
        "mov r11, r7\n\t"
        "msr psp, r0\n\t"
        "subs r0, #32\n\t"
        "ldmia r0!, {r4-r7}\n\t"
        "bx lr");
}

#endif
