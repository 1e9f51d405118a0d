# Installs the build to a scratch prefix and builds and runs tests/consumer against it.
# Run as  cmake -DSOURCE_DIR=... -DBUILD_DIR=... -P consumer_test.cmake
set(scratch ${BUILD_DIR}/consumer)
file(REMOVE_RECURSE ${scratch})
macro(run)
  execute_process(COMMAND ${ARGN} COMMAND_ECHO STDOUT COMMAND_ERROR_IS_FATAL ANY)
endmacro()
run(${CMAKE_COMMAND} --install ${BUILD_DIR} --prefix ${scratch}/prefix)
run(${CMAKE_COMMAND} -S ${SOURCE_DIR}/tests/consumer -B ${scratch}/build -DCMAKE_BUILD_TYPE=Release
  -DCMAKE_PREFIX_PATH=${scratch}/prefix -DCMAKE_CXX_FLAGS=${CXX_FLAGS})
run(${CMAKE_COMMAND} --build ${scratch}/build)
run(${scratch}/build/consumer)
