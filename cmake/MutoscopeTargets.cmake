# One static library a folder: mutoscope_library(rrd DEPS mutoscope_storage …) takes all .cc of the folder except
# *_test.cc and main.cc; *_test.cc become the test program <folder>_test.

add_library(mutoscope_options INTERFACE)
target_compile_options(mutoscope_options INTERFACE
  -Wall -Wextra -Wpedantic -Wconversion -Werror -fvisibility=hidden -fno-omit-frame-pointer)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # GCC 12 sees overlaps in std::string concatenation that are none (GCC bug 105651).
  target_compile_options(mutoscope_options INTERFACE -Wshadow=local -Wno-restrict)
endif()
target_include_directories(mutoscope_options INTERFACE ${CMAKE_SOURCE_DIR}/src ${CMAKE_SOURCE_DIR}/include)
target_compile_definitions(mutoscope_options INTERFACE
  MUTOSCOPE_VERSION="${PROJECT_VERSION}")
if(MUTOSCOPE_SANITIZE)
  add_compile_options(-fsanitize=${MUTOSCOPE_SANITIZE} -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${MUTOSCOPE_SANITIZE})
endif()

function(mutoscope_library name)
  cmake_parse_arguments(ARG "" "" "DEPS" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cc)
  set(tests ${sources})
  list(FILTER sources EXCLUDE REGEX "(_test|/main)\\.cc$")
  list(FILTER tests INCLUDE REGEX "_test\\.cc$")
  set(target mutoscope_${name})
  if(sources)
    add_library(${target} STATIC ${sources})
    target_link_libraries(${target} PRIVATE mutoscope_options PUBLIC Arrow::arrow ${ARG_DEPS})
  else()
    add_library(${target} INTERFACE)
    target_link_libraries(${target} INTERFACE Arrow::arrow ${ARG_DEPS})
  endif()
  if(MUTOSCOPE_TESTS AND tests)
    add_executable(${name}_test ${tests})
    target_link_libraries(${name}_test PRIVATE mutoscope_options ${target} GTest::gtest_main GTest::gmock)
    target_link_options(${name}_test PRIVATE ${MUTOSCOPE_OPENSSL_FIRST})
    gtest_discover_tests(${name}_test TEST_PREFIX ${name}. DISCOVERY_MODE PRE_TEST)
  endif()
endfunction()
