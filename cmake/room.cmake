# One function for every room: a static library from its sources, and a test program from its *_test.cpp files.
#
#   keelson_room(<name> [DEPENDS room ...] [LINKS library ...] [CONF file ...])
#
# Sources are the *.cpp beside the CMakeLists.txt (CONFIGURE_DEPENDS: a new file needs no edit). DEPENDS are other
# rooms, LINKS outside libraries. CONF files are embedded as text: conf/redis.conf becomes the string_view
# keelson::conf::<name>::redis_conf in "<name>_conf.h" (see cmake/embed.cmake).
# Tests of a room are labelled `unit` unless LABEL says otherwise.
#
# Under ThreadSanitizer (preset tsan) only tests of rooms that have threads are there, labelled `race`; target `race_tests`
# builds them and nothing else.
set(KEELSON_THREADED_ROOMS async state security supervision runtime/native apply)
if(KEELSON_SANITIZE STREQUAL "thread")
  add_custom_target(race_tests)
endif()

add_library(keelson_flags INTERFACE)
target_compile_options(keelson_flags INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor
                       -Wswitch-enum -Werror -Wno-missing-field-initializers
                       # g++ 12 sees uninitialised strings in moved-from expected values at -O1 and up; sanitizers look instead.
                       $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>)
target_include_directories(keelson_flags INTERFACE ${CMAKE_SOURCE_DIR}/src)
target_link_libraries(keelson_flags INTERFACE fmt::fmt)
if(KEELSON_SANITIZE)
  target_compile_options(keelson_flags INTERFACE -fsanitize=${KEELSON_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  target_link_options(keelson_flags INTERFACE -fsanitize=${KEELSON_SANITIZE})
endif()

function(keelson_room name)
  cmake_parse_arguments(R "" "LABEL" "DEPENDS;LINKS;CONF" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cpp)
  set(tests ${sources})
  list(FILTER tests INCLUDE REGEX "_test\\.cpp$")
  list(FILTER sources EXCLUDE REGEX "_(test|fuzz)\\.cpp$")
  string(REPLACE "/" "_" target ${name})
  string(REPLACE "-" "_" target ${target})
  set(target keelson_${target})

  if(R_CONF)
    set(generated ${CMAKE_CURRENT_BINARY_DIR}/generated)
    string(REGEX REPLACE "^.*/" "" short ${name})
    string(REPLACE "-" "_" short ${short})
    set(conf_files)
    foreach(file ${R_CONF})
      list(APPEND conf_files ${CMAKE_CURRENT_SOURCE_DIR}/${file})
    endforeach()
    add_custom_command(
      OUTPUT ${generated}/${short}_conf.h
      COMMAND ${CMAKE_COMMAND} -DOUT=${generated}/${short}_conf.h -DNAME=${short} "-DFILES=${conf_files}"
              -P ${CMAKE_SOURCE_DIR}/cmake/embed.cmake
      DEPENDS ${conf_files} ${CMAKE_SOURCE_DIR}/cmake/embed.cmake
      VERBATIM)
    list(APPEND sources ${generated}/${short}_conf.h)
  endif()

  set(deps)
  foreach(room ${R_DEPENDS})
    string(REPLACE "/" "_" dep ${room})
    string(REPLACE "-" "_" dep ${dep})
    list(APPEND deps keelson_${dep})
  endforeach()

  if(sources)
    add_library(${target} STATIC ${sources})
    target_link_libraries(${target} PUBLIC keelson_flags ${deps} ${R_LINKS})
    if(R_CONF)
      target_include_directories(${target} PUBLIC ${generated})
    endif()
  else()
    add_library(${target} INTERFACE)
    target_link_libraries(${target} INTERFACE keelson_flags ${deps} ${R_LINKS})
  endif()

  if(KEELSON_SANITIZE STREQUAL "thread" AND NOT name IN_LIST KEELSON_THREADED_ROOMS)
    return()
  endif()
  if(KEELSON_TESTS AND tests)
    add_executable(${target}_test ${tests})
    target_link_libraries(${target}_test PRIVATE ${target} GTest::gtest GTest::gmock GTest::gtest_main)
    set(label unit)
    if(R_LABEL)
      set(label ${R_LABEL})
    endif()
    keelson_test(${name} ${label} 120 ${target}_test WORKING_DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR})
  endif()
endfunction()

# keelson_test(<name> <label> <timeout> <target> [argument of add_test ...]): a GoogleTest program as a test.
function(keelson_test name label timeout target)
  if(KEELSON_SANITIZE STREQUAL "thread")
    string(PREPEND name race/)
    set(label race)
    add_dependencies(race_tests ${target})
  endif()
  add_test(NAME ${name} COMMAND ${target} --gtest_brief=1 ${ARGN})
  set_tests_properties(${name} PROPERTIES LABELS ${label} TIMEOUT ${timeout})
endfunction()
