# ouro_precompile(<target> <group> <headers>...): compiles ouro/ouro.h and these headers once for
# the target instead of once per file. Targets of one group have the same flags and share the
# result. Off, every file is compiled with nothing but its own includes.

option(OURO_PRECOMPILE "Precompile the headers of the program and of the tests" ON)

function(ouro_precompile target group)
    if(NOT OURO_PRECOMPILE)
        return()
    endif()
    get_property(first GLOBAL PROPERTY ouro_precompiled_${group})
    if(first)
        target_precompile_headers(${target} REUSE_FROM ${first})
    else()
        target_precompile_headers(${target} PRIVATE
            "${PROJECT_SOURCE_DIR}/include/ouro/ouro.h" ${ARGN})
        set_property(GLOBAL PROPERTY ouro_precompiled_${group} ${target})
    endif()
endfunction()
