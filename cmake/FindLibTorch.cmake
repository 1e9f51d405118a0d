# LibTorch, the C++ library inside the torch package: target LibTorch::LibTorch.
# Looks in -DTorch_DIR (…/torch/share/cmake/Torch), then in the torch package of the Python environment in .venv.
#
# The libraries are imported by hand. Torch's own TorchConfig.cmake asks for the CUDA toolkit when torch was built for
# CUDA, although nothing here compiles CUDA code; by hand, both builds configure on any machine.
if(NOT Torch_DIR)
  file(GLOB _softrl_torch ${PROJECT_SOURCE_DIR}/.venv/lib/python3.*/site-packages/torch/share/cmake/Torch)
  set(Torch_DIR "${_softrl_torch}" CACHE PATH "The folder share/cmake/Torch of a torch package" FORCE)
endif()
get_filename_component(LibTorch_ROOT "${Torch_DIR}/../../.." ABSOLUTE)
find_path(LibTorch_INCLUDE_DIR torch/csrc/api/include/torch/torch.h PATHS ${LibTorch_ROOT}/include NO_DEFAULT_PATH NO_CACHE)
find_library(LibTorch_LIBRARY torch PATHS ${LibTorch_ROOT}/lib NO_DEFAULT_PATH NO_CACHE)
find_library(LibTorch_CPU_LIBRARY torch_cpu PATHS ${LibTorch_ROOT}/lib NO_DEFAULT_PATH NO_CACHE)
find_library(LibTorch_C10_LIBRARY c10 PATHS ${LibTorch_ROOT}/lib NO_DEFAULT_PATH NO_CACHE)
file(GLOB LibTorch_OPENMP_LIBRARY ${LibTorch_ROOT}/lib/libgomp*.so*)  # its own, if it comes with one
find_library(LibTorch_CUDA_LIBRARY torch_cuda PATHS ${LibTorch_ROOT}/lib NO_DEFAULT_PATH NO_CACHE)

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(LibTorch
  REQUIRED_VARS LibTorch_LIBRARY LibTorch_CPU_LIBRARY LibTorch_C10_LIBRARY LibTorch_INCLUDE_DIR
  REASON_FAILURE_MESSAGE "Point -DTorch_DIR at <site-packages>/torch/share/cmake/Torch, or build with -DSOFTRL_CONTINUOUS=OFF.")

if(LibTorch_FOUND AND NOT TARGET LibTorch::LibTorch)
  add_library(LibTorch::LibTorch INTERFACE IMPORTED)
  target_include_directories(LibTorch::LibTorch SYSTEM INTERFACE
    ${LibTorch_INCLUDE_DIR} ${LibTorch_INCLUDE_DIR}/torch/csrc/api/include)
  # Torch ships fmt's headers, newer than the system's library: whoever sees both must use them header-only.
  target_compile_definitions(LibTorch::LibTorch INTERFACE FMT_HEADER_ONLY)
  target_link_libraries(LibTorch::LibTorch INTERFACE
    ${LibTorch_LIBRARY} ${LibTorch_CPU_LIBRARY} ${LibTorch_C10_LIBRARY})
  if(LibTorch_CUDA_LIBRARY)  # its kernels register themselves when loaded, so it must not be dropped as unused
    target_link_libraries(LibTorch::LibTorch INTERFACE -Wl,--no-as-needed ${LibTorch_CUDA_LIBRARY} -Wl,--as-needed)
  endif()
endif()
