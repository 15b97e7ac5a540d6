# Installed tree: lib/, include/ouro/{heap,gc,platform,ports/<port>,ouro}/ and the CMake package, so
# that find_package(ouro) gives ouro::ouro and one ouro::<port> per port built.

include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(ouro_cmake_dir "${CMAKE_INSTALL_LIBDIR}/cmake/ouro")

# Ports for kernels are linked to a kernel of the build that they are in.
if(OURO_PORTS MATCHES "freertos|cmsis_rtos2|zephyr")
    return()
endif()

if("cortex_m" IN_LIST OURO_PORTS)
    install(DIRECTORY "${PROJECT_SOURCE_DIR}/ports/machine"
        DESTINATION include/ouro/ports FILES_MATCHING PATTERN "*.h")
endif()
foreach(port IN LISTS OURO_PORTS)
    install(TARGETS ouro_${port} EXPORT ouro_targets ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}")
    install(DIRECTORY "${PROJECT_SOURCE_DIR}/ports/${port}"
        DESTINATION include/ouro/ports FILES_MATCHING PATTERN "*.h")
endforeach()
foreach(folder heap gc platform include/ouro)
    install(DIRECTORY "${PROJECT_SOURCE_DIR}/${folder}"
        DESTINATION include/ouro FILES_MATCHING PATTERN "*.h")
endforeach()
if(TARGET ouro_tool)
    install(TARGETS ouro_tool RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}")
endif()

install(EXPORT ouro_targets NAMESPACE ouro:: FILE ouro-targets.cmake
    DESTINATION "${ouro_cmake_dir}")
configure_package_config_file("${CMAKE_CURRENT_LIST_DIR}/ouro-config.cmake.in"
    "${PROJECT_BINARY_DIR}/ouro-config.cmake" INSTALL_DESTINATION "${ouro_cmake_dir}")
write_basic_package_version_file("${PROJECT_BINARY_DIR}/ouro-config-version.cmake"
    COMPATIBILITY SameMinorVersion)
install(FILES
    "${PROJECT_BINARY_DIR}/ouro-config.cmake" "${PROJECT_BINARY_DIR}/ouro-config-version.cmake"
    DESTINATION "${ouro_cmake_dir}")
