set(OURO_CMSIS_RTOS2_TARGET "" CACHE STRING
    "The target of the build that has cmsis_os2.h and the kernel behind it")
if(NOT OURO_CMSIS_RTOS2_TARGET)
    message(FATAL_ERROR "OURO_CMSIS_RTOS2_TARGET must name the target that has cmsis_os2.h")
endif()
include("${root}/ports/kernel/kernel.cmake")
target_link_libraries(${target} PUBLIC "${OURO_CMSIS_RTOS2_TARGET}")
