# libmutoscope.so, for programs that find_package(mutoscope), and its install rules: component `cpp` for a prefix such as /usr/local,
# and the same inside the Python package (component `python`), where pyarrow lies beside it.
include(CMakePackageConfigHelpers)

set(generated ${CMAKE_CURRENT_BINARY_DIR}/shared_library)
file(CONFIGURE OUTPUT ${generated}/empty.cc CONTENT "")  # everything comes from the archives
add_library(mutoscope_shared SHARED ${generated}/empty.cc)
target_link_libraries(mutoscope_shared PRIVATE "$<LINK_LIBRARY:WHOLE_ARCHIVE,mutoscope_native>")
set(symbols ${CMAKE_CURRENT_LIST_DIR}/mutoscope.map)
target_link_options(mutoscope_shared PRIVATE -Wl,--version-script=${symbols} ${MUTOSCOPE_OPENSSL_FIRST})
set_target_properties(mutoscope_shared PROPERTIES
  OUTPUT_NAME mutoscope SOVERSION 0 LINK_DEPENDS ${symbols}
  MUTOSCOPE_SHARED_DEPENDENCIES ON INSTALL_RPATH "$ORIGIN/../../pyarrow")

math(EXPR ARROW_MAJOR "${ARROW_SOVERSION} / 100")
# The places of the files to each other are the same in a prefix and in the Python package.
configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/mutoscopeConfig.cmake.in ${generated}/mutoscopeConfig.cmake
  INSTALL_DESTINATION lib/cmake/mutoscope NO_SET_AND_CHECK_MACRO NO_CHECK_REQUIRED_COMPONENTS_MACRO)
write_basic_package_version_file(${generated}/mutoscopeConfigVersion.cmake COMPATIBILITY SameMinorVersion)
set(config_files ${generated}/mutoscopeConfig.cmake ${generated}/mutoscopeConfigVersion.cmake ${CMAKE_CURRENT_LIST_DIR}/Arrow.cmake)

set(headers DIRECTORY ${CMAKE_SOURCE_DIR}/include/mutoscope)
install(${headers} DESTINATION include COMPONENT cpp)
install(FILES ${config_files} DESTINATION lib/cmake/mutoscope COMPONENT cpp)
install(FILES $<TARGET_FILE:mutoscope_shared> $<TARGET_LINKER_FILE:mutoscope_shared> DESTINATION lib COMPONENT cpp)
# Here it finds Arrow in the pyarrow of the build; a target has one INSTALL_RPATH only, and that is the Python package's.
install(CODE "file(RPATH_SET FILE \"\$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}/lib/$<TARGET_FILE_NAME:mutoscope_shared>\"
  NEW_RPATH \"${PYARROW_DIR}\")" COMPONENT cpp)

install(${headers} DESTINATION mutoscope/include COMPONENT python EXCLUDE_FROM_ALL)
install(FILES ${config_files} DESTINATION mutoscope/lib/cmake/mutoscope COMPONENT python EXCLUDE_FROM_ALL)
# Wheels have no symbolic links.
install(TARGETS mutoscope_shared
  LIBRARY DESTINATION mutoscope/lib COMPONENT python NAMELINK_SKIP EXCLUDE_FROM_ALL)
