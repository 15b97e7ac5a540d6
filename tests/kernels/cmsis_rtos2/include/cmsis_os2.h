// The shape of CMSIS-RTOS2's interface, as its documentation describes it: no more of it than the
// port uses, in our own words.
#pragma once

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum {
    osKernelInactive = 0,
    osKernelReady = 1,
    osKernelRunning = 2,
    osKernelLocked = 3,
    osKernelSuspended = 4,
    osKernelError = -1
} osKernelState_t;
typedef enum {
    osPriorityLow = 8,
    osPriorityRealtime7 = 55,
    osPriorityReserved = 0x7FFFFFFF
} osPriority_t;
typedef enum {
    osOK = 0,
    osError = -1,
    osErrorTimeout = -2,
    osErrorResource = -3,
    osErrorParameter = -4,
    osErrorISR = -6
} osStatus_t;

typedef void* osThreadId_t;
typedef void* osMutexId_t;
typedef void* osSemaphoreId_t;
typedef void (*osThreadFunc_t)(void* argument);

#define osWaitForever 0xFFFFFFFFU
#define osThreadDetached 0U
#define osMutexPrioInherit 2U

typedef struct {
    const char* name;
    uint32_t attr_bits;
    void* cb_mem;
    uint32_t cb_size;
    void* stack_mem;
    uint32_t stack_size;
    osPriority_t priority;
} osThreadAttr_t;
typedef struct {
    const char* name;
    uint32_t attr_bits;
    void* cb_mem;
    uint32_t cb_size;
} osMutexAttr_t;
typedef struct {
    const char* name;
    uint32_t attr_bits;
    void* cb_mem;
    uint32_t cb_size;
} osSemaphoreAttr_t;

osKernelState_t osKernelGetState(void);
int32_t osKernelLock(void);
int32_t osKernelRestoreLock(int32_t lock);
uint32_t osKernelGetTickCount(void);
uint32_t osKernelGetTickFreq(void);
osThreadId_t osThreadNew(osThreadFunc_t function, void* argument, const osThreadAttr_t* attributes);
osThreadId_t osThreadGetId(void);
osStatus_t osThreadYield(void);
osStatus_t osThreadSuspend(osThreadId_t thread);
osStatus_t osThreadTerminate(osThreadId_t thread);
osStatus_t osDelay(uint32_t ticks);
osMutexId_t osMutexNew(const osMutexAttr_t* attributes);
osStatus_t osMutexAcquire(osMutexId_t mutex, uint32_t timeout);
osStatus_t osMutexRelease(osMutexId_t mutex);
osSemaphoreId_t osSemaphoreNew(uint32_t most, uint32_t initial,
                               const osSemaphoreAttr_t* attributes);
osStatus_t osSemaphoreAcquire(osSemaphoreId_t semaphore, uint32_t timeout);
osStatus_t osSemaphoreRelease(osSemaphoreId_t semaphore);

#ifdef __cplusplus
}
#endif
