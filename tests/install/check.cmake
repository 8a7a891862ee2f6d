# cmake -D build=... -D folder=... -D compiler=... -P check.cmake
function(run)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE code OUTPUT_VARIABLE output ERROR_VARIABLE output)
  if(NOT code EQUAL 0)
    string(JOIN " " line ${ARGN})
    message(FATAL_ERROR "${line}\nended with ${code}\n${output}")
  endif()
endfunction()

if(sanitize)  # a sanitized library needs a sanitized program
  string(APPEND flags " -fsanitize=address,undefined")
endif()
file(REMOVE_RECURSE ${folder}/installed ${folder}/consumer)
run(${CMAKE_COMMAND} --install ${build} --prefix ${folder}/installed)
run(${CMAKE_COMMAND} -S ${CMAKE_CURRENT_LIST_DIR}/consumer -B ${folder}/consumer -G Ninja
  -D CMAKE_PREFIX_PATH=${folder}/installed -D CMAKE_CXX_COMPILER=${compiler} -D "CMAKE_CXX_FLAGS=${flags}")
run(${CMAKE_COMMAND} --build ${folder}/consumer)
execute_process(COMMAND ${folder}/consumer/learn WORKING_DIRECTORY ${folder}/consumer COMMAND_ERROR_IS_FATAL ANY)
run(${folder}/consumer/own_command describe Maxout)
run(${folder}/installed/bin/strata version)

# The README shows this program and this spec, letter by letter.
cmake_path(SET root NORMALIZE ${CMAKE_CURRENT_LIST_DIR}/../..)
file(READ ${root}/README.md readme)
foreach(shown tests/install/consumer/learn.cpp configs/digits.yaml)
  file(READ ${root}/${shown} text)
  string(FIND "${readme}" "${text}" place)
  if(place EQUAL -1)
    message(FATAL_ERROR "README.md does not show ${shown} as it is")
  endif()
endforeach()
