# ouro_add_port(<port>): library ouro_<port> (alias ouro::<port>) = heap/ + gc/ + ports/<port>/.
#
# OURO_LAYOUT says how objects lie in the region (heap/header.h): the sources of one layout are in
# it. One port per binary: its header is part of the interface, so two of them in one program do not
# link. A port with needs of its own states them in ports/<port>/port.cmake, which is included with
# `target` set to the library.

function(ouro_add_port port)
    set(target ouro_${port})
    set(root "${PROJECT_SOURCE_DIR}")
    file(GLOB sources CONFIGURE_DEPENDS
        "${root}/heap/*.cc" "${root}/heap/${OURO_LAYOUT}/*.cc" "${root}/gc/*.cc"
        "${root}/ports/${port}/*.cc")

    add_library(${target} STATIC ${sources})
    add_library(ouro::${port} ALIAS ${target})
    set_target_properties(${target} PROPERTIES EXPORT_NAME ${port} CXX_EXTENSIONS OFF)
    target_compile_features(${target} PUBLIC cxx_std_20)
    target_include_directories(${target} PUBLIC
        "$<BUILD_INTERFACE:${root}>"
        "$<BUILD_INTERFACE:${root}/include>"
        "$<INSTALL_INTERFACE:include/ouro>")
    target_compile_definitions(${target} PUBLIC "OURO_PORT_HEADER=\"ports/${port}/port.h\"")
    if(OURO_LAYOUT STREQUAL "compact")
        target_compile_definitions(${target} PUBLIC OURO_COMPACT=1)
    endif()
    if(OURO_CENSUS)
        target_compile_definitions(${target} PUBLIC OURO_CENSUS=1)
    endif()
    target_compile_options(${target} PRIVATE -fno-exceptions -fno-rtti)
    ouro_set_warnings(${target})
    if(OURO_FUZZ)  # what leads the fuzzer is the core, not the machine below it
        set(core ${sources})
        list(FILTER core INCLUDE REGEX "/(heap|gc)/")
        set_source_files_properties(${core} PROPERTIES COMPILE_OPTIONS
            "-fsanitize=fuzzer-no-link;-fno-sanitize-coverage=stack-depth")
    endif()

    if(port STREQUAL "desktop")
        find_package(Threads REQUIRED)
        target_link_libraries(${target} PUBLIC Threads::Threads)
    endif()
    include("${root}/ports/${port}/port.cmake" OPTIONAL)
endfunction()
