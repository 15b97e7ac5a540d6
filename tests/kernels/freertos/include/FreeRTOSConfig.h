// The configuration that the tests of the port compile with; what differs comes from the command
// line.
#pragma once

#define configSUPPORT_STATIC_ALLOCATION 1
#define configUSE_MUTEXES 1
#define configMAX_PRIORITIES 8
#define configTICK_RATE_HZ 1000
#define configMINIMAL_STACK_SIZE 128
#define INCLUDE_vTaskSuspend 1
#define INCLUDE_vTaskDelete 1
#define INCLUDE_vTaskDelay 1
#define INCLUDE_xTaskGetSchedulerState 1
#ifndef configNUM_THREAD_LOCAL_STORAGE_POINTERS
#define configNUM_THREAD_LOCAL_STORAGE_POINTERS 2
#endif
#ifdef TEST_CORTEX_M
#define configMAX_SYSCALL_INTERRUPT_PRIORITY 0x50
#endif
