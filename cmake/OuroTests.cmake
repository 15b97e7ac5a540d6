# Helpers for tests/: GoogleTest built from source, one binary per area, program runs as tests.

# GoogleTest and GoogleMock from source, so that they carry the sanitizers of the build.
set(OURO_GTEST_DIR /usr/src/googletest CACHE PATH "GoogleTest's sources (Debian: googletest)")
if(NOT EXISTS "${OURO_GTEST_DIR}/googlemock/src/gmock-all.cc")
    message(FATAL_ERROR "GoogleTest's sources are not in ${OURO_GTEST_DIR}: set OURO_GTEST_DIR")
endif()
find_package(Threads REQUIRED)
add_library(ouro_gtest STATIC EXCLUDE_FROM_ALL
    "${OURO_GTEST_DIR}/googletest/src/gtest-all.cc"
    "${OURO_GTEST_DIR}/googlemock/src/gmock-all.cc"
    "${OURO_GTEST_DIR}/googlemock/src/gmock_main.cc")
target_compile_options(ouro_gtest PRIVATE -O0)
target_compile_features(ouro_gtest PUBLIC cxx_std_20)
target_include_directories(ouro_gtest SYSTEM PUBLIC
    "${OURO_GTEST_DIR}/googletest/include" "${OURO_GTEST_DIR}/googlemock/include")
target_include_directories(ouro_gtest SYSTEM PRIVATE
    "${OURO_GTEST_DIR}/googletest" "${OURO_GTEST_DIR}/googlemock")
target_link_libraries(ouro_gtest PUBLIC Threads::Threads)

include(GoogleTest)

# ouro_add_tests(<label> [libraries...]): binary <label>_tests from tests/<label>/**/*.cc. Every
# test case is one ctest test in a process of its own. Nothing is made while there is no source.
function(ouro_add_tests label)
    file(GLOB_RECURSE sources CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/tests/${label}/*.cc")
    # What is about one layout's own files is built with that layout only.
    if(OURO_LAYOUT STREQUAL "compact")
        list(FILTER sources EXCLUDE REGEX "/tests/.*/paged/")
    else()
        list(FILTER sources EXCLUDE REGEX "/tests/.*/compact/")
    endif()
    if(NOT sources)
        message(STATUS "ouro: no sources in tests/${label}")
        return()
    endif()
    set(target ${label}_tests)
    add_executable(${target} ${sources})
    set_target_properties(${target} PROPERTIES CXX_EXTENSIONS OFF)
    target_link_libraries(${target} PRIVATE ouro_test_support ouro_gtest ouro::ouro ${ARGN})
    target_compile_definitions(${target} PRIVATE
        "OURO_TEST_DATA_DIR=\"${PROJECT_SOURCE_DIR}/tests\"")
    if(TARGET ouro_tool)
        target_compile_definitions(${target} PRIVATE
            "OURO_TOOL_PATH=\"$<TARGET_FILE:ouro_tool>\"")
        add_dependencies(${target} ouro_tool)
    endif()
    ouro_set_warnings(${target})
    # The code under test keeps the optimization of the build; the tests' own is not worth the wait.
    # Counts of branches stay with their lines only where nothing is inlined.
    if(NOT CMAKE_CXX_FLAGS MATCHES "--coverage")
        target_compile_options(${target} PRIVATE -O1)
    endif()
    ouro_count_always(${target})
    ouro_precompile(${target} tests_${ARGC} <gmock/gmock.h> <gtest/gtest.h>)
    gtest_discover_tests(${target} TEST_PREFIX "${label}/" NO_PRETTY_VALUES
        DISCOVERY_MODE PRE_TEST DISCOVERY_TIMEOUT 60 PROPERTIES LABELS ${label} TIMEOUT 120)
endfunction()

# ouro_count_always(<target>): in the coverage build, processes that end early count too.
function(ouro_count_always target)
    if(CMAKE_CXX_FLAGS MATCHES "--coverage")
        target_sources(${target} PRIVATE "${PROJECT_SOURCE_DIR}/tests/coverage/count_always.cc")
        target_compile_definitions(${target} PRIVATE OURO_TEST_COVERAGE=1)
    endif()
endfunction()

# ouro_add_run(<label> <name> <arguments of the program>...): one run of `ouro` as a test.
function(ouro_add_run label name)
    add_test(NAME ${label}/${name} COMMAND ouro_tool ${ARGN})
    set_tests_properties(${label}/${name} PROPERTIES LABELS ${label} TIMEOUT 180)
endfunction()
