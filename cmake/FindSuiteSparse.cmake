# UMFPACK and KLU of SuiteSparse, which comes without a CMake file in Debian: targets SuiteSparse::UMFPACK, SuiteSparse::KLU.
find_path(SuiteSparse_INCLUDE_DIR umfpack.h PATH_SUFFIXES suitesparse)
find_library(SuiteSparse_UMFPACK_LIBRARY umfpack)
find_library(SuiteSparse_KLU_LIBRARY klu)

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(SuiteSparse
  REQUIRED_VARS SuiteSparse_UMFPACK_LIBRARY SuiteSparse_KLU_LIBRARY SuiteSparse_INCLUDE_DIR)

foreach(part UMFPACK KLU)
  if(SuiteSparse_FOUND AND NOT TARGET SuiteSparse::${part})
    add_library(SuiteSparse::${part} UNKNOWN IMPORTED)
    set_target_properties(SuiteSparse::${part} PROPERTIES IMPORTED_LOCATION ${SuiteSparse_${part}_LIBRARY}
      INTERFACE_INCLUDE_DIRECTORIES ${SuiteSparse_INCLUDE_DIR})
  endif()
endforeach()
