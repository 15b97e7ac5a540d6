// The headers of CMSIS-RTOS2 and of the kernel behind it, if they are there. Their warnings are not
// ours.
#pragma once
#pragma GCC system_header

#include <cmsis_os2.h>
#if __has_include(<rtx_os.h>)
#include <rtx_os.h>
#elif __has_include(<FreeRTOS.h>)
#include <FreeRTOS.h>
#endif
