// FreeRTOS's own headers, whose warnings are not ours.
#pragma once
#pragma GCC system_header

#if __has_include(<FreeRTOS.h>)
#include <FreeRTOS.h>
#include <semphr.h>
#include <task.h>
#else
#include <freertos/FreeRTOS.h>
#include <freertos/semphr.h>
#include <freertos/task.h>
#endif
