// The shape of task.h: see FreeRTOS.h.
#pragma once

#include "FreeRTOS.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct shape_task* TaskHandle_t;
typedef void (*TaskFunction_t)(void*);

#define taskSCHEDULER_SUSPENDED ((BaseType_t)0)
#define taskSCHEDULER_NOT_STARTED ((BaseType_t)1)
#define taskSCHEDULER_RUNNING ((BaseType_t)2)

TaskHandle_t xTaskCreateStatic(TaskFunction_t function, const char* name, uint32_t stack_words,
                               void* argument, UBaseType_t priority, StackType_t* stack,
                               StaticTask_t* memory);
void vTaskDelete(TaskHandle_t task);
void vTaskSuspend(TaskHandle_t task);
void vTaskDelay(TickType_t ticks);
void vTaskStartScheduler(void);
void vTaskEndScheduler(void);
void vTaskSuspendAll(void);
BaseType_t xTaskResumeAll(void);
BaseType_t xTaskGetSchedulerState(void);
TaskHandle_t xTaskGetCurrentTaskHandle(void);
TickType_t xTaskGetTickCount(void);
TickType_t xTaskGetTickCountFromISR(void);
#if configNUM_THREAD_LOCAL_STORAGE_POINTERS > 0
void vTaskSetThreadLocalStoragePointer(TaskHandle_t task, BaseType_t index, void* value);
void* pvTaskGetThreadLocalStoragePointer(TaskHandle_t task, BaseType_t index);
#endif

// Macros of the kernel; the functions behind them are this shape's.
void shape_yield(void);
void shape_enter_critical(void);
void shape_exit_critical(void);
UBaseType_t shape_enter_critical_from_interrupt(void);
void shape_exit_critical_from_interrupt(UBaseType_t before);
void shape_disable_interrupts(void);
#define taskYIELD() shape_yield()
#define taskENTER_CRITICAL() shape_enter_critical()
#define taskEXIT_CRITICAL() shape_exit_critical()
#define taskENTER_CRITICAL_FROM_ISR() shape_enter_critical_from_interrupt()
#define taskEXIT_CRITICAL_FROM_ISR(before) shape_exit_critical_from_interrupt(before)
#define taskDISABLE_INTERRUPTS() shape_disable_interrupts()

#ifdef __cplusplus
}
#endif
