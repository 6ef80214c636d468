find_package(Threads REQUIRED)
find_package(Protobuf REQUIRED)
find_package(Boost 1.74 REQUIRED)
find_package(PkgConfig REQUIRED)
find_package(fmt REQUIRED)
find_package(spdlog REQUIRED)
find_package(CLI11 REQUIRED)
find_package(OpenSSL REQUIRED)
pkg_check_modules(LZ4 REQUIRED IMPORTED_TARGET liblz4)
pkg_check_modules(XXHASH REQUIRED IMPORTED_TARGET libxxhash)
find_path(SOCI_INCLUDE soci/soci.h REQUIRED)

# SOCI, protobuf and gRPC are linked statically: the program runs where they are not installed. Not so in targets with the property
# MUTOSCOPE_SHARED_DEPENDENCIES: Debian's archives are not position-independent enough for the module of the Python package.
set(_shared "$<BOOL:$<TARGET_PROPERTY:MUTOSCOPE_SHARED_DEPENDENCIES>>")

# Debian's SOCI package has no CMake config.
add_library(Soci INTERFACE IMPORTED)
target_include_directories(Soci INTERFACE ${SOCI_INCLUDE})
target_link_libraries(Soci INTERFACE
  "$<IF:${_shared},soci_sqlite3,libsoci_sqlite3.a>" "$<IF:${_shared},soci_core,libsoci_core.a>" sqlite3 ${CMAKE_DL_LIBS})

add_library(ProtobufStatic INTERFACE IMPORTED)
target_include_directories(ProtobufStatic INTERFACE ${Protobuf_INCLUDE_DIRS})
target_link_libraries(ProtobufStatic INTERFACE "$<IF:${_shared},protobuf,libprotobuf.a>" z Threads::Threads)

# For what links OpenSSL and Arrow::parquet, but for the program, where the order is right anyway: the libparquet of the wheel shows an OpenSSL of its own, which must come
# behind Debian's, or the two get mixed: the linker binds ours to it, and Debian's libcrypto itself when the object is loaded first.
set(MUTOSCOPE_OPENSSL_FIRST "LINKER:--push-state,--no-as-needed,-lssl,-lcrypto,--pop-state")

if(MUTOSCOPE_TESTS)
  find_package(GTest REQUIRED)
  include(GoogleTest)
endif()

if(MUTOSCOPE_SERVER)
  find_package(gRPC CONFIG REQUIRED)
  # The archives name each other in circles, hence the group.
  execute_process(COMMAND pkg-config --static --libs-only-l grpc++
    OUTPUT_VARIABLE _grpc_libs OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
  separate_arguments(_grpc_libs UNIX_COMMAND "${_grpc_libs}")
  list(FILTER _grpc_libs EXCLUDE REGEX "^-l(protobuf|ssl|crypto|z|dl|rt|m|pthread|atomic|systemd)$")
  list(REMOVE_DUPLICATES _grpc_libs)
  list(TRANSFORM _grpc_libs REPLACE "^-l(.+)$" "lib\\1.a")
  list(JOIN _grpc_libs "," _grpc_libs)
  add_library(GrpcStatic INTERFACE IMPORTED)
  target_link_libraries(GrpcStatic INTERFACE
    "$<${_shared}:grpc++;grpc;gpr>" "$<$<NOT:${_shared}>:$<LINK_GROUP:RESCAN,${_grpc_libs}>>"
    ProtobufStatic OpenSSL::SSL OpenSSL::Crypto z Threads::Threads ${CMAKE_DL_LIBS})
endif()
