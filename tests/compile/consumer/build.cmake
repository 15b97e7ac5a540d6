# Builds and runs the consumer in WORK_DIR, from scratch.
# Arguments: WAY (package or fetch), OURO_SOURCE_DIR, OURO_BINARY_DIR, CXX, CXX_FLAGS, GENERATOR.

function(run)
    execute_process(COMMAND ${ARGN} COMMAND_ERROR_IS_FATAL ANY)
endfunction()

file(REMOVE_RECURSE "${WORK_DIR}")
if(WAY STREQUAL "package")
    run("${CMAKE_COMMAND}" --install "${OURO_BINARY_DIR}" --prefix "${WORK_DIR}/prefix")
endif()
run("${CMAKE_COMMAND}" -S "${CMAKE_CURRENT_LIST_DIR}" -B "${WORK_DIR}/build" -G "${GENERATOR}"
    "-DCMAKE_CXX_COMPILER=${CXX}" "-DCMAKE_CXX_FLAGS=${CXX_FLAGS}" -DCMAKE_BUILD_TYPE=Release
    "-DOURO_WAY=${WAY}" "-DOURO_SOURCE_DIR=${OURO_SOURCE_DIR}"
    "-DCMAKE_PREFIX_PATH=${WORK_DIR}/prefix")
run("${CMAKE_COMMAND}" --build "${WORK_DIR}/build")
run("${WORK_DIR}/build/consumer")
