# libsteelie: the client library as it is installed, one archive with everything of ours that it needs, for use with
# find_package(steelie) or pkg-config. Its public headers are those of include/steelie.

include(CMakePackageConfigHelpers)
include(GNUInstallDirs)
find_package(Protobuf REQUIRED)

set(objects)
foreach(module base secret crypto attest pki platform marble proto)
  list(APPEND objects $<TARGET_OBJECTS:steelie_${module}>)
endforeach()

add_library(steelie_library STATIC ${objects})
set_target_properties(steelie_library PROPERTIES OUTPUT_NAME steelie EXPORT_NAME steelie LINKER_LANGUAGE CXX)
target_compile_features(steelie_library INTERFACE cxx_std_20)
target_link_libraries(
  steelie_library
  INTERFACE OpenSSL::SSL
            OpenSSL::Crypto
            PkgConfig::NGHTTP2
            protobuf::libprotobuf-lite
            Threads::Threads)
target_sources(
  steelie_library
  PUBLIC FILE_SET
         HEADERS
         BASE_DIRS
         ${CMAKE_SOURCE_DIR}/include
         FILES
         ${CMAKE_SOURCE_DIR}/include/steelie/marble.h
         ${CMAKE_SOURCE_DIR}/include/steelie/outcome.h
         ${CMAKE_SOURCE_DIR}/include/steelie/seal.h
         ${CMAKE_SOURCE_DIR}/include/steelie/secret_bytes.h)

set(package_folder ${CMAKE_INSTALL_LIBDIR}/cmake/steelie)
configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/steelieConfig.cmake.in
                              ${CMAKE_BINARY_DIR}/package/steelieConfig.cmake INSTALL_DESTINATION ${package_folder})
write_basic_package_version_file(${CMAKE_BINARY_DIR}/package/steelieConfigVersion.cmake COMPATIBILITY SameMinorVersion)
# From the folder of steelie.pc up to the prefix, however many levels CMAKE_INSTALL_LIBDIR has.
file(RELATIVE_PATH STEELIE_PREFIX_FROM_PC /prefix/${CMAKE_INSTALL_LIBDIR}/pkgconfig /prefix)
configure_file(${CMAKE_CURRENT_LIST_DIR}/steelie.pc.in ${CMAKE_BINARY_DIR}/package/steelie.pc @ONLY)

install(
  TARGETS steelie_library
  EXPORT steelieTargets
  ARCHIVE COMPONENT library
  FILE_SET HEADERS COMPONENT library)
install(
  EXPORT steelieTargets
  NAMESPACE steelie::
  DESTINATION ${package_folder}
  COMPONENT library)
install(
  FILES ${CMAKE_BINARY_DIR}/package/steelieConfig.cmake ${CMAKE_BINARY_DIR}/package/steelieConfigVersion.cmake
  DESTINATION ${package_folder}
  COMPONENT library)
install(
  FILES ${CMAKE_BINARY_DIR}/package/steelie.pc
  DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig
  COMPONENT library)
