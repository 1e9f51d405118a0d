# The layering test must fail on a tree that breaks the rule in each of the ways it looks for.
# Run as  cmake -DSOURCE_DIR=... -DWORK_DIR=... -P layering_self_test.cmake
set(tree ${WORK_DIR}/layering)

function(expect_failure what file content)
  file(REMOVE_RECURSE ${tree})
  foreach(folder include/softrl src tabular irl continuous)
    file(WRITE ${tree}/${folder}/a.hpp "#include <vector>\n")
    file(WRITE ${tree}/${folder}/CMakeLists.txt "")
  endforeach()
  execute_process(COMMAND ${CMAKE_COMMAND} -DSOURCE_DIR=${tree} -P ${SOURCE_DIR}/tests/layering_test.cmake
    RESULT_VARIABLE clean OUTPUT_QUIET ERROR_QUIET)
  if(NOT clean EQUAL 0)
    message(SEND_ERROR "a clean tree was refused")
  endif()
  file(WRITE ${tree}/${file} "${content}")
  execute_process(COMMAND ${CMAKE_COMMAND} -DSOURCE_DIR=${tree} -P ${SOURCE_DIR}/tests/layering_test.cmake
    RESULT_VARIABLE result OUTPUT_QUIET ERROR_QUIET)
  if(result EQUAL 0)
    message(SEND_ERROR "not noticed: ${what}")
  endif()
endfunction()

expect_failure("core includes tabular" include/softrl/b.hpp "#include \"tabular/mdp.hpp\"\n")
expect_failure("tabular includes irl" tabular/b.cpp "#include \"irl/fit.hpp\"\n")
expect_failure("continuous includes tabular" continuous/b.cpp "#include \"tabular/mdp.hpp\"\n")
expect_failure("irl includes continuous" irl/b.cpp "  #  include \"continuous/stein.hpp\"\n")
expect_failure("irl sees Torch" irl/b.cpp "#include <torch/torch.h>\n")
expect_failure("an include without its layer" tabular/b.cpp "#include \"mdp.hpp\"\n")
expect_failure("continuous links tabular" continuous/CMakeLists.txt "target_link_libraries(x PUBLIC softrl::tabular)\n")
expect_failure("tabular links irl" tabular/CMakeLists.txt "target_link_libraries(x PUBLIC softrl::irl)\n")
