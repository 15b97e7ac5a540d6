// The shape of FreeRTOS's interface, as its documentation describes it: no more of it than the port
// uses, in our own words. Types have other sizes than the kernel's.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "FreeRTOSConfig.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef long BaseType_t;
typedef unsigned long UBaseType_t;
typedef uintptr_t StackType_t;
#ifdef TEST_TICKS_16
typedef uint16_t TickType_t;
#else
typedef uint32_t TickType_t;
#endif

typedef struct {
    void* of_the_kernel[20];
} StaticTask_t;
typedef struct {
    void* of_the_kernel[10];
} StaticSemaphore_t;

#define configSTACK_DEPTH_TYPE uint32_t
#define configNUMBER_OF_CORES 1
#define portBYTE_ALIGNMENT 8
#define portMAX_DELAY ((TickType_t) - 1)
#define portGET_CORE_ID() 0
#define pdTRUE ((BaseType_t)1)
#define pdFALSE ((BaseType_t)0)

void shape_yield_from_interrupt(BaseType_t more_urgent);
#define portYIELD_FROM_ISR(more_urgent) shape_yield_from_interrupt(more_urgent)

#ifdef __cplusplus
}
#endif
