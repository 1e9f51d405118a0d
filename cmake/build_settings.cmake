# How every target here is compiled.
if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "Release, Debug, RelWithDebInfo or MinSizeRel" FORCE)
endif()
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

find_program(CCACHE ccache)
if(CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE})
endif()

add_library(softrl_settings INTERFACE)
target_compile_options(softrl_settings INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor
  $<$<BOOL:${SOFTRL_WARNINGS_AS_ERRORS}>:-Werror>)
if(SOFTRL_SANITIZE)
  add_compile_options(-fsanitize=${SOFTRL_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all -g1)
  add_link_options(-fsanitize=${SOFTRL_SANITIZE})
endif()

# softrl_add_module(<name> HEADERS <file>... SOURCES <file>...): the library target softrl_<name>, alias softrl::<name>.
# Headers are included as "<name>/<header>", the core's as "softrl/<header>", before and after installation.
function(softrl_add_module name)
  cmake_parse_arguments(ARG "" "BASE" "HEADERS;SOURCES" ${ARGN})
  if(NOT ARG_BASE)
    set(ARG_BASE ${PROJECT_SOURCE_DIR})
  endif()
  add_library(softrl_${name})
  add_library(softrl::${name} ALIAS softrl_${name})
  set_target_properties(softrl_${name} PROPERTIES EXPORT_NAME ${name})
  target_sources(softrl_${name} PRIVATE ${ARG_SOURCES} PUBLIC FILE_SET HEADERS BASE_DIRS ${ARG_BASE} FILES ${ARG_HEADERS})
  target_compile_features(softrl_${name} PUBLIC cxx_std_20)
  target_link_libraries(softrl_${name} PRIVATE $<BUILD_INTERFACE:softrl_settings>)
  install(TARGETS softrl_${name} EXPORT softrl FILE_SET HEADERS DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}
    ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
endfunction()

# softrl_add_kernels(<module> <file> <chooser>): compiles the file into the module once for every kind of vector
# instructions, each time into a namespace of its own, SOFTRL_KERNEL; the file <chooser> asks the processor at hand which
# one to run.
function(softrl_add_kernels module file chooser)
  set(kinds any_processor)
  if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
    list(APPEND kinds avx2 avx512)
    set(options_avx2 -mavx2 -mfma)
    set(options_avx512 -mavx512f -mavx512dq -mavx512vl -mfma)
    set_source_files_properties(${chooser} PROPERTIES COMPILE_DEFINITIONS SOFTRL_X86_KERNELS)
  endif()
  get_filename_component(name ${file} NAME_WE)
  foreach(kind IN LISTS kinds)
    set(target softrl_${name}_${kind})
    add_library(${target} OBJECT ${file})
    target_compile_definitions(${target} PRIVATE SOFTRL_KERNEL=${kind})
    target_compile_options(${target} PRIVATE ${options_${kind}} -Wno-psabi)
    target_include_directories(${target} PRIVATE ${PROJECT_SOURCE_DIR})
    target_link_libraries(${target} PRIVATE softrl_settings)
    target_sources(softrl_${module} PRIVATE $<TARGET_OBJECTS:${target}>)
  endforeach()
endfunction()
