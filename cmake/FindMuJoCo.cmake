# MuJoCo's C library: target MuJoCo::MuJoCo. Looks in -DSOFTRL_MUJOCO_ROOT (a folder that holds include/mujoco and
# libmujoco.so*, or lib/libmujoco.so*), then in the mujoco package of the Python environment in .venv.
if(NOT SOFTRL_MUJOCO_ROOT)
  file(GLOB _softrl_mujoco ${PROJECT_SOURCE_DIR}/.venv/lib/python3.*/site-packages/mujoco)
  set(SOFTRL_MUJOCO_ROOT "${_softrl_mujoco}" CACHE PATH "The folder of MuJoCo's library and headers" FORCE)
endif()
find_path(MuJoCo_INCLUDE_DIR mujoco/mujoco.h PATHS ${SOFTRL_MUJOCO_ROOT}/include NO_DEFAULT_PATH NO_CACHE)
file(GLOB MuJoCo_LIBRARY ${SOFTRL_MUJOCO_ROOT}/libmujoco.so* ${SOFTRL_MUJOCO_ROOT}/lib/libmujoco.so*)
if(MuJoCo_LIBRARY)
  list(GET MuJoCo_LIBRARY 0 MuJoCo_LIBRARY)
endif()

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(MuJoCo REQUIRED_VARS MuJoCo_LIBRARY MuJoCo_INCLUDE_DIR
  REASON_FAILURE_MESSAGE "Point -DSOFTRL_MUJOCO_ROOT at <site-packages>/mujoco, or build with -DSOFTRL_CONTINUOUS=OFF.")

if(MuJoCo_FOUND AND NOT TARGET MuJoCo::MuJoCo)
  add_library(MuJoCo::MuJoCo UNKNOWN IMPORTED)
  set_target_properties(MuJoCo::MuJoCo PROPERTIES IMPORTED_LOCATION ${MuJoCo_LIBRARY}
    INTERFACE_INCLUDE_DIRECTORIES ${MuJoCo_INCLUDE_DIR} INTERFACE_SYSTEM_INCLUDE_DIRECTORIES ${MuJoCo_INCLUDE_DIR})
endif()
