# Arrow C++ from the pyarrow wheel of the interpreter in use (Debian has no Arrow packages). Installed with the library, too.
# The wheel ships versioned .so files only, so every library becomes an imported target with its full file name.
# PYARROW_DIR may name the package's directory; then no interpreter is asked.
if(NOT PYARROW_DIR)
  find_package(Python COMPONENTS Interpreter REQUIRED)
  execute_process(
    COMMAND ${Python_EXECUTABLE} -c "import pyarrow, os; print(os.path.dirname(pyarrow.__file__))"
    OUTPUT_VARIABLE PYARROW_DIR OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
endif()
file(GLOB _arrow_core ${PYARROW_DIR}/libarrow.so.*)
string(REGEX REPLACE ".*\\.so\\.([0-9]+).*" "\\1" ARROW_SOVERSION "${_arrow_core}")
foreach(lib arrow arrow_compute arrow_acero arrow_dataset parquet)
  if(NOT EXISTS ${PYARROW_DIR}/lib${lib}.so.${ARROW_SOVERSION})
    message(FATAL_ERROR "lib${lib}.so.${ARROW_SOVERSION} not found in ${PYARROW_DIR}")
  endif()
  add_library(Arrow::${lib} SHARED IMPORTED)
  set_target_properties(Arrow::${lib} PROPERTIES
    IMPORTED_LOCATION ${PYARROW_DIR}/lib${lib}.so.${ARROW_SOVERSION}
    INTERFACE_INCLUDE_DIRECTORIES ${PYARROW_DIR}/include)
endforeach()
# The libraries need each other at run time already; these are what a linker wants to hear.
target_link_libraries(Arrow::arrow_compute INTERFACE Arrow::arrow)
target_link_libraries(Arrow::arrow_acero INTERFACE Arrow::arrow_compute)
target_link_libraries(Arrow::arrow_dataset INTERFACE Arrow::arrow_acero)
target_link_libraries(Arrow::parquet INTERFACE Arrow::arrow)
