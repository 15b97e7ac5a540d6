// The shape of semphr.h: see FreeRTOS.h. Macros of the kernel are functions here.
#pragma once

#include "task.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct shape_semaphore* SemaphoreHandle_t;

SemaphoreHandle_t xSemaphoreCreateMutexStatic(StaticSemaphore_t* memory);
SemaphoreHandle_t xSemaphoreCreateBinaryStatic(StaticSemaphore_t* memory);
BaseType_t xSemaphoreTake(SemaphoreHandle_t semaphore, TickType_t ticks);
BaseType_t xSemaphoreGive(SemaphoreHandle_t semaphore);
BaseType_t xSemaphoreGiveFromISR(SemaphoreHandle_t semaphore, BaseType_t* more_urgent);

#ifdef __cplusplus
}
#endif
