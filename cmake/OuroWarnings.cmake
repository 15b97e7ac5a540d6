# ouro_set_warnings(<target>): the warnings of all code of this project, never of its users.

function(ouro_set_warnings target)
    target_compile_options(${target} PRIVATE
        -Wall -Wextra -Wpedantic
        -Wconversion -Wno-sign-conversion -Wdouble-promotion
        -Wshadow -Wold-style-cast -Wcast-align -Wundef -Wvla
        -Wnon-virtual-dtor -Woverloaded-virtual -Wextra-semi
        -Wformat=2 -Wimplicit-fallthrough
        $<$<CXX_COMPILER_ID:GNU>:-Wduplicated-cond -Wduplicated-branches -Wlogical-op>
        $<$<BOOL:${OURO_WERROR}>:-Werror>)
endfunction()
