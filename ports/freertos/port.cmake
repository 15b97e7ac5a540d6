set(OURO_FREERTOS_TARGET freertos_kernel CACHE STRING "The target of the build that is FreeRTOS")
include("${root}/ports/kernel/kernel.cmake")
target_link_libraries(${target} PUBLIC "${OURO_FREERTOS_TARGET}")
