# For builds with OURO_BOARD, one of ports/cortex_m/boards/boards.json: its compiler flags, the
# port's settings, library ouro_board (start-up, semihosting), and ouro_add_firmware().
# tools/dev/mcu.py configures such builds, one per board in build/mcu/<board>.

set(boards "${PROJECT_SOURCE_DIR}/ports/cortex_m/boards")
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${boards}/boards.json")
file(READ "${boards}/boards.json" OURO_BOARDS)

# ouro_board_value(<variable> <key>...): of the board, or "" when it is not there.
function(ouro_board_value variable)
    string(JSON value ERROR_VARIABLE missing GET "${OURO_BOARDS}" "${OURO_BOARD}" ${ARGN})
    if(missing)
        set(value "")
    endif()
    set(${variable} "${value}" PARENT_SCOPE)
endfunction()

ouro_board_value(flags flags)
if(NOT flags)
    message(FATAL_ERROR "boards.json has no board '${OURO_BOARD}'")
endif()
separate_arguments(flags UNIX_COMMAND "${flags}")
set(OURO_BOARD_FLAGS ${flags} -mthumb)
add_compile_options(${OURO_BOARD_FLAGS} -ffreestanding -fno-exceptions -fno-rtti
    -fno-threadsafe-statics -fno-unwind-tables -fno-asynchronous-unwind-tables
    -ffunction-sections -fdata-sections -g1)

ouro_add_port(cortex_m)

ouro_board_value(cores cores)
ouro_board_value(hz systick_hz)
set(threads 4)
set(second_stacks 0)
target_compile_definitions(ouro_cortex_m PUBLIC OURO_CORTEX_M_SYSTICK_HZ=${hz})
if(cores GREATER 1)
    set(threads 6)
    set(second_stacks 2048)
    ouro_board_value(address core_id_address)
    target_compile_definitions(ouro_cortex_m PUBLIC OURO_CORTEX_M_CORES=${cores}
        OURO_CORTEX_M_CORE_ID_ADDRESS=${address} OURO_CORTEX_M_OWN_CLOCK=1)
endif()
target_compile_definitions(ouro_cortex_m PUBLIC OURO_CORTEX_M_THREADS=${threads})
if(OURO_MASKED_ATOMICS)
    target_compile_definitions(ouro_cortex_m PUBLIC OURO_CORTEX_M_MASKED_ATOMICS=1)
endif()

file(GLOB board_sources CONFIGURE_DEPENDS "${boards}/*.cc")
add_library(ouro_board OBJECT ${board_sources})
set_target_properties(ouro_board PROPERTIES CXX_EXTENSIONS OFF)
ouro_board_value(read_only rom_is_read_only)
if(NOT read_only)
    set(read_only 0)
endif()
target_compile_definitions(ouro_board PUBLIC OURO_BOARD_ROM_IS_READ_ONLY=${read_only})
ouro_board_value(timer timer)
if(timer)
    target_compile_definitions(ouro_board PUBLIC OURO_BOARD_TIMER=${timer})
endif()
target_compile_definitions(ouro_board PRIVATE "OURO_BOARD=\"${OURO_BOARD}\"")
target_link_libraries(ouro_board PUBLIC ouro_cortex_m)
ouro_set_warnings(ouro_board)

foreach(memory rom ram)
    ouro_board_value(origin ${memory} 0)
    ouro_board_value(length ${memory} 1)
    string(TOUPPER ${memory} upper)
    list(APPEND symbols "LINKER:--defsym=${upper}_ORIGIN=${origin}"
        "LINKER:--defsym=${upper}_LENGTH=${length}")
endforeach()
set(OURO_BOARD_LINK_OPTIONS ${OURO_BOARD_FLAGS} -nostartfiles --specs=nano.specs
    LINKER:--gc-sections LINKER:--fatal-warnings LINKER:--no-warn-rwx-segments ${symbols}
    LINKER:--defsym=HANDLER_STACK=1024 LINKER:--defsym=MAIN_STACK=2048
    LINKER:--defsym=SECOND_STACKS=${second_stacks} -T "${boards}/board.ld")

# ouro_add_firmware(<name> <sources>...): bin/<name>.elf and its map.
function(ouro_add_firmware name)
    add_executable(${name} ${ARGN})
    set_target_properties(${name} PROPERTIES CXX_EXTENSIONS OFF SUFFIX .elf
        LINK_DEPENDS "${PROJECT_SOURCE_DIR}/ports/cortex_m/boards/board.ld")
    target_link_libraries(${name} PRIVATE ouro_board ouro_cortex_m)
    target_link_options(${name} PRIVATE ${OURO_BOARD_LINK_OPTIONS}
        "LINKER:-Map=$<TARGET_FILE:${name}>.map")
    ouro_set_warnings(${name})
endfunction()
