# `cmake --install` puts the libraries, headers and program under the prefix; find_package(softrl) finds them there.
include(CMakePackageConfigHelpers)
set(softrl_cmake_dir ${CMAKE_INSTALL_LIBDIR}/cmake/softrl)
install(EXPORT softrl NAMESPACE softrl:: FILE softrlTargets.cmake DESTINATION ${softrl_cmake_dir})
configure_package_config_file(cmake/softrlConfig.cmake.in ${PROJECT_BINARY_DIR}/softrlConfig.cmake
  INSTALL_DESTINATION ${softrl_cmake_dir})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/softrlConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/softrlConfig.cmake ${PROJECT_BINARY_DIR}/softrlConfigVersion.cmake
  cmake/FindKLU.cmake cmake/FindLBFGS.cmake cmake/FindLibTorch.cmake cmake/FindLibZip.cmake
  cmake/FindMuJoCo.cmake
  DESTINATION ${softrl_cmake_dir})
